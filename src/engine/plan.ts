import { contextOf } from './connection.ts'
import { deliverOperations } from './deliver.ts'
import type { EngineDeps } from './deps.ts'
import type { Engine } from './engine.ts'
import { hashJson } from './hash.ts'
import type { Operation } from './ports.ts'
import { prepare } from './prepare.ts'

export interface PlannedField {
  field: string
  /** CRM value now; absent for a record that does not exist yet. */
  before?: unknown
  after: unknown
  policy: string
  /** file:line of the mapping. */
  from: string
}

export interface PlannedOperation {
  id: string
  destination: string
  object: string
  entity: string
  externalId: string
  crmId?: string
  /** wait: its parent goes first, and is part of the plan. */
  action: 'create' | 'adopt' | 'update' | 'log' | 'wait' | 'skip' | 'hold'
  fields: PlannedField[]
  reason?: string
  /** Of the operation as planned; `apply` refuses an operation that has changed since. */
  fingerprint: string
}

export interface Plan {
  version: 1
  createdAt: string
  operations: PlannedOperation[]
  totals: { destination: string; object: string; action: PlannedOperation['action']; count: number }[]
  /** Write calls needed, by destination. */
  calls: Record<string, number>
  exceeded: string[]
}

export interface Thresholds {
  maxCreates?: number
  maxNulls?: number
  maxPercent?: number
}

const CHUNK = 500

/** What delivery would do now, against the CRM's current values, without sending anything. */
export async function makePlan(
  engine: Engine,
  options: { signal: AbortSignal; thresholds: Thresholds },
): Promise<Plan> {
  const { deps } = engine
  const plan: Plan = {
    version: 1,
    createdAt: new Date(deps.clock.now()).toISOString(),
    operations: [],
    totals: [],
    calls: {},
    exceeded: [],
  }
  for (const connection of deps.connections.values()) {
    if (!connection.connector.destination) continue
    const ctx = contextOf(connection, { ...deps, signal: options.signal })
    let afterId: string | undefined
    for (;;) {
      const operations = await deps.store.deliver.peek({
        destination: connection.name,
        limit: CHUNK,
        ...(afterId ? { afterId } : {}),
      })
      if (operations.length === 0) break
      afterId = operations.at(-1)!.id
      for (const [object, group] of Map.groupBy(operations, (o) => o.object)) {
        plan.operations.push(...(await planGroup(deps, ctx, object, group)))
      }
    }
  }
  summarise(deps, plan, options.thresholds)
  return plan
}

async function planGroup(
  deps: EngineDeps,
  ctx: ReturnType<typeof contextOf>,
  object: string,
  operations: Operation[],
): Promise<PlannedOperation[]> {
  const { ready, results } = await prepare(deps, ctx, object, operations, { isDry: true })
  const readyBy = new Map(ready.map((r) => [r.operation.id, r]))
  const resultBy = new Map(results.map((r) => [r.id, r]))
  return operations.map((operation) => {
    const { id, destination, entity, externalId } = operation
    const base = { id, destination, object, entity, externalId, fingerprint: fingerprintOf(operation) }
    const own = readyBy.get(id)
    if (own) {
      const { crmId, adopt } = own.write
      const action = operation.kind === 'activity' ? 'log' : adopt ? 'adopt' : crmId ? 'update' : 'create'
      const fields = Object.entries(own.fields).map(([field, f]) => ({ field, ...f }))
      return { ...base, action, fields, ...(crmId ? { crmId } : {}) }
    }
    const result = resultBy.get(id)
    const action = result?.outcome === 'retry' ? 'wait' : result?.outcome === 'skipped' ? 'skip' : 'hold'
    return { ...base, action, fields: [], ...(result?.error ? { reason: result.error.message } : {}) }
  })
}

export const fingerprintOf = (operation: Operation): string =>
  hashJson([operation.fields, operation.links, operation.activity ?? null])

const WRITES = new Set<PlannedOperation['action']>(['create', 'adopt', 'update', 'log', 'wait'])

