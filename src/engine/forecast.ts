import { DAY_MS, dayOf, startOfDay } from '#model'
import type { ActivityRule, CompiledMapping } from '../mapping/types.ts'
import type { Connection } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import { itemOf } from './mappings/try-mappings.ts'
import type { EntityKind, TouchpointDay } from './ports.ts'
import { loadOptions, loadSubjects } from './project.ts'
import { DEFAULT_QUOTA_SHARE } from './sending/quota.ts'
import { knownLimit } from './sending/usage.ts'

/** What one activity rule costs a day, by the touchpoints of the last weeks. */
export interface ForecastRule {
  destination: string
  /** CRM object of the timeline entry. */
  as: string
  kind: string
  policy: ActivityRule['policy']
  /** file:line */
  from: string
  /** The mapping has mode: off. */
  isOff: boolean
  /** Touchpoints a day of people (or companies) that the mapping admits, on average and on the busiest day. */
  touchpoints: number
  busiest: number
  /** API calls a day: as the rule stands, and as it would be. */
  calls: number
  callsAs: { log_each: number; daily_digest: number }
  /** What the calls take of the CRM's daily limit; absent before the CRM has told. */
  percentOfDay?: number
}

export interface ForecastTotal {
  destination: string
  /** API calls a day for the timeline, rules of mappings that are off not counted. */
  calls: number
  /** The CRM's daily limit and what the calls take of it; absent before the CRM has told. */
  limit?: number
  percentOfDay?: number
}

export interface Forecast {
  /** Whole UTC days that were looked at; 0 where nothing has been received yet. */
  days: number
  rules: ForecastRule[]
  totals: ForecastTotal[]
  /** Rules that take more calls than we may make in a day, each with a cheaper policy. */
  warnings: string[]
}

const DAYS = 30
const SAMPLE = 500
/** People, and companies, whose touchpoints are counted: of more, this many by chance. */
const COUNTED = 20_000

/**
 * The timeline's share of a CRM's daily quota before it is switched on: from the counts of whole days, the share of
 * touchpoints that a mapping admits (by a sample of people), the sizes of batches and the lane's deadline. Reads the
 * store only.
 */
export async function forecast(deps: EngineDeps): Promise<Forecast> {
  const today = dayOf(deps.clock.now())
  const counted = await deps.store.inspect.touchpointDays({ sinceDay: today - DAYS, most: COUNTED })
  const rows = counted.days.filter(({ day }) => day < today).map((row) => estimated(row, counted.share))
  const first = rows.reduce((least, { day }) => Math.min(least, day), today)
  const days = today - first
  const rules: ForecastRule[] = []
  for (const mapping of deps.mappings()) {
    const connection = deps.connections.get(mapping.destination)
    if (!connection?.connector.destination || mapping.from === 'quote' || mapping.activities.length === 0)
      continue
    const share = await sharesOf(deps, mapping, first)
    for (const rule of mapping.activities) {
      const own = rows.filter((row) => row.entityKind === mapping.from && row.kind === rule.kind)
      rules.push(ruleOf(deps, connection, mapping, rule, own, days, share(rule.kind)))
    }
  }
  const limits = new Map<string, number | undefined>()
  for (const { destination } of rules)
    if (!limits.has(destination))
      limits.set(destination, await knownLimit(deps, deps.connections.get(destination)!))
  const withShare = rules.map((rule) => ({ ...rule, ...shareOf(rule.calls, limits.get(rule.destination)) }))
  const totals = totalsOf(rules, limits)
  return { days, rules: withShare, totals, warnings: warningsOf(deps, rules, totals) }
}

function estimated(row: TouchpointDay, share: Record<EntityKind, number>): TouchpointDay {
  const times = 1 / share[row.entityKind]
  return { ...row, count: row.count * times, entities: row.entities * times }
}

function ruleOf(
  deps: EngineDeps,
  connection: Connection,
  mapping: CompiledMapping,
  rule: ActivityRule,
  rows: TouchpointDay[],
  days: number,
  share: number,
): ForecastRule {
  const perDay = (sum: number) => (days === 0 ? 0 : (sum / days) * share)
  const touchpoints = perDay(rows.reduce((sum, { count }) => sum + count, 0))
  // A digest is sent at the deadline and, if the day brings more, once more at its end.
  const digests = perDay(
    rows.reduce((sum, { count, entities }) => sum + entities + Math.min(entities, count - entities), 0),
  )
  const callsAs = {
    log_each: callsFor(deps, connection, rule.as, touchpoints),
    daily_digest: callsFor(deps, connection, rule.as, digests),
  }
  return {
    destination: mapping.destination,
    as: rule.as,
    kind: rule.kind,
    policy: rule.policy,
    from: rule.from,
    isOff: mapping.mode === 'off',
    touchpoints: Math.round(touchpoints),
    busiest: Math.round(Math.max(0, ...rows.map(({ count }) => count)) * share),
    calls: rule.policy === 'counter_only' ? 0 : callsAs[rule.policy],
    callsAs,
  }
}

