import { isEmpty } from '../deciding/same-value.ts'
import { USER_MISSES } from '../deciding/users.ts'
import type { EngineDeps } from '../deps.ts'
import type { Forecast } from '../forecast.ts'
import { quotaOf } from '../sending/quota.ts'
import type { Thresholds } from '../sending/thresholds.ts'
import type { PlannedAction, PlannedField, PlannedOperation } from './plan-operations.ts'

export interface PlanTotal {
  destination: string
  object: string
  action: PlannedAction
  count: number
}

export interface PlanCalls {
  destination: string
  /** Calls that applying the plan takes, about. */
  reads: number
  writes: number
  /** Calls that are left today, and the share of the day's limit that the plan takes; absent where the CRM does not tell. */
  left?: number
  percentOfDay?: number
}

export interface PlanSummary {
  totals: PlanTotal[]
  calls: PlanCalls[]
  /** What an administrator should know before applying. */
  warnings: string[]
  /** Thresholds that the plan is above; `apply` sends nothing then. */
  exceeded: string[]
  /** What the timeline will cost from day to day. */
  timeline?: Forecast
}

/** Actions that `apply` sends. */
export const WRITES: ReadonlySet<PlannedAction> = new Set(['create', 'adopt', 'update', 'log', 'wait'])
const UPSERTS: ReadonlySet<PlannedAction> = new Set(['create', 'adopt', 'update'])

/** Counts planned operations as they come, and keeps none of them. */
export interface SummaryUnderWay {
  add(operations: PlannedOperation[]): void
  end(): Promise<PlanSummary>
}

export function startSummary(deps: EngineDeps, thresholds: Thresholds): SummaryUnderWay {
  const tally: Tally = {
    totals: new Map(),
    conflicts: 0,
    misses: new Map(),
    held: new Map(),
    nulls: 0,
    owners: 0,
  }
  return {
    add: (operations) => {
      for (const operation of operations) count(deps, tally, operation)
    },
    async end() {
      const totals = [...tally.totals.values()]
      const calls = callsOf(deps, totals)
      return {
        totals,
        calls,
        warnings: warningsOf(tally, calls),
        exceeded: await exceededBy(deps, tally, totals, thresholds),
      }
    },
  }
}

interface Tally {
  totals: Map<string, PlanTotal>
  /** Records with fields that somebody changed in the CRM. */
  conflicts: number
  /** Which e-mail of which field found no user → in how many records. */
  misses: Map<string, number>
  /** Held records by destination and object, and why the first one is. */
  held: Map<string, { count: number; reason: string }>
  /** Fields that would be cleared, and records that would get another owner. */
  nulls: number
  owners: number
}

function count(deps: EngineDeps, tally: Tally, operation: PlannedOperation): void {
  const { destination, object, action, fields, reason } = operation
  const key = JSON.stringify([destination, object, action])
  const total = tally.totals.get(key) ?? { destination, object, action, count: 0 }
  total.count++
  tally.totals.set(key, total)
  let isAtOdds = false
  for (const field of fields) {
    if (isMiss(field)) {
      const what = `${destination} ${object}.${field.field}: ${field.after} (${field.reason})`
      tally.misses.set(what, (tally.misses.get(what) ?? 0) + 1)
    } else if (field.decision === 'hold') isAtOdds = true
  }
  if (isAtOdds) tally.conflicts++
  if (action === 'hold' && reason) {
    const held = tally.held.get(`${destination} ${object}`) ?? { count: 0, reason }
    held.count++
    tally.held.set(`${destination} ${object}`, held)
  }
  if (!UPSERTS.has(action)) return
  tally.nulls += fields.filter(isCleared).length
  if (changesOwner(deps, operation)) tally.owners++
}

