import type { EngineDeps } from './deps.ts'
import type { PlannedAction, PlannedField, PlannedOperation } from './plan.ts'
import { quotaOf } from './quota.ts'
import { isEmpty } from './same-value.ts'
import { USER_MISSES } from './users.ts'

/** Limits of a plan; above any of them `plan` ends with exit code 3 and `apply` sends nothing. */
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

interface Summary {
  totals: PlanTotal[]
  calls: PlanCalls[]
  warnings: string[]
  exceeded: string[]
}

/** Actions that `apply` sends. */
export const WRITES: ReadonlySet<PlannedAction> = new Set(['create', 'adopt', 'update', 'log', 'wait'])
const UPSERTS: ReadonlySet<PlannedAction> = new Set(['create', 'adopt', 'update'])

export async function summarise(
  deps: EngineDeps,
  operations: PlannedOperation[],
  thresholds: Thresholds,
): Promise<Summary> {
  const totals = totalsOf(operations)
  const calls = callsOf(deps, totals)
  return {
    totals,
    calls,
    warnings: warningsOf(operations, calls),
    exceeded: await exceededBy(deps, operations, totals, thresholds),
  }
}

function totalsOf(operations: PlannedOperation[]): PlanTotal[] {
  const totals = new Map<string, PlanTotal>()
  for (const { destination, object, action } of operations) {
    const key = JSON.stringify([destination, object, action])
    const total = totals.get(key) ?? { destination, object, action, count: 0 }
    total.count++
    totals.set(key, total)
  }
  return [...totals.values()]
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

function warningsOf(operations: PlannedOperation[], calls: PlanCalls[]): string[] {
  const warnings = calls
    .filter(({ left, reads, writes }) => left !== undefined && reads + writes > left)
    .map(
      ({ destination, left, reads, writes }) =>
        `${destination} has ${left} API calls left today; the plan needs about ${reads + writes}, the rest waits for the next window`,
    )
  const isMiss = ({ reason }: PlannedField) => reason !== undefined && USER_MISSES.has(reason)
  const conflicts = operations.filter((o) => o.fields.some((f) => f.decision === 'hold' && !isMiss(f)))
  if (conflicts.length > 0)
    warnings.push(`${conflicts.length} records have fields that somebody changed in the CRM: they are held`)
  const misses = operations.flatMap(({ destination, object, fields }) =>
    fields.filter(isMiss).map((f) => ({ ...f, subject: `${destination} ${object}.${f.field}` })),
  )
  for (const [what, group] of Map.groupBy(misses, (f) => `${f.subject}: ${f.after} (${f.reason})`))
    warnings.push(`${what} names no active user, in ${group.length} records`)
  const held = operations.filter((o) => o.action === 'hold' && o.reason)
  for (const [reason, group] of Map.groupBy(held, (o) => `${o.destination} ${o.object}`))
    warnings.push(`${reason}: ${group.length} held, the first because ${group[0]!.reason}`)
  return warnings
}

const isCleared = ({ decision, after, before }: PlannedField): boolean =>
  decision === 'write' && isEmpty(after) && !isEmpty(before)

async function exceededBy(
  deps: EngineDeps,
  operations: PlannedOperation[],
  totals: PlanTotal[],
  { maxCreates, maxNulls, maxOwnerChanges, maxPercent }: Thresholds,
): Promise<string[]> {
  const exceeded: string[] = []
  const upserts = operations.filter((o) => UPSERTS.has(o.action))
  const creates = upserts.filter((o) => o.action === 'create').length
  if (maxCreates !== undefined && creates > maxCreates)
    exceeded.push(`${creates} records would be created; maxCreates is ${maxCreates}`)

  const nulls = upserts.flatMap((o) => o.fields).filter(isCleared).length
  if (maxNulls !== undefined && nulls > maxNulls)
    exceeded.push(`${nulls} fields would be cleared; maxNulls is ${maxNulls}`)

  const owners = upserts.filter((o) => changesOwner(deps, o)).length
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
