import { Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { toDer } from './der.ts'

export interface SendgridEventBody {
  event: string
  email: string
  /** Seconds since the epoch. */
  timestamp: number
  sg_event_id?: string
  [field: string]: unknown
}

export interface SignedDelivery {
  method: 'POST'
  headers: Record<string, string>
  body: string
}

export interface SendgridSandbox extends Sandbox {
  /** Base64 SPKI: what SendGrid shows as verification key. */
  verificationKey: string
  /** The events as SendGrid's Event Webhook sends them: each with an id, signed over timestamp and body. */
  signedDelivery(events: SendgridEventBody[], options?: { timestamp?: number }): Promise<SignedDelivery>
}

export interface SendgridSandboxOptions {
  apiKey: string
  /** Seconds or milliseconds never mix: instant in milliseconds. */
  now: () => number
  /** URL at which the hub receives; shown by the settings API. */
  webhookUrl?: string
  isEnabled?: boolean
}

const WEBHOOK_ID = '77d4a5da-7015-11ed-a1eb-0242ac120002'

/** The sender side of SendGrid: signs deliveries with a key of its own and answers the webhook settings API. */
export async function createSendgridSandbox(options: SendgridSandboxOptions): Promise<SendgridSandbox> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const verificationKey = base64(new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)))
  const app = settingsApi(options, verificationKey)
  const sandbox = createSandbox({ name: 'sendgrid', hosts: ['api.sendgrid.com', 'api.eu.sendgrid.com'], app })
  let sent = 0

  return Object.assign(sandbox, {
    verificationKey,
    async signedDelivery(events: SendgridEventBody[], { timestamp = Math.floor(options.now() / 1000) } = {}) {
      const body = JSON.stringify(events.map((event) => ({ sg_event_id: `sandbox-${++sent}`, ...event })))
      const signed = new TextEncoder().encode(`${timestamp}${body}`)
      const raw = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, signed)
      return {
        method: 'POST' as const,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'SendGrid Event API',
          'x-twilio-email-event-webhook-signature': base64(toDer(new Uint8Array(raw))),
          'x-twilio-email-event-webhook-timestamp': String(timestamp),
        },
        body,
      }
    },
  })
}

function settingsApi(
  { apiKey, webhookUrl, isEnabled = true }: SendgridSandboxOptions,
  publicKey: string,
): Hono {
  const app = new Hono()
  app.use('*', async (c, next) => {
    if (c.req.header('authorization') === `Bearer ${apiKey}`) return next()
    return c.json(
      {
        errors: [
          { field: null, message: 'The provided authorization grant is invalid, expired, or revoked' },
        ],
      },
      401,
    )
  })
  app.get('/v3/user/webhooks/event/settings/all', (c) =>
    c.json({
      max_allowed: 5,
      webhooks: [{ id: WEBHOOK_ID, url: webhookUrl ?? '', enabled: isEnabled, public_key: publicKey }],
    }),
  )
  app.get('/v3/user/webhooks/event/settings/signed/:id', (c) =>
    c.req.param('id') === WEBHOOK_ID
      ? c.json({ id: WEBHOOK_ID, public_key: publicKey })
      : c.json({ errors: [{ message: 'Invalid id provided.' }] }, 404),
  )
  app.notFound((c) => c.json({ errors: [{ field: null, message: 'resource not found' }] }, 404))
  return app
}

const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
