import type { EngineDeps } from './deps.ts'
import type { Engine } from './engine.ts'
import { type PlannedOperation, planOperations } from './planning/plan-operations.ts'
import { type PlanSummary, startSummary } from './planning/plan-summary.ts'
import type { Thresholds } from './sending/thresholds.ts'

export interface Plan extends PlanSummary {
  version: typeof PLAN_VERSION
  createdAt: string
  operations: PlannedOperation[]
}

export const PLAN_VERSION = 2

/** Operations that are read, decided and handed on together: one read call of Salesforce. */
export const PLAN_CHUNK = 2_000

export interface PlanOptions {
  signal: AbortSignal
  thresholds: Thresholds
}

/**
 * What delivery would do now, against the CRM's current values, without sending anything: in pieces, so that a plan of any
 * size needs the memory of one. The summary is complete after the last piece.
 */
export async function* planPending(
  { deps }: Engine,
  { signal, thresholds }: PlanOptions,
): AsyncGenerator<PlannedOperation[], PlanSummary> {
  const summary = startSummary(deps, thresholds)
  for (const connection of deps.connections.values()) {
    if (!connection.connector.destination) continue
    for await (const planned of inTurn(deps, connection.name, signal)) {
      summary.add(planned)
      yield planned
    }
  }
  return await summary.end()
}

/** What is pending for one CRM, in its order. While one piece is handed on, the CRM is read for the next. */
async function* inTurn(
  deps: EngineDeps,
  destination: string,
  signal: AbortSignal,
): AsyncGenerator<PlannedOperation[]> {
  const piece = async (afterId?: string) => {
    const pending = await deps.store.deliver.peek({
      destination,
      limit: PLAN_CHUNK,
      ...(afterId ? { afterId } : {}),
    })
    return { lastId: pending.at(-1)?.id, planned: await planOperations(deps, pending, signal) }
  }
  let next = piece()
  try {
    for (;;) {
      const { lastId, planned } = await next
      if (lastId === undefined) return
      next = piece(lastId)
      // Until its turn comes nobody waits for it.
      next.catch(() => undefined)
      yield planned
    }
  } finally {
    await next.catch(() => undefined)
  }
}

/** A whole plan in memory. */
export async function makePlan(engine: Engine, options: PlanOptions): Promise<Plan> {
  const operations: PlannedOperation[] = []
  const pieces = planPending(engine, options)
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) return planOf(engine.deps, operations, value)
    operations.push(...value)
  }
}

/** The summary alone. */
export async function summarisePending(engine: Engine, options: PlanOptions): Promise<PlanSummary> {
  const pieces = planPending(engine, options)
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) return value
  }
}

/** Totals, calls, warnings and thresholds of planned operations. */
export async function completePlan(
  deps: EngineDeps,
  operations: PlannedOperation[],
  thresholds: Thresholds,
): Promise<Plan> {
  const summary = startSummary(deps, thresholds)
  summary.add(operations)
  return planOf(deps, operations, await summary.end())
}

const planOf = (deps: EngineDeps, operations: PlannedOperation[], summary: PlanSummary): Plan => ({
  version: PLAN_VERSION,
  createdAt: new Date(deps.clock.now()).toISOString(),
  operations,
  ...summary,
})
