import { DAY_MS, dayOf, startOfDay } from '#model'
import type { ActivityRule, CompiledMapping } from '../mapping/types.ts'
import type { Connection } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import type { TouchpointDay } from './ports.ts'
import { loadOptions, loadSubjects } from './project.ts'
import { quotaOf } from './quota.ts'
import { itemOf } from './try-mappings.ts'

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
}

const DAYS = 30
const SAMPLE = 500

/**
 * The timeline's share of a CRM's daily quota before it is switched on: from the counts of whole days, the share of
 * touchpoints that a mapping admits (by a sample of people), the sizes of batches and the lane's deadline. Reads the
 * store only.
 */
export async function forecast(deps: EngineDeps): Promise<Forecast> {
  const today = dayOf(deps.clock.now())
  const rows = (await deps.store.inspect.touchpointDays(today - DAYS)).filter(({ day }) => day < today)
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
  return { days, rules, totals: totalsOf(deps, rules) }
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

function totalsOf(deps: EngineDeps, rules: ForecastRule[]): ForecastTotal[] {
  return [...Map.groupBy(rules, ({ destination }) => destination)].map(([destination, own]) => {
    const calls = own.reduce((sum, rule) => sum + (rule.isOff ? 0 : rule.calls), 0)
    const quota = quotaOf(deps.connections.get(destination)!)
    if (!quota) return { destination, calls }
    return {
      destination,
      calls,
      limit: quota.limit,
      percentOfDay: Math.round((1000 * calls) / quota.limit) / 10,
    }
  })
}