function summarise(deps: EngineDeps, plan: Plan, thresholds: Thresholds): void {
  for (const [key, group] of Map.groupBy(
    plan.operations,
    (o) => `${o.destination}\u0000${o.object}\u0000${o.action}`,
  )) {
    const [destination, object, action] = key.split('\u0000') as [string, string, PlannedOperation['action']]
    plan.totals.push({ destination, object, action, count: group.length })
    const spec = deps.connections.get(destination)?.connector.destination?.objects[object]
    if (spec && WRITES.has(action))
      plan.calls[destination] = (plan.calls[destination] ?? 0) + Math.ceil(group.length / spec.batchSize)
  }
  const upserts = plan.operations.filter((o) => ['create', 'adopt', 'update'].includes(o.action))
  const creates = upserts.filter((o) => o.action === 'create').length
  const nulls = upserts
    .flatMap((o) => o.fields)
    .filter((f) => f.after === null && f.before !== null && f.before !== undefined).length
  if (thresholds.maxCreates !== undefined && creates > thresholds.maxCreates) {
    plan.exceeded.push(`${creates} records would be created; maxCreates is ${thresholds.maxCreates}`)
  }
  if (thresholds.maxNulls !== undefined && nulls > thresholds.maxNulls) {
    plan.exceeded.push(`${nulls} fields would be cleared; maxNulls is ${thresholds.maxNulls}`)
  }
  const percent = upserts.length === 0 ? 0 : (100 * creates) / upserts.length
  if (thresholds.maxPercent !== undefined && percent > thresholds.maxPercent) {
    plan.exceeded.push(
      `${percent.toFixed(1)} % of the records would be new; maxPercent is ${thresholds.maxPercent}`,
    )
  }
}

export interface AppliedPlan {
  sent: number
  /** Operations that changed or vanished since the plan was made; they were not sent. */
  stale: string[]
}

/** Sends exactly the planned operations that still are what the plan says. */
export async function applyPlan(
  engine: Engine,
  plan: Plan,
  options: { signal: AbortSignal; run: string },
): Promise<AppliedPlan> {
  const { deps } = engine
  const stale: string[] = []
  let sent = 0
  const wanted = plan.operations.filter((o) => WRITES.has(o.action))
  destinations: for (const [destination, own] of Map.groupBy(wanted, (o) => o.destination)) {
    const connection = deps.connections.get(destination)
    if (!connection?.connector.destination) {
      stale.push(...own.map((o) => o.id))
      continue
    }
    const { objects } = connection.connector.destination
    const ctx = contextOf(connection, { ...deps, signal: options.signal })
    const ranked = [...Map.groupBy(own, (o) => o.object)].sort(
      ([a], [b]) => (objects[a]?.rank ?? 0) - (objects[b]?.rank ?? 0),
    )
    for (const [object, group] of ranked) {
      for (let i = 0; i < group.length; i += CHUNK) {
        const fingerprints = new Map(group.slice(i, i + CHUNK).map((o) => [o.id, o.fingerprint]))
        const now = deps.clock.now()
        const claimed = await deps.store.deliver.claim({
          destination,
          object,
          limit: CHUNK,
          now,
          leaseUntil: now + 60_000,
          run: options.run,
          ids: [...fingerprints.keys()],
        })
        const valid = claimed.filter((o) => fingerprintOf(o) === fingerprints.get(o.id))
        const changed = claimed.filter((o) => fingerprintOf(o) !== fingerprints.get(o.id))
        const claimedIds = new Set(claimed.map((o) => o.id))
        stale.push(
          ...changed.map((o) => o.id),
          ...[...fingerprints.keys()].filter((id) => !claimedIds.has(id)),
        )
        const results = changed.map(({ id }) => ({
          id,
          outcome: 'retry' as const,
          fields: {},
          notBefore: now,
        }))
        if (results.length > 0)
          await deps.store.deliver.finish({ now, results, deliveries: [], live: [], redirects: [] })
        const delivered = await deliverOperations(deps, ctx, object, valid)
        sent += delivered.settled
        if (delivered.isStopped) continue destinations
      }
    }
  }
  return { sent, stale }
}