/** A batch leaves when it is full or when the oldest entry in it is due, whichever comes first. */
function callsFor({ lanes }: EngineDeps, { connector }: Connection, as: string, entries: number): number {
  const batchSize = connector.destination!.objects[as]?.batchSize ?? 1
  const deadlines = lanes.touchpoint > 0 ? DAY_MS / lanes.touchpoint : Number.POSITIVE_INFINITY
  return Math.ceil(Math.min(entries, deadlines + entries / batchSize))
}

/** Of the touchpoints of a kind, how many belong to whom the mapping's `when` admits. */
async function sharesOf(
  deps: EngineDeps,
  mapping: CompiledMapping,
  sinceDay: number,
): Promise<(kind: string) => number> {
  const ids = await deps.store.inspect.activeSince({
    kind: mapping.from,
    since: startOfDay(sinceDay),
    limit: SAMPLE,
    isKnown: true,
  })
  const { sinceDay: oldest, ...load } = loadOptions([mapping], deps.clock.now())
  // A condition may look further back than the forecast does, or at all days.
  const isBounded = oldest !== undefined || mapping.windows.length === 0
  const { subjects } = await loadSubjects(
    deps,
    mapping.from,
    ids.map((id) => itemOf(mapping.from, id)),
    {
      ...load,
      withTouchpoints: true,
      ...(isBounded ? { sinceDay: Math.min(sinceDay, oldest ?? sinceDay) } : {}),
    },
  )
  const all = new Map<string, number>()
  const admitted = new Map<string, number>()
  let visible = 0
  for (const { view } of subjects) {
    const isAdmitted = mapping.evaluate(view) !== undefined
    if (isAdmitted) visible++
    for (const { kind, count, day } of view.touchpoints) {
      if (day < sinceDay) continue
      all.set(kind, (all.get(kind) ?? 0) + count)
      if (isAdmitted) admitted.set(kind, (admitted.get(kind) ?? 0) + count)
    }
  }
  return (kind) => {
    const count = all.get(kind) ?? 0
    if (count > 0) return (admitted.get(kind) ?? 0) / count
    return subjects.length === 0 ? 1 : visible / subjects.length
  }
}

const percent = (calls: number, limit: number): number => Math.round((1000 * calls) / limit) / 10

const shareOf = (calls: number, limit: number | undefined): { percentOfDay?: number } =>
  limit === undefined ? {} : { percentOfDay: percent(calls, limit) }

const totalsOf = (rules: ForecastRule[], limits: ReadonlyMap<string, number | undefined>): ForecastTotal[] =>
  [...Map.groupBy(rules, ({ destination }) => destination)].map(([destination, own]) => {
    const calls = own.reduce((sum, rule) => sum + (rule.isOff ? 0 : rule.calls), 0)
    const limit = limits.get(destination)
    return { destination, calls, ...(limit === undefined ? {} : { limit }), ...shareOf(calls, limit) }
  })

/** What takes more than our share of the day's calls would fall behind for ever. */
function warningsOf({ connections }: EngineDeps, rules: ForecastRule[], totals: ForecastTotal[]): string[] {
  return totals.flatMap(({ destination, calls, limit }) => {
    if (limit === undefined) return []
    const share = connections.get(destination)?.quotaShare ?? DEFAULT_QUOTA_SHARE
    const budget = (limit * share) / 100
    const describe = (what: string, count: number) =>
      `${destination}: ${what} about ${shown(count)} API calls a day, ${percent(count, limit)} % of the daily limit of ${shown(limit)} (quotaShare allows ${share} %)`
    const own = rules.filter((rule) => rule.destination === destination).sort((a, b) => b.calls - a.calls)
    const tooMuch = own.filter((rule) => rule.calls > budget)
    if (tooMuch.length > 0)
      return tooMuch.map(
        (rule) =>
          `${describe(`${rule.kind} as ${rule.policy} ${rule.isOff ? 'would take' : 'takes'}`, rule.calls)}; ${cheaper(rule, budget)} (${rule.from})`,
      )
    const [most] = own.filter((rule) => !rule.isOff)
    if (!most || calls <= budget) return []
    return [
      `${describe('all activities together take', calls)}; most of them for ${most.kind} as ${most.policy}: ${cheaper(most, budget)} (${most.from})`,
    ]
  })
}

function cheaper({ policy, callsAs }: ForecastRule, budget: number): string {
  const digest = `policy: daily_digest would take ${shown(callsAs.daily_digest)}`
  const none = 'policy: counter_only takes none'
  if (policy !== 'log_each' || callsAs.daily_digest >= callsAs.log_each) return none
  return callsAs.daily_digest > budget ? `${digest}, ${none}` : digest
}

const shown = (value: number): string => value.toLocaleString('en')