function callsOf(deps: EngineDeps, totals: PlanTotal[]): PlanCalls[] {
  return [...Map.groupBy(totals, (t) => t.destination)].map(([destination, own]) => {
    const connection = deps.connections.get(destination)!
    let [reads, writes] = [0, 0]
    for (const [object, counts] of Map.groupBy(own, (t) => t.object)) {
      const spec = connection.connector.destination!.objects[object]!
      const count = (actions: PlannedAction[]) =>
        counts.filter((c) => actions.includes(c.action)).reduce((sum, c) => sum + c.count, 0)
      reads += Math.ceil(count(['create', 'adopt', 'update', 'skip', 'hold']) / spec.readSize)
      writes +=
        Math.ceil(count(['update', 'adopt']) / spec.batchSize) +
        Math.ceil(count(['create', 'log', 'wait']) / spec.batchSize)
    }
    const quota = quotaOf(connection)
    if (!quota) return { destination, reads, writes }
    const percentOfDay = Math.round((1000 * (reads + writes)) / quota.limit) / 10
    return { destination, reads, writes, left: Math.max(0, quota.limit - quota.used), percentOfDay }
  })
}

function warningsOf({ conflicts, misses, held }: Tally, calls: PlanCalls[]): string[] {
  const warnings = calls
    .filter(({ left, reads, writes }) => left !== undefined && reads + writes > left)
    .map(
      ({ destination, left, reads, writes }) =>
        `${destination} has ${left} API calls left today; the plan needs about ${reads + writes}, the rest waits for the next window`,
    )
  if (conflicts > 0)
    warnings.push(`${conflicts} records have fields that somebody changed in the CRM: they are held`)
  for (const [what, records] of misses) warnings.push(`${what} names no active user, in ${records} records`)
  for (const [what, { count: records, reason }] of held)
    warnings.push(`${what}: ${records} held, the first because ${reason}`)
  return warnings
}

const isMiss = ({ reason }: PlannedField): boolean => reason !== undefined && USER_MISSES.has(reason)

const isCleared = ({ decision, after, before }: PlannedField): boolean =>
  decision === 'write' && isEmpty(after) && !isEmpty(before)

async function exceededBy(
  deps: EngineDeps,
  { nulls, owners }: Tally,
  totals: PlanTotal[],
  { maxCreates, maxNulls, maxOwnerChanges, maxPercent }: Thresholds,
): Promise<string[]> {
  const exceeded: string[] = []
  const creates = totals.filter((t) => t.action === 'create').reduce((sum, t) => sum + t.count, 0)
  if (maxCreates !== undefined && creates > maxCreates)
    exceeded.push(`${creates} records would be created; maxCreates is ${maxCreates}`)
  if (maxNulls !== undefined && nulls > maxNulls)
    exceeded.push(`${nulls} fields would be cleared; maxNulls is ${maxNulls}`)
  if (maxOwnerChanges !== undefined && owners > maxOwnerChanges)
    exceeded.push(`${owners} records would get another owner; maxOwnerChanges is ${maxOwnerChanges}`)

  if (maxPercent === undefined) return exceeded
  const touched = totals.filter((t) => t.action === 'update' || t.action === 'adopt')
  for (const [destination, own] of Map.groupBy(touched, (t) => t.destination)) {
    const known = new Map(
      (await deps.store.project.inCrm(destination)).map(({ object, count }) => [object, count]),
    )
    for (const [object, group] of Map.groupBy(own, (t) => t.object)) {
      const count = group.reduce((sum, t) => sum + t.count, 0)
      const total = Math.max(known.get(object) ?? 0, count)
      const percent = (100 * count) / total
      if (percent > maxPercent)
        exceeded.push(
          `${percent.toFixed(1)} % of the ${total} known ${destination} ${object} records would be written to; maxPercent is ${maxPercent}`,
        )
    }
  }
  return exceeded
}

function changesOwner(deps: EngineDeps, { destination, object, fields, action }: PlannedOperation): boolean {
  const owner = deps.connections.get(destination)?.connector.destination?.objects[object]?.ownerField
  return (
    owner !== undefined &&
    action !== 'create' &&
    fields.some((f) => f.field === owner && f.decision === 'write')
  )
}
