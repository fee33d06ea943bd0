import * as z from 'zod'
import {
  type ConnectorContext,
  durationMs,
  incremental,
  type PageRequest,
  type PageResult,
  type Pull,
} from '#kit'
import { DAY_MS } from '#model'
import { isChange } from './changes.ts'
import { type Json, openClient, type StripeClient } from './client.ts'
import { complete } from './complete.ts'
import type { StripeConfig } from './config.ts'
import { hintOf } from './hints.ts'
import { type EventPass, type ListPass, nightlyPasses, passesOf } from './nightly.ts'
import { EventRecord } from './records.ts'
import { RESOURCES, type Resource, type StreamName } from './resources.ts'

/** Stripe keeps events for 30 days; a day of margin, so that none falls out while a run reads them. */
const EVENT_HORIZON_MS = 29 * DAY_MS
const PAGE_SIZE = 100
/** Each event may cost a request for its object: small pages keep the work between two commits small. */
const EVENTS_PER_PAGE = 40

/** Where a run stands: `all` reads everything, `events` what changed, `created` what is new, `again` what events missed. */
const Token = z.object({
  phase: z.enum(['all', 'events', 'created', 'again']),
  pass: z.int().optional(),
  after: z.string().optional(),
})
type Token = z.infer<typeof Token>

const LAG = '10m'

export const pullOf = (stream: StreamName): Pull<StripeConfig> =>
  incremental<StripeConfig>({ lag: LAG, page: (request) => readPage(stream, request) })

/** A page, and the id after which the next one begins; absent on the last one. */
interface Part {
  records: Json[]
  deleted?: string[]
  after?: string | undefined
}

async function readPage(stream: StreamName, request: PageRequest<StripeConfig>): Promise<PageResult> {
  const { since, until } = request
  const client = openClient(request)
  const token = request.token === undefined ? undefined : Token.parse(JSON.parse(request.token))
  if (since === undefined || until - since > EVENT_HORIZON_MS)
    return toPage(await listPage(client, stream, token?.after), { phase: 'all' })
  if (token?.phase === 'again') return await againPage(request, client, stream, token, until)
  const passes = nightlyPasses(stream, { since: since + durationMs(LAG), until }, request.config)
  const again: Token | undefined = passes.length > 0 ? { phase: 'again', pass: 0 } : undefined
  // The log of events is only ever added to.
  if (token?.phase === 'created' || stream === 'events')
    return toPage(await listPage(client, stream, token?.after, { since }), { phase: 'created' }, again)
  return toPage(
    await eventPage(request, client, stream, { types: RESOURCES[stream].events, since, after: token?.after }),
    { phase: 'events' },
    { phase: 'created' },
  )
}

function toPage({ after, ...page }: Part, here: Token, then?: Token): PageResult {
  const token = after === undefined ? then : { ...here, after }
  return token ? { ...page, next: JSON.stringify(token) } : page
}

async function againPage(
  ctx: ConnectorContext<StripeConfig>,
  client: StripeClient,
  stream: StreamName,
  { pass = 0, after }: Token,
  until: number,
): Promise<PageResult> {
  const passes = passesOf(stream, until)
  const current = passes[pass]
  if (!current) return { records: [] }
  const part =
    'types' in current
      ? await eventPage(ctx, client, stream, { ...current, after })
      : await listPage(client, stream, after, current)
  const here: Token = { phase: 'again', pass }
  return toPage(part, here, pass + 1 < passes.length ? { phase: 'again', pass: pass + 1 } : undefined)
}

const unix = (ms: number): number => Math.floor(ms / 1000)

/** A page of the list, newest first. With `since`, only objects created from then on; with `before`, only earlier ones. */
async function listPage(
  client: StripeClient,
  stream: StreamName,
  after: string | undefined,
  { since, before, query }: ListPass = {},
): Promise<Part> {
  const resource: Resource = RESOURCES[stream]
  const page = await client.list(resource.path, {
    ...(query ?? resource.query),
    limit: PAGE_SIZE,
    starting_after: after,
    expand: resource.expand.map((path) => `data.${path}`),
    ...(since !== undefined && resource.hasCreated ? { 'created[gte]': unix(since) } : {}),
    ...(before !== undefined && resource.hasCreated ? { 'created[lt]': unix(before) } : {}),
  })
  // Lists are ordered by creation: where there is no filter, the first older object ends the reading.
  const fresh =
    since === undefined ? page.data : page.data.filter(({ created }) => Number(created) >= unix(since))
  const last = page.data.at(-1)
  const isEnd = !page.has_more || !last || fresh.length < page.data.length
  const records = await complete(client, stream, stream === 'events' ? fresh.filter(tells) : fresh)
  return { records, after: isEnd ? undefined : String(last.id) }
}

/** Most updates change nothing that is told; what is no event at all is told to be one that does not parse. */
function tells(raw: Json): boolean {
  const event = EventRecord.safeParse(raw)
  return !event.success || isChange(event.data)
}

async function eventPage(
  ctx: ConnectorContext<StripeConfig>,
  client: StripeClient,
  stream: StreamName,
  { types, since, after }: EventPass & { after: string | undefined },
): Promise<Part> {
  const page = await client.list('/v1/events', {
    limit: EVENTS_PER_PAGE,
    types,
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
    after: page.has_more && last ? String(last.id) : undefined,
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
