import type { Connection } from '../connection.ts'
import type { ReadyOperation } from '../deciding/prepared.ts'
import { isEmpty } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type { Operation, WriteCounts } from '../ports.ts'

/** Limits of a plan, and of what continuous delivery writes within a window. */
export interface Thresholds {
  /** Records that would be created. */
  maxCreates?: number
  /** Fields that would be cleared. */
  maxNulls?: number
  /** Records whose owner would change. */
  maxOwnerChanges?: number
  /** Of the records of an object that we know in the CRM, how many percent would be written to. */
  maxPercent?: number
}

/** How continuous delivery holds itself to them. */
export interface HoldRules {
  windowMs: number
  /** Shares are held against a limit only from so many records (or fields) on: one of three contacts is no mass change. */
  atLeast: number
}

export const DEFAULT_HOLD_RULES: HoldRules = { windowMs: 24 * 3_600_000, atLeast: 1_000 }
/** Of the known records, where nothing is configured: that a changed mapping may write to, … */
const DEFAULT_PERCENT = 20
/** … and that may lose a value or get another owner. */
const DEFAULT_LOSSES_PERCENT = 5

/** Decides what continuous delivery may send of an object now. */
export interface Gate {
  isHeld(object: string): boolean
  /** A mapping of it has changed lately: what it asks for is collected before it leaves. */
  isChanging(object: string): boolean
  /** All of them with what they count, or none where they would be too many: then the object is held. */
  admit(object: string, ready: ReadyOperation[]): Promise<ReadyOperation[]>
}

export const NOTHING: WriteCounts = { creates: 0, nulls: 0, owners: 0, records: 0, remapped: 0 }

export const sumOf = (counts: readonly (WriteCounts | undefined)[]): WriteCounts => {
  const sum = { ...NOTHING }
  for (const own of counts) if (own) for (const key of KEYS) sum[key] += own[key]
  return sum
}
const KEYS = Object.keys(NOTHING) as (keyof WriteCounts)[]

export const isNothing = (counts: WriteCounts): boolean => KEYS.every((key) => counts[key] === 0)

/** What was written to a destination within the window, and what is held there; read once a step. */
export async function openGate(deps: EngineDeps, connection: Connection): Promise<Gate> {
  const { windowMs, atLeast, ...limits } = { ...DEFAULT_HOLD_RULES, ...deps.thresholds }
  const destination = connection.name
  const since = deps.clock.now() - windowMs
  const window = await deps.store.thresholds.window({ destination, since })
  const sums = new Map(window.counts.map(({ object, ...counts }) => [object, counts]))
  const held = new Set(window.holds.map(({ object }) => object))
  const accepted = new Map(window.accepted.map(({ object, at }) => [object, at]))
  const acceptedAt = (object: string) => accepted.get(object) ?? Number.NEGATIVE_INFINITY
  const changed = Map.groupBy(
    window.changed.filter(({ object, seenAt }) => seenAt > acceptedAt(object)),
    ({ object }) => object,
  )
  const isFree = ({ kind, createdAt }: Operation, object: string) =>
    kind !== 'upsert' || createdAt <= acceptedAt(object)

  return {
    isHeld: (object) => held.has(object),
    isChanging: (object) => changed.has(object),
    async admit(object, ready) {
      const hashes = new Map((changed.get(object) ?? []).map(({ hash, seenAt }) => [hash, seenAt]))
      const ownerField = connection.connector.destination!.objects[object]!.ownerField
      const counted = ready.map((item): ReadyOperation => {
        if (isFree(item.operation, object)) return item
        return { ...item, counts: countsOf(item, { ownerField, since, hashes }) }
      })
      const own = sumOf(counted.map(({ counts }) => counts))
      if (isNothing(own)) return counted
      const before = sums.get(object) ?? NOTHING
      const sum = sumOf([before, own])
      const reason = await reasonToHold(deps, destination, object, sum, {
        limits,
        rules: { windowMs, atLeast },
        hashes: own.remapped > 0 ? [...hashes.keys()] : [],
      })
      if (reason === undefined) {
        sums.set(object, sum)
        return counted
      }
      held.add(object)
      await deps.store.thresholds.hold({ destination, object, reason, at: deps.clock.now() })
      deps.log.error('delivery held', { destination, object, reason })
      return counted.filter(({ counts }) => counts === undefined)
    },
  }
}

