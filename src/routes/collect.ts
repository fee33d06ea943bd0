import { type Context, Hono } from 'hono'
import { AuthError, RecordError } from '#kit'
import type { NewReceipt } from '../engine/ports.ts'
import { envelope } from './collect-envelope.ts'
import { settingsDocument } from './collect-settings.ts'
import { jsonErrorPlace } from './json-error.ts'
import { jsonSize, jsonSizeBound } from './json-size.ts'
import { problem } from './problem.ts'
import { receiptId } from './receipt-id.ts'
import { readBody } from './request-body.ts'
import { answerSnippet } from './snippet.ts'

/** A website connection as the collector needs it. */
export interface CollectConnection {
  name: string
  writeKey: string
  /** Origins whose pages may send; everybody where absent. `https://*.example.com` allows all subdomains. */
  allowedOrigins?: readonly string[] | undefined
}

export interface CollectDeps {
  /** Finds the connection of a write key; called for every request. See `indexByWriteKey`. */
  connection(writeKey: string): CollectConnection | undefined
  /** Resolves when the receipt is durable. */
  receive(receipt: NewReceipt): Promise<void>
  now(): number
  /** Header in which a trusted proxy puts the visitor's address ("cf-connecting-ip"); addresses are not kept without it. */
  ipHeader?: string
  /** Address under which browsers reach the hub; the request's own where absent. */
  publicUrl?: string
}

export const EVENT_LIMIT = 32 * 1024
export const BATCH_LIMIT = 500 * 1024
const DEPTH_LIMIT = 200

/** Segment's calls and the one-letter paths that analytics.js uses. */
const CALLS: Record<string, string> = {
  identify: 'identify',
  track: 'track',
  page: 'page',
  screen: 'screen',
  group: 'group',
  alias: 'alias',
  batch: 'batch',
  i: 'identify',
  t: 'track',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
  b: 'batch',
}

/** The website connections among all, for `indexByWriteKey`. */
export function websiteConnections(
  connections: Iterable<{ name: string; connector: { name: string }; config: Record<string, unknown> }>,
): CollectConnection[] {
  return [...connections]
    .filter(({ connector }) => connector.name === 'website')
    .map(({ name, config }) => ({
      name,
      writeKey: String(config.writeKey),
      allowedOrigins: config.allowedOrigins as readonly string[] | undefined,
    }))
}

export function indexByWriteKey(connections: Iterable<CollectConnection>): CollectDeps['connection'] {
  const index = new Map([...connections].map((connection) => [connection.writeKey, connection]))
  return (writeKey) => index.get(writeKey)
}

/**
 * The Segment-compatible collector. Answers 200 only after the receipt is durable.
 * @see https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
export function collectRoutes(deps: CollectDeps): Hono {
  const app = new Hono()
  app.options('/v1/*', () => new Response(null, { status: 204, headers: PREFLIGHT }))
  app.post('/v1/:call', async (c) => {
    try {
      return await collect(c, deps)
    } catch (error) {
      const isTooLarge = error instanceof RecordError && error.code === 'request.body_too_large'
      // 400, not 413: Segment's clients drop an oversize batch on 400 and would send it again on other codes.
      return problem(error, { headers: CORS, ...(isTooLarge ? { status: 400 } : {}) })
    }
  })
  app.get('/v1/projects/:key/settings', (c) => {
    const connection = deps.connection(c.req.param('key'))
    if (!connection) return problem(unknownKey(), { status: 404, headers: CORS })
    const base = new URL(deps.publicUrl ?? c.req.url)
    return c.json(settingsDocument(connection.writeKey, base), 200, {
      ...CORS,
      'cache-control': 'public, max-age=300',
    })
  })
  app.get('/t.js', (c) => answerSnippet(c.req.header('if-none-match')))
  return app
}

const CORS = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding, x-retry-count',
  'access-control-max-age': '86400',
}
const ACCEPTED = { ...CORS, 'content-type': 'application/json' }

async function collect(c: Context, deps: CollectDeps): Promise<Response> {
  const call = CALLS[c.req.param('call') ?? '']
  if (!call) throw new RecordError('request.not_found', `There is no call /v1/${c.req.param('call')}`)
  const { headers } = c.req.raw
  const keyed = connectionOfHeader(headers.get('authorization'), deps)
  const isBatch = call === 'batch'
  const bytes = await readBody(
    c.req.raw,
    isBatch ? BATCH_LIMIT : EVENT_LIMIT,
    isBatch ? 'The batch' : 'The event',
  )
  const text = decoder.decode(bytes)
  const body = parseObject(text)
  const connection = keyed ?? connectionOfBody(body, deps)
  checkOrigin(headers.get('origin'), connection)
  const events = isBatch ? eventsOf(body) : [body]
  const oversize = checkShape(body, events)
  if (!isBatch) checkEvent(body)
  if (events.length > 0) {
    await deps.receive({
      id: await receiptId(connection.name, call, bytes),
      connection: connection.name,
      receivedAt: deps.now(),
      headers: {},
      body: envelope(text, { ...deps, call, headers, oversize, hidesIp: isIpHidden(body, events) }),
    })
  }
  return new Response('{"success":true}', { headers: ACCEPTED })
}

const decoder = new TextDecoder()

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseObject(text: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const { position, line, column } = jsonErrorPlace(text)
    throw new RecordError(
      'request.malformed_json',
      `The body is not JSON at line ${line}, column ${column} (position ${position})`,
      {
        cause: error,
        at: { position, line, column },
      },
    )
  }
  if (!isObject(value)) throw new RecordError('request.invalid', 'The body must be a JSON object')
  return value
}

const unknownKey = () =>
  new AuthError('request.unknown_write_key', 'No website connection has this write key')

/** Undefined where the header names no key; Bearer may carry an OAuth token beside a key in the body. */
function connectionOfHeader(header: string | null, deps: CollectDeps): CollectConnection | undefined {
  if (!header) return undefined
  const [scheme = '', credentials = ''] = header.trim().split(/\s+/)
  if (/^bearer$/i.test(scheme)) return deps.connection(credentials)
  if (!/^basic$/i.test(scheme)) return undefined
  const [key = ''] = decodeBase64(credentials).split(':')
  if (key === '') return undefined
  const connection = deps.connection(key)
  if (!connection) throw unknownKey()
  return connection
}

