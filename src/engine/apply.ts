import { contextOf } from './connection.ts'
import type { ReadyOperation } from './deciding/prepared.ts'
import { sameValue } from './deciding/same-value.ts'
import type { EngineDeps } from './deps.ts'
import type { Engine } from './engine.ts'
import { PLAN_CHUNK, type Plan } from './plan.ts'
import { actionOf, fingerprintOf, type PlannedOperation, planOperations } from './planning/plan-operations.ts'
import { WRITES } from './planning/plan-summary.ts'
import type { Operation } from './ports.ts'
import { linkKey } from './projecting/propose.ts'
import { deliverOperations } from './sending/deliver-operations.ts'
import { OPERATION_LEASE_MS } from './sending/leases.ts'
import { putBack } from './sending/pause.ts'

export interface AppliedPlan {
  sent: number
  /** Operations that changed, or whose CRM record changed, or that are gone; they were not sent. */
  stale: string[]
  /** What is to be done about those of them that are still wanted, as of now. */
  replanned: PlannedOperation[]
}

/** Sends exactly the planned operations, as long as they and their CRM records still are what the plan says. */
export async function applyPlan(
  engine: Engine,
  plan: Plan,
  options: { signal: AbortSignal; run: string },
): Promise<AppliedPlan> {
  const { deps } = engine
  const applied: AppliedPlan = { sent: 0, stale: [], replanned: [] }
  const wanted = plan.operations.filter((o) => WRITES.has(o.action))
  for (const [destination, own] of Map.groupBy(wanted, (o) => o.destination)) {
    const objects = deps.connections.get(destination)?.connector.destination?.objects
    if (!objects) {
      applied.stale.push(...own.map((o) => o.id))
      continue
    }
    const ranked = [...Map.groupBy(own, (o) => o.object)].sort(
      ([a], [b]) => (objects[a]?.rank ?? 0) - (objects[b]?.rank ?? 0),
    )
    await applyTo(deps, destination, ranked, options, applied)
  }
  return applied
}

async function applyTo(
  deps: EngineDeps,
  destination: string,
  ranked: [string, PlannedOperation[]][],
  { signal, run }: { signal: AbortSignal; run: string },
  applied: AppliedPlan,
): Promise<void> {
  const ctx = contextOf(deps.connections.get(destination)!, { ...deps, signal })
  for (const [object, group] of ranked) {
    for (let i = 0; i < group.length; i += PLAN_CHUNK) {
      if (signal.aborted) return
      const planned = new Map(group.slice(i, i + PLAN_CHUNK).map((o) => [o.id, o]))
      const now = deps.clock.now()
      const claimed = await deps.store.deliver.claim({
        destination,
        object,
        limit: PLAN_CHUNK,
        now,
        leaseUntil: now + OPERATION_LEASE_MS,
        run,
        ids: [...planned.keys()],
      })
      const isAsPlanned = (o: Operation) => fingerprintOf(o) === planned.get(o.id)?.fingerprint
      const changed = claimed.filter((o) => !isAsPlanned(o))
      const gone = new Set(planned.keys())
      for (const { id } of claimed) gone.delete(id)
      await putBack(deps, changed, now)
      const delivered = await deliverOperations(deps, ctx, object, claimed.filter(isAsPlanned), {
        mayLeave: (ready) => isRecordAsPlanned(ready, planned.get(ready.operation.id)!),
      })
      applied.sent += delivered.settled
      const stale = [...changed, ...delivered.refused]
      applied.stale.push(...gone, ...stale.map((o) => o.id))
      if (stale.length > 0) applied.replanned.push(...(await planOperations(deps, stale, signal)))
      if (delivered.isStopped) return
    }
  }
}

/** Whether the CRM record still is what the plan was made against: found in the same way, with the same values. */
function isRecordAsPlanned({ operation, write, fields }: ReadyOperation, planned: PlannedOperation): boolean {
  // What waited for its parent had not been looked at.
  if (planned.action === 'wait') return true
  if (actionOf(operation, write) !== planned.action || write.crmId !== planned.crmId) return false
  if (operation.kind === 'activity') return true
  const references = new Set(operation.links.map(linkKey))
  const leaving = Object.keys(fields).filter((name) => name in write.fields && !references.has(name))
  const writes = new Map(
    planned.fields
      .filter(({ field, decision }) => decision === 'write' && !references.has(field))
      .map(({ field, before }) => [field, before]),
  )
  return (
    leaving.length === writes.size &&
    leaving.every((name) => writes.has(name) && sameValue(fields[name]!.before, writes.get(name)))
  )
}
