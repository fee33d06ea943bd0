import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import * as z from 'zod'
import {
  ConfigError,
  defineConnector,
  durationMs,
  type ReceivedDelivery,
  RecordError,
  secret,
  streamsOf,
} from '#kit'
import { SendgridEvent, WebhookList } from './api.ts'
import { map } from './map.ts'
import { verifySignature } from './signature.ts'

const config = z.object({
  verificationKey: z
    .string()
    .min(1)
    .describe(
      'Public key of the signed Event Webhook: Settings → Mail Settings → Event Webhook (base64, or PEM)',
    ),
  apiKey: secret()
    .optional()
    .describe('API key with the scope user.webhooks.event.settings.read; only `tributary check` uses it'),
  tolerance: z
    .string()
    .regex(/^\d+(?:\.\d+)?[smhd]$/)
    .default('3d')
    .describe(
      'Oldest delivery that is accepted. Generous, because SendGrid repeats a delivery for a day under its first timestamp, and a replay changes nothing here',
    ),
})
type Config = z.output<typeof config>

export default defineConnector({
  name: 'sendgrid',
  title: 'Twilio SendGrid',
  baseUrl: 'https://api.sendgrid.com',
  config,
  // Added by `check` alone: a connection without an API key still receives events.
  auth: { type: 'none' },
  streams: {
    events: streamsOf<Config>()({
      title: 'E-mail events',
      record: SendgridEvent,
      key: keyOf,
      updatedAt: ({ timestamp }) => Math.round(timestamp * 1000),
      lane: 'touchpoint',
      map,
    }),
  },
  webhook: {
    verify: (delivery) =>
      verifySignature(delivery, delivery.config.verificationKey, durationMs(delivery.config.tolerance)),
    receive,
  },
  async check({ http, config }) {
    if (!config.apiKey) return
    const { data } = await http.request({
      url: '/v3/user/webhooks/event/settings/all',
      headers: { authorization: `Bearer ${config.apiKey}` },
      schema: WebhookList,
    })
    if (data.webhooks.some(({ enabled }) => enabled)) return
    throw new ConfigError(
      'config.rejected',
      'No Event Webhook is enabled in this SendGrid account; no events will arrive',
    )
  },
})

/** SendGrid's own event id; duplicates are routine. Test events of old accounts lack one. */
function keyOf(event: SendgridEvent): string {
  if (event.sg_event_id) return event.sg_event_id
  const said = [event.event, event.email, event.timestamp, event.sg_message_id ?? '', event.url ?? '']
  return `sha256:${bytesToHex(sha256(utf8ToBytes(JSON.stringify(said)))).slice(0, 40)}`
}

function receive({ body }: { body: string }): ReceivedDelivery {
  const events = parse(body)
  if (!Array.isArray(events))
    throw new RecordError('record.invalid', 'The delivery is not an array of events')
  return { records: events.map((record) => ({ stream: 'events', record })) }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new RecordError('record.invalid', 'The delivery is not JSON', { cause: error })
  }
}
