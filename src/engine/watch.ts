import { type ConnectorContext, HubError, type LiveRecord } from '#kit'
import type { Instant } from '#model'
import type { CompiledMapping } from '../mapping/types.ts'
import { editsOf } from './deciding/edits.ts'
import { sameValue } from './deciding/same-value.ts'
import type { EngineDeps } from './deps.ts'
import type { FeedRow, LiveRow, ProjectionRow, RecordOf, RedirectRow } from './ports.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

/** How far our clock and a CRM's may be apart. */
const CLOCK_SKEW_MS = 5 * 60_000
const LEASE_MS = 60_000

/** Records written since the last complete poll, by configuration and object: they come back with the next one. */
const echoes = new WeakMap<object, Map<string, number>>()

export const echoesOf = ({ config }: Ctx, object: string): number => echoes.get(config)?.get(object) ?? 0

export function noteEchoes({ config }: Ctx, object: string, count: number): void {
  const held = echoes.get(config) ?? new Map<string, number>()
  echoes.set(config, held.set(object, (held.get(object) ?? 0) + count))
}

/** Fields that mappings write to an object, whatever their policies; references are no values to compare. */
export function watchedFields(mappings: CompiledMapping[], destination: string, object: string): string[] {
  const own = mappings.filter((m) => m.destination === destination && m.object === object && m.mode !== 'off')
  return [...new Set(own.flatMap((m) => m.fields.flatMap(({ name, lookup }) => (lookup ? [] : [name]))))]
}

export interface Watched {
  /** Records that are ours; of them, how many a person or another tool has changed. */
  records: number
  edited: number
  /** The poll has seen everything up to its beginning. */
  isComplete: boolean
  /** Another process is at it. */
  isBusy?: boolean
}

/**
 * Reads one page of what changed in a CRM object and commits what our records hold now, where merged or converted ones
 * went, and how far it has come. An edit is noted, our own writes are recognised; only where an edit is over, what was
 * wanted meanwhile is asked for again.
 */
export async function watchPage(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  { deletions = false }: { deletions?: boolean } = {},
): Promise<Watched> {
  const destination = ctx.connection
  const api = deps.connections.get(destination)!.connector.destination!
  const feedOf = api.changes!
  const lease = `watch:${destination}/${object}`
  const isOurs = await deps.store.control.acquireLease({
    name: lease,
    holder: deps.holder,
    now: deps.clock.now(),
    ttlMs: LEASE_MS,
  })
  if (!isOurs) return { records: 0, edited: 0, isComplete: false, isBusy: true }
  const now = deps.clock.now()
  const known = (await deps.store.watch.feeds(destination)).find((feed) => feed.object === object)
  const feed = known ?? { destination, object, since: now - feedOf.lagMs - CLOCK_SKEW_MS }
  try {
    const answer = await feedOf.page(ctx, {
      object,
      since: feed.since,
      fields: watchedFields(deps.mappings(), destination, object),
      deletions,
      ...(feed.page === undefined ? {} : { page: feed.page }),
    })
    const found = await match(deps, destination, object, answer.records)
    const { rows, wake } = toRows(found, now - feedOf.lagMs)
    await deps.store.watch.commit({
      now: deps.clock.now(),
      feed: advance(feed, answer, { now, lagMs: feedOf.lagMs, deletions }),
      isFirst: known === undefined,
      live: rows,
      redirects: redirectsOf(found, destination, object),
      wake,
    })
    const isComplete = answer.next === undefined
    if (isComplete) {
      echoes.get(ctx.config)?.delete(object)
      await deps.store.control.releaseLease(lease, deps.holder)
    }
    const edited = rows.filter((row) => Object.values(row.edited ?? {}).some((at) => at !== null)).length
    return { records: found.length, edited, isComplete }
  } catch (error) {
    const letGo = async () => {
      // A place to go on from may have gone stale with the vendor: the poll begins again from where it was certain.
      if (error instanceof HubError && error.kind === 'record' && feed.page !== undefined) {
        const { page: _page, beganAt: _began, newest: _newest, ...rest } = feed
        await deps.store.watch.commit({ now, feed: rest, live: [], redirects: [] })
      }
      await deps.store.control.releaseLease(lease, deps.holder)
    }
    // A database that is busy now must not hide what the CRM has said; the lease runs out by itself.
    await letGo().catch((failure: unknown) => {
      if (!(failure instanceof HubError)) throw failure
    })
    throw error
  }
}