function countsOf(
  { operation, write, fields, written }: ReadyOperation,
  {
    ownerField,
    since,
    hashes,
  }: { ownerField: string | undefined; since: number; hashes: ReadonlyMap<string, number> },
): WriteCounts {
  if (write.crmId === undefined) return { ...NOTHING, creates: 1 }
  const names = Object.keys(write.fields)
  const isCleared = (name: string) => isEmpty(write.fields[name]) && !isEmpty(fields[name]?.before)
  // Whoever was written to since then has been counted.
  const isFirstSince = (then: number) => !Object.values(written).some(({ at }) => at >= then)
  const changedAt = hashes.get(operation.mapping ?? '')
  return {
    creates: 0,
    nulls: names.filter(isCleared).length,
    owners: ownerField !== undefined && names.includes(ownerField) ? 1 : 0,
    records: isFirstSince(since) ? 1 : 0,
    remapped: changedAt !== undefined && isFirstSince(changedAt) ? 1 : 0,
  }
}

interface Judging {
  limits: Thresholds
  rules: HoldRules
  /** Changed mappings whose records are among those that would leave. */
  hashes: string[]
}

/** Absolute limits are counted, shares are of what the CRM holds of ours; that is counted only where it may matter. */
async function reasonToHold(
  deps: EngineDeps,
  destination: string,
  object: string,
  sum: WriteCounts,
  { limits: { maxCreates, maxNulls, maxOwnerChanges, maxPercent }, rules, hashes }: Judging,
): Promise<string | undefined> {
  const within = `within ${Math.round(rules.windowMs / 3_600_000)} h`
  if (maxCreates !== undefined && sum.creates > maxCreates)
    return `${shown(sum.creates)} new records ${within} > maxCreates ${shown(maxCreates)}`
  if (maxNulls !== undefined && sum.nulls > maxNulls)
    return `${shown(sum.nulls)} cleared fields ${within} > maxNulls ${shown(maxNulls)}`
  if (maxOwnerChanges !== undefined && sum.owners > maxOwnerChanges)
    return `${shown(sum.owners)} changes of owner ${within} > maxOwnerChanges ${shown(maxOwnerChanges)}`
  const known = (maxAgeMs?: number) => knownRecords(deps, destination, object, maxAgeMs)
  const isTooMuch = async (count: number, percent: number) =>
    count > rules.atLeast &&
    count > ((await known()) * percent) / 100 &&
    // A CRM that is being filled holds more by now.
    count > ((await known(FRESH_MS)) * percent) / 100
  if (maxNulls === undefined && (await isTooMuch(sum.nulls, DEFAULT_LOSSES_PERCENT)))
    return `${shown(sum.nulls)} cleared fields ${within}, more than ${DEFAULT_LOSSES_PERCENT} % of ${shown(await known())} records (maxNulls is not set)`
  if (maxOwnerChanges === undefined && (await isTooMuch(sum.owners, DEFAULT_LOSSES_PERCENT)))
    return `${shown(sum.owners)} changes of owner ${within}, more than ${DEFAULT_LOSSES_PERCENT} % of ${shown(await known())} records (maxOwnerChanges is not set)`
  const percent = maxPercent ?? DEFAULT_PERCENT
  if (maxPercent !== undefined && (await isTooMuch(sum.records, percent)))
    return `${shown(sum.records)} updates ${within} > maxPercent ${percent} % of ${shown(await known())} records`
  if (hashes.length === 0) return undefined
  const waiting = await deps.store.thresholds.awaiting({ destination, object, hashes, max: MOST_COUNTED })
  return (await isTooMuch(sum.remapped + waiting, percent))
    ? `${shown(sum.remapped + waiting)}${waiting === MOST_COUNTED ? ' or more' : ''} updates by a changed mapping > maxPercent ${percent} % of ${shown(await known())} records`
    : undefined
}

/** Of what waits: enough to be right about any CRM that fits into one database, and quick. */
const MOST_COUNTED = 250_000

const COUNT_AGE_MS = 3_600_000
const FRESH_MS = 60_000
/** By configuration, which in a Worker outlives the engines of single invocations. */
const counted = new WeakMap<object, Map<string, { at: number; count: number }>>()

/** How many records of ours an object of the CRM holds; at most an hour old, because all of them are counted. */
async function knownRecords(
  deps: EngineDeps,
  destination: string,
  object: string,
  maxAgeMs = COUNT_AGE_MS,
): Promise<number> {
  const { config } = deps.connections.get(destination)!
  const now = deps.clock.now()
  const held = counted.get(config)
  const kept = held?.get(object)
  if (kept && now - kept.at <= maxAgeMs) return kept.count
  const rows = await deps.store.project.inCrm(destination)
  const fresh = new Map(rows.map((row) => [row.object, { at: now, count: row.count }]))
  if (!fresh.has(object)) fresh.set(object, { at: now, count: 0 })
  counted.set(config, fresh)
  return fresh.get(object)!.count
}

const shown = (value: number): string => value.toLocaleString('en')
