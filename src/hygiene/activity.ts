import {
  type CrmRecord,
  DAY_MS,
  type Issue,
  instantOf,
  isOpenDeal,
  isPerson,
  type Settings,
  type Surroundings,
} from './record.ts'

/**
 * Age at which a record is stale: what is true of people falls off like exp(-age / tau), where tau follows from the share
 * that is lost in a year. 880 days at a quarter a year and half of the trust left.
 */
export function staleAfterMs({ yearlyDecay, leastTrust }: Settings): number {
  const tau = (365.25 * DAY_MS) / -Math.log(1 - yearlyDecay)
  return -Math.log(leastTrust) * tau
}

/** How much of a record of this age is believed to be true still, 0–1. */
export const trustOf = (ageMs: number, { yearlyDecay }: Settings): number =>
  (1 - yearlyDecay) ** (ageMs / (365.25 * DAY_MS))

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

export function checkActivity(record: CrmRecord, around: Surroundings): Issue[] {
  if (isPerson(record)) return checkStale(record, around)
  return isOpenDeal(record) ? checkDeal(record, around) : []
}

/** A change of the record is no sign of life: automations change records too. */
function checkStale(record: CrmRecord, { now, settings }: Surroundings): Issue[] {
  const seen = Math.max(
    instantOf(record.values.created_at) ?? Number.NEGATIVE_INFINITY,
    instantOf(record.values.activity_at) ?? Number.NEGATIVE_INFINITY,
  )
  if (!Number.isFinite(seen) || now - seen < staleAfterMs(settings)) return []
  const trust = Math.round(100 * trustOf(now - seen, settings))
  return [
    { check: 'person.stale', note: `nothing since ${dayOf(seen)}: ${trust} % believed to be true still` },
  ]
}

function checkDeal(record: CrmRecord, { now, settings }: Surroundings): Issue[] {
  const issues: Issue[] = []
  const closeAt = instantOf(record.values.close_at)
  // A day that has not ended yet is not over.
  if (closeAt !== undefined && closeAt + DAY_MS <= now)
    issues.push({ check: 'deal.overdue', attribute: 'close_at', value: record.values.close_at })
  const plannedAt = instantOf(record.values.next_activity_at)
  const canPlan = record.has.has('next_step') || record.has.has('next_activity_at')
  if (canPlan && record.values.next_step === undefined && !(plannedAt !== undefined && plannedAt > now))
    issues.push({ check: 'deal.no_next_step' })
  if (record.has.has('activity_at')) {
    const before = now - settings.idleDealDays * DAY_MS
    const activeAt = instantOf(record.values.activity_at)
    const createdAt = instantOf(record.values.created_at)
    if (activeAt !== undefined && activeAt < before)
      issues.push({ check: 'deal.idle', attribute: 'activity_at', value: dayOf(activeAt) })
    if (activeAt === undefined && createdAt !== undefined && createdAt < before)
      issues.push({ check: 'deal.untouched', note: `made on ${dayOf(createdAt)}` })
  }
  return issues
}

export interface Stuck {
  /** Half of the deals are in the stage for so long or less. */
  median: number
  /** Beyond it a deal is stuck. */
  limit: number
}

/** When deals are much longer in their stage than the others that are in it, by the ages of all of them; not among a few. */
export function stuckAfter(
  ages: readonly number[],
  { stuckDeals, stuckFactor, stuckDays }: Settings,
): Stuck | undefined {
  if (ages.length < stuckDeals) return undefined
  const sorted = Float64Array.from(ages).sort()
  const median = sorted[Math.floor((sorted.length - 1) / 2)]!
  return { median, limit: Math.max(stuckFactor * median, stuckDays * DAY_MS) }
}

export const stuckNote = (stage: string, age: number, { median }: Stuck): string =>
  `${daysIn(age)} days in ${stage}; half of the deals in it are there for ${daysIn(median)} or less`

const daysIn = (ms: number): number => Math.round(ms / DAY_MS)