interface Found {
  record: LiveRecord
  shadow: ProjectionRow
  known: LiveRow | undefined
}

/** Records that we have a shadow of; the CRM's others are not our business. */
async function match(
  deps: EngineDeps,
  destination: string,
  object: string,
  records: LiveRecord[],
): Promise<Found[]> {
  if (records.length === 0) return []
  const keys = [...new Set(records.map((r) => r.crmId))].map((crmId) => ({ destination, object, crmId }))
  const shadows = new Map((await deps.store.watch.shadows(keys)).map((row) => [row.crmId!, row]))
  if (shadows.size === 0) return []
  const ours = keys.filter(({ crmId }) => shadows.has(crmId))
  const live = new Map((await deps.store.deliver.live(ours)).map((row) => [row.crmId, row]))
  return records.flatMap((record) => {
    const shadow = shadows.get(record.crmId)
    return shadow ? [{ record, shadow, known: live.get(record.crmId) }] : []
  })
}

/** What the records hold now; whoever has an edit that is over is to be woken. */
function toRows(found: Found[], seenAt: Instant): { rows: LiveRow[]; wake: RecordOf[] } {
  const wake: RecordOf[] = []
  const rows = found.flatMap(({ record, shadow, known }): LiveRow[] => {
    const { crmId, modifiedAt } = record
    const { destination, object, entity } = shadow
    const base = { destination, object, crmId, seenAt, ...(modifiedAt === undefined ? {} : { modifiedAt }) }
    if (record.isDeleted)
      return known?.deletedAt === undefined
        ? [{ ...base, fields: {}, edited: known?.edited ?? {}, deletedAt: modifiedAt ?? seenAt }]
        : []
    if (record.movedTo) return []
    const edits = editsOf({ fields: record.fields, seenAt, at: modifiedAt ?? seenAt }, shadow.written, known)
    if (Object.values(edits).includes(null)) wake.push({ destination, object, entity })
    const standing = Object.entries({ ...known?.edited, ...edits }).filter(([, at]) => at !== null)
    const isNews =
      !known || known.deletedAt !== undefined || !holds(known, record) || hasChanged(known, edits)
    return isNews ? [{ ...base, fields: record.fields, edited: Object.fromEntries(standing) }] : []
  })
  return { rows, wake }
}

const holds = ({ fields }: LiveRow, record: LiveRecord): boolean =>
  Object.keys(fields).length === Object.keys(record.fields).length &&
  Object.entries(record.fields).every(([field, value]) => field in fields && sameValue(fields[field], value))

const hasChanged = (known: LiveRow, edits: Record<string, Instant | null>): boolean =>
  Object.entries(edits).some(([field, at]) => (known.edited?.[field] ?? null) !== at)

function redirectsOf(found: Found[], destination: string, object: string): RedirectRow[] {
  return found.flatMap(({ record: { crmId, movedTo, movedToObject } }) => {
    if (!movedTo || movedTo === crmId) return []
    const isElsewhere = movedToObject !== undefined && movedToObject !== object
    const reason = isElsewhere ? 'converted' : 'merged'
    return [
      {
        destination,
        object,
        from: crmId,
        to: movedTo,
        reason,
        ...(isElsewhere ? { toObject: movedToObject } : {}),
      },
    ]
  })
}

/**
 * The next poll reads once more what may have come late. Where nothing changes, it moves on by our own clock, as far as
 * the two clocks can be apart.
 */
function advance(
  { page: _page, ...feed }: FeedRow,
  answer: { records: LiveRecord[]; next?: string | undefined },
  { now, lagMs, deletions }: { now: Instant; lagMs: number; deletions: boolean },
): FeedRow {
  const beganAt = feed.beganAt ?? now
  const newest = Math.max(feed.newest ?? 0, ...answer.records.map((record) => record.modifiedAt ?? 0))
  if (answer.next !== undefined) return { ...feed, page: answer.next, beganAt, newest }
  const { beganAt: _began, newest: _newest, ...rest } = feed
  return {
    ...rest,
    since: Math.max(feed.since, newest - lagMs, beganAt - lagMs - CLOCK_SKEW_MS),
    polledAt: beganAt,
    ...(deletions ? { deletionsAt: beganAt } : {}),
  }
}
