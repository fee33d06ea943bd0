import { type Context, Hono } from 'hono'
import { type AnyConnector, ConfigError, equalText, HubError } from '#kit'
import type { NewReceipt } from '../engine/ports.ts'
import { problem } from './problem.ts'
import { receiptId } from './receipt-id.ts'
import { readBody } from './request-body.ts'

/** A connection as its webhook address needs it. */
export interface HookConnection {
  name: string
  connector: AnyConnector
  config: Record<string, unknown>
  /** Last path segment that only the vendor knows; the address without it does not exist then. */
  hookSecret?: string | undefined
  /** Address under which the vendor reaches the hub, for vendors that sign the URL. */
  publicUrl?: string | undefined
}

export interface HookDeps {
  connection(name: string): HookConnection | undefined
  /** Resolves when the receipt is durable. */
  receive(receipt: NewReceipt): Promise<void>
  now(): number
}

export const HOOK_LIMIT = 1024 * 1024

/** Vendors' webhooks. Verified on the raw bytes, stored, then answered; what they say is worked on later. */
export function hookRoutes(deps: HookDeps): Hono {
  const app = new Hono()
  const answer = async (c: Context) => {
    try {
      return await take(c, deps)
    } catch (error) {
      if (error instanceof HubError) return problem(error)
      throw error
    }
  }
  app.all('/hooks/:connection', answer)
  app.all('/hooks/:connection/:secret', answer)
  return app
}

async function take(c: Context, deps: HookDeps): Promise<Response> {
  const name = c.req.param('connection') ?? ''
  const connection = addressed(deps.connection(name), c.req.param('secret'))
  const webhook = connection?.connector.webhook
  if (!connection || !webhook) {
    throw new ConfigError(
      'webhook.unknown_connection',
      `Nothing receives webhooks at ${c.req.path.replace(/^(.*\/hooks\/[^/]*).*$/, '$1')}`,
    )
  }
  const url = publicUrlOf(c.req.url, connection.publicUrl)
  const probed = webhook.probe?.({ method: c.req.method, url })
  if (probed) return probed
  if (c.req.method !== 'POST') {
    const error = new ConfigError('request.not_found', `Webhooks are delivered by POST, not ${c.req.method}`)
    return problem(error, { status: 405, headers: { allow: 'POST' } })
  }
  const { headers } = c.req.raw
  const bytes = await readBody(c.req.raw, HOOK_LIMIT, 'The delivery')
  const now = deps.now()
  await webhook.verify({ headers, body: bytes, url, config: connection.config, now })
  const body = new TextDecoder().decode(bytes)
  const delivery = webhook.deliveryId?.({ headers, body })
  await deps.receive({
    id:
      delivery === undefined
        ? await receiptId(name, 'body', bytes)
        : await receiptId(name, 'delivery', new TextEncoder().encode(delivery)),
    connection: name,
    receivedAt: now,
    headers: keep(headers, webhook.keepHeaders),
    body,
  })
  return c.json({ received: true })
}

/** A wrong secret and an unknown name look the same from outside. */
function addressed(
  connection: HookConnection | undefined,
  secret: string | undefined,
): HookConnection | undefined {
  if (!connection) return undefined
  if (connection.hookSecret === undefined) return secret === undefined ? connection : undefined
  return secret !== undefined && equalText(secret, connection.hookSecret) ? connection : undefined
}

function publicUrlOf(requested: string, publicUrl: string | undefined): string {
  if (!publicUrl) return requested
  const { pathname, search } = new URL(requested)
  return `${publicUrl.replace(/\/+$/, '')}${pathname}${search}`
}

function keep(headers: Headers, names: readonly string[] = []): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of names) {
    const value = headers.get(name)
    if (value !== null) kept[name] = value
  }
  return kept
}
