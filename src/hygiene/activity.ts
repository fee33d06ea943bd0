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

export interface StagedDeal {
  stage: string
  since: number
}

/** Deals that are in their stage much longer than the others that are in it. */
export function findStuck<D extends StagedDeal>(
  deals: readonly D[],
  { now, settings }: Pick<Surroundings, 'now' | 'settings'>,
): { deal: D; note: string }[] {
  return [...Map.groupBy(deals, ({ stage }) => stage).values()].flatMap((own) => {
    if (own.length < settings.stuckDeals) return []
    const ages = own.map(({ since }) => now - since).sort((a, b) => a - b)
    const median = ages[Math.floor((ages.length - 1) / 2)]!
    const limit = Math.max(settings.stuckFactor * median, settings.stuckDays * DAY_MS)
    const days = (ms: number) => Math.round(ms / DAY_MS)
    return own
      .filter(({ since }) => now - since > limit)
      .map((deal) => ({
        deal,
        note: `${days(now - deal.since)} days in ${deal.stage}; half of the deals in it are there for ${days(median)} or less`,
      }))
  })
}
