import { type ConnectorContext, HubError, isRetryable, type LiveMode, type LiveRecord, reportOf } from '#kit'
import type { Instant } from '#model'
import type { EngineDeps } from '../deps.ts'
import type { LiveRow, Operation, ProjectionRow } from '../ports.ts'
import { linkKey } from '../projecting/propose.ts'
import { echoesOf, watchedFields, watchPage } from '../watch.ts'
import { needsNoLook } from './decide.ts'
import type { LookOptions } from './targets.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

/** What the change poll has brought is relied on for this long after the poll. */
const FRESH_MS = 60_000

/** From the one that reads least to the one that reads most: where several mappings write an object, certainty wins. */
const MODES: LiveMode[] = ['poll', 'needed', 'read']

/** How much is read before a write: the mapping's word, else the CRM's default. */
export function liveMode(deps: EngineDeps, ctx: Ctx, object: string): LiveMode {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  if (!api.changes) return 'read'
  const own = deps
    .mappings()
    .filter((m) => m.destination === ctx.connection && m.object === object && m.mode !== 'off')
  const wishes = own.map((m) => m.live ?? api.changes!.live)
  return MODES.findLast((mode) => wishes.includes(mode)) ?? api.changes.live
}

/** Fields of which the CRM's value decides whether they are written. */
function fieldsToSee({ fields, links }: Operation, written: ProjectionRow['written'] | undefined): string[] {
  const references = new Set(links.map(linkKey))
  return Object.entries(fields).flatMap(([name, { policy, after }]) =>
    references.has(name) || needsNoLook(policy, after, written?.[name]) ? [] : [name],
  )
}

/** An operation and the CRM record that it is for, with what we wrote to it. */
export interface Wanted {
  crmId: string
  operation: Operation
  written: ProjectionRow['written']
}

export interface Looked {
  /** CRM ids that were read just now, whether or not the CRM knows them. */
  asked: Set<string>
  /** By CRM id: what the CRM holds, read just now. */
  read: Map<string, LiveRecord>
  /** What was read is kept, because the change poll tells what changes from then on. */
  isKept: boolean
  /** When the records were read. */
  readAt: Instant
  /** By CRM id: what the CRM held when it was last seen, read or not. */
  rows: Map<string, LiveRow>
  /** CRM ids whose row holds everything that is needed, and is fresh. */
  fresh: Set<string>
}

/**
 * Looks at records as the mappings ask. Where the change poll is used, it is run first if that costs fewer calls than
 * reading.
 *
 * @param ahead operations of the object that wait behind these
 */
export async function look(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  wanted: Wanted[],
  { isStrict, ahead, read }: Required<LookOptions>,
): Promise<Looked> {
  const destination = ctx.connection
  const api = deps.connections.get(destination)!.connector.destination!
  const keys = [...new Set(wanted.map(({ crmId }) => crmId))].map((crmId) => ({ destination, object, crmId }))
  const rowsNow = async () =>
    new Map((await deps.store.deliver.live(keys)).map((row) => [row.crmId, row] as const))
  let rows = await rowsNow()
  const mode = isStrict ? 'read' : liveMode(deps, ctx, object)
  const isCached = mode === 'poll'
  const mustSee = ({ crmId, operation, written }: Wanted) =>
    // Adopted, and not yet known to carry our key.
    Object.keys(written).length === 0 ||
    // What was deleted may be back.
    fieldsToSee(operation, written).length > 0 ||
    rows.get(crmId)?.deletedAt !== undefined
  const isKept = ({ crmId, operation, written }: Wanted) => {
    const row = rows.get(crmId)
    return (
      row !== undefined &&
      row.deletedAt === undefined &&
      fieldsToSee(operation, written).every((name) => name in row.fields)
    )
  }
  const asking = mode === 'read' ? wanted : wanted.filter(mustSee)
  let fresh = new Set<string>()
  if (isCached && asking.length > 0) {
    const age = await pollAge(deps, ctx, object)
    let isFresh = age <= FRESH_MS
    const saved = (asking.filter(isKept).length * (wanted.length + ahead)) / wanted.length
    if (!isFresh && Number.isFinite(age) && isWorthPolling(ctx, object, api, saved)) {
      isFresh = await pollNow(deps, ctx, object, Math.ceil(saved / api.objects[object]!.readSize))
      if (isFresh) rows = await rowsNow()
    }
    if (isFresh) fresh = new Set(asking.filter(isKept).map(({ crmId }) => crmId))
  }
  const asked = new Set(asking.filter(({ crmId }) => !fresh.has(crmId)).map(({ crmId }) => crmId))
  const readAt = deps.clock.now()
  const values = wanted.flatMap(({ operation }) => valueFields(operation))
  // Whoever is read is read whole, so that the poll only has to tell what changes from now on.
  const fields = isCached ? [...values, ...watchedFields(deps.mappings(), destination, object)] : values
  const found = asked.size > 0 ? await read({ object, crmIds: [...asked], fields: [...new Set(fields)] }) : []
  return { asked, isKept: isCached, read: new Map(found.map((r) => [r.crmId, r])), readAt, rows, fresh }
}

export const valueFields = ({ fields, links }: Operation): string[] => {
  const associations = new Set(links.filter((link) => !link.field).map(linkKey))
  return Object.keys(fields).filter((name) => !associations.has(name))
}

async function pollAge(deps: EngineDeps, ctx: Ctx, object: string): Promise<number> {
  const feed = (await deps.store.watch.feeds(ctx.connection)).find((own) => own.object === object)
  return feed?.polledAt === undefined ? Number.POSITIVE_INFINITY : deps.clock.now() - feed.polledAt
}

type Api = NonNullable<NonNullable<ReturnType<EngineDeps['connections']['get']>>['connector']['destination']>

/** Our own writes come back with the poll, so that its cost is known before. `saved`: records it may save reading. */
function isWorthPolling(ctx: Ctx, object: string, api: Api, saved: number): boolean {
  const own = echoesOf(ctx, object)
  return 1 + Math.floor(own / api.changes!.pageSize) < Math.ceil(saved / api.objects[object]!.readSize)
}

/** True where the poll has come to its end within `most` calls. Reading is always the way out. */
async function pollNow(deps: EngineDeps, ctx: Ctx, object: string, most: number): Promise<boolean> {
  try {
    for (let page = 0; page < most; page++) {
      const watched = await watchPage(deps, ctx, object)
      if (watched.isBusy) return false
      if (watched.isComplete) return true
    }
  } catch (error) {
    // Where it is the CRM as a whole that refuses, reading would be refused as well.
    if (!(error instanceof HubError) || isRetryable(error) || error.kind === 'auth') throw error
    deps.log.warn('change poll failed; records are read instead', { object, error: reportOf(error) })
  }
  return false
}
