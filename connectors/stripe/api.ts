import * as z from 'zod'
import { type ConnectorContext, incremental, type PageRequest, type PageResult, type Pull } from '#kit'
import { DAY_MS } from '#model'
import { type Json, openClient, type StripeClient } from './client.ts'
import { complete } from './complete.ts'
import type { StripeConfig } from './config.ts'
import { hintOf } from './hints.ts'
import { EventRecord } from './records.ts'
import { RESOURCES, type Resource, type StreamName } from './resources.ts'

/** Stripe keeps events for 30 days; a day of margin, so that none falls out while a run reads them. */
const EVENT_HORIZON_MS = 29 * DAY_MS
const PAGE_SIZE = 100
/** Each event may cost a request for its object: small pages keep the work between two commits small. */
const EVENTS_PER_PAGE = 40

/** Where a run stands: `all` reads everything, `events` what changed, `created` what is new whatever events say. */
const Token = z.object({ phase: z.enum(['all', 'events', 'created']), after: z.string().optional() })
type Token = z.infer<typeof Token>

export const pullOf = (stream: StreamName): Pull<StripeConfig> =>
  incremental<StripeConfig>({ lag: '10m', page: (request) => readPage(stream, request) })

async function readPage(stream: StreamName, request: PageRequest<StripeConfig>): Promise<PageResult> {
  const { since, until } = request
  const client = openClient(request)
  const token = request.token === undefined ? undefined : Token.parse(JSON.parse(request.token))
  if (since === undefined || until - since > EVENT_HORIZON_MS)
    return await listPage(client, stream, token ?? { phase: 'all' })
  if (token?.phase === 'created') return await listPage(client, stream, token, since)
  return await eventPage(request, client, stream, since, token?.after)
}

const next = (token: Token): string => JSON.stringify(token)
const unix = (ms: number): number => Math.floor(ms / 1000)

/** A page of the list, newest first. With `since`, only objects created after it. */
async function listPage(
  client: StripeClient,
  stream: StreamName,
  token: Token,
  since?: number,
): Promise<PageResult> {
  const resource: Resource = RESOURCES[stream]
  const page = await client.list(resource.path, {
    ...resource.query,
    limit: PAGE_SIZE,
    starting_after: token.after,
    expand: resource.expand.map((path) => `data.${path}`),
    ...(since !== undefined && resource.hasCreated ? { 'created[gte]': unix(since) } : {}),
  })
  // Lists are ordered by creation: where there is no filter, the first older object ends the reading.
  const fresh =
    since === undefined ? page.data : page.data.filter(({ created }) => Number(created) >= unix(since))
  const last = page.data.at(-1)
  const isEnd = !page.has_more || !last || fresh.length < page.data.length
  const records = await complete(client, stream, fresh)
  return isEnd ? { records } : { records, next: next({ ...token, after: String(last.id) }) }
}

async function eventPage(
  ctx: ConnectorContext<StripeConfig>,
  client: StripeClient,
  stream: StreamName,
  since: number,
  after: string | undefined,
): Promise<PageResult> {
  const page = await client.list('/v1/events', {
    limit: EVENTS_PER_PAGE,
    types: RESOURCES[stream].events,
    'created[gte]': unix(since),
    starting_after: after,
  })
  const keys = new Set<string>()
  for (const raw of page.data) {
    const event = EventRecord.safeParse(raw)
    const hint = event.success ? hintOf(event.data) : undefined
    if (hint?.stream === stream) keys.add(hint.key)
    if (!event.success) ctx.log.warn('stripe event left out: unknown shape', { id: String(raw.id) })
  }
  const records = await fetchAll(client, stream, [...keys])
  const found = new Set(records.map(({ id }) => id))
  const last = page.data.at(-1)
  return {
    records,
    deleted: [...keys].filter((key) => !found.has(key)),
    next: next(page.has_more && last ? { phase: 'events', after: String(last.id) } : { phase: 'created' }),
  }
}

/** Reads objects by id, as the list would bring them; ids that are gone are left out. */
export async function fetchByKey(
  ctx: ConnectorContext<StripeConfig>,
  stream: StreamName,
  keys: string[],
): Promise<Json[]> {
  return await fetchAll(openClient(ctx), stream, keys)
}

async function fetchAll(client: StripeClient, stream: StreamName, keys: string[]): Promise<Json[]> {
  const { path, expand }: Resource = RESOURCES[stream]
  const found = await Promise.all(
    keys.map((key) => client.find(`${path}/${encodeURIComponent(key)}`, { expand })),
  )
  return await complete(
    client,
    stream,
    found.filter((record) => record !== undefined),
  )
}

/** One cheap read that proves the key. */
export async function probe(ctx: ConnectorContext<StripeConfig>): Promise<void> {
  await openClient(ctx).list('/v1/customers', { limit: 1 })
}
