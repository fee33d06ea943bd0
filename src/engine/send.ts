import { type ConnectorContext, HubError, isRetryable, reportOf, type WriteResult } from '#kit'
import { backoffMs } from './backoff.ts'
import type { EngineDeps } from './engine.ts'
import type { Delivery, LiveRow, OperationResult } from './ports.ts'
import type { ReadyOperation } from './prepare.ts'

const MAX_ATTEMPTS = 12

/** Sends one batch and commits the outcome of every item. Throws only where nothing can be said of any of them. */
export async function sendBatch(deps: EngineDeps, ctx: ConnectorContext<Record<string, unknown>>, object: string, batch: ReadyOperation[]): Promise<void> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  const outcomes = await api.upsert(ctx, object, batch.map(({ write }) => write))
  if (outcomes.length !== batch.length) {
    throw new Error(`${ctx.connection} answered ${outcomes.length} results for ${batch.length} operations`)
  }
  const now = deps.clock.now()
  const results = batch.map((item, i) => toResult(deps, item, outcomes[i]!, now))
  const deliveries: Delivery[] = batch.map(({ operation }, i) => ({
    operation: operation.id,
    attempt: operation.attempts,
    status: outcomes[i]!.status,
    at: now,
    ...excerptOf(outcomes[i]!),
  }))
  const live: LiveRow[] = batch.flatMap(({ operation, write }, i) => {
    const outcome = outcomes[i]!
    if (outcome.status !== 'written' || operation.kind === 'activity') return []
    return { destination: ctx.connection, object, crmId: outcome.crmId, fields: write.fields, seenAt: now }
  })
  await deps.store.deliver.finish({ now, results, deliveries, live, redirects: [] })
}

function toResult(deps: EngineDeps, { operation, fields }: ReadyOperation, outcome: WriteResult, now: number): OperationResult {
  const { id } = operation
  if (outcome.status === 'written') return { id, outcome: 'done', crmId: outcome.crmId, created: outcome.created, fields }
  if (outcome.status === 'skipped') return { id, outcome: 'skipped', fields: {}, ...(outcome.crmId ? { crmId: outcome.crmId } : {}) }
  const { error } = outcome
  const report = reportOf(error)
  if (isRetryable(error) && operation.attempts < MAX_ATTEMPTS) {
    const wait = error.details.retryAfterMs ?? backoffMs(operation.attempts, deps.random)
    return { id, outcome: 'retry', fields: {}, notBefore: now + wait, error: report }
  }
  return { id, outcome: 'dead', fields: {}, error: report }
}

function excerptOf(outcome: WriteResult): { excerpt?: string } {
  if (outcome.status === 'written') return {}
  const text = outcome.status === 'skipped' ? outcome.reason : outcome.error instanceof HubError ? outcome.error.message : String(outcome.error)
  return { excerpt: text.slice(0, 500) }
}