function decodeBase64(text: string): string {
  try {
    return atob(text)
  } catch {
    return ''
  }
}

function connectionOfBody(body: Json, deps: CollectDeps): CollectConnection {
  const first = Array.isArray(body.batch) ? body.batch[0] : undefined
  const key = body.writeKey ?? (isObject(first) ? first.writeKey : undefined)
  const connection = typeof key === 'string' ? deps.connection(key) : undefined
  if (!connection) throw unknownKey()
  return connection
}

export function checkOrigin(
  origin: string | null,
  { name, allowedOrigins }: Pick<CollectConnection, 'name' | 'allowedOrigins'>,
): void {
  if (!origin || !allowedOrigins || allowedOrigins.some((allowed) => isSameOrigin(allowed, origin))) return
  throw new AuthError(
    'request.forbidden_origin',
    `Pages of ${origin} may not send to ${name}; add the origin to its allowedOrigins`,
  )
}

function isSameOrigin(allowed: string, origin: string): boolean {
  const [scheme, parent] = allowed.split('://*.')
  if (parent === undefined) return allowed === origin
  return origin.startsWith(`${scheme}://`) && origin.endsWith(`.${parent}`)
}

function eventsOf(body: Json): unknown[] {
  if (Array.isArray(body.batch)) return body.batch
  throw new RecordError('request.invalid', 'batch must be an array of events', { at: { field: 'batch' } })
}

/**
 * Refuses nesting that no JSON writer survives. Returns the bytes of oversize events of a batch by their index: they are
 * kept with the others and set aside when the batch is worked on, so that they do not cost their neighbours.
 */
function checkShape(body: Json, events: unknown[]): Record<number, number> {
  const oversize: Record<number, number> = {}
  if (events[0] !== body) checkDepth(jsonSizeBound({ ...body, batch: [] }, DEPTH_LIMIT))
  for (let index = 0; index < events.length; index++) {
    const bound = jsonSizeBound(events[index], DEPTH_LIMIT)
    checkDepth(bound)
    if (events[0] === body || bound <= EVENT_LIMIT) continue
    const bytes = jsonSize(events[index])
    if (bytes > EVENT_LIMIT) oversize[index] = bytes
  }
  return oversize
}

function checkDepth(bound: number): void {
  if (bound !== Number.POSITIVE_INFINITY) return
  throw new RecordError('request.invalid', `The body nests more than ${DEPTH_LIMIT} levels deep`, {
    at: { limit: DEPTH_LIMIT },
  })
}

/** A lone event must be attributable to somebody or at least be told apart; map says the rest, event by event. */
function checkEvent(event: Json): void {
  if (hasId(event.userId) || hasId(event.anonymousId) || hasId(event.messageId)) return
  throw new RecordError('request.invalid', 'The event needs a userId or an anonymousId', {
    at: { field: 'userId' },
  })
}

const hasId = (value: unknown) => (typeof value === 'string' && value !== '') || typeof value === 'number'

/** `context.ip = "0.0.0.0"` is the protocol's way to ask that the visitor's address is not kept. */
function isIpHidden(body: Json, events: unknown[]): boolean {
  return hidesIp(body) || events.some((event) => isObject(event) && hidesIp(event))
}

function hidesIp(holder: Json): boolean {
  const context = holder.context
  return isObject(context) && context.ip === '0.0.0.0'
}
