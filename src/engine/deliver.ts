import { type ConnectorContext, HubError, RateLimitError, reportOf } from '#kit'
import { contextOf } from './connection.ts'
import { backoffMs } from './backoff.ts'
import type { EngineDeps, StepOptions, StepResult } from './engine.ts'
import type { Operation, OperationResult } from './ports.ts'
import { prepare, type Prepared } from './prepare.ts'
import { sendBatch } from './send.ts'

const LEASE_MS = 5 * 60_000

/**
 * When a connection may be called again: quota used up, credentials refused. By its configuration, which outlives the
 * engines of a Worker's invocations.
 */
const pausedUntil = new WeakMap<object, number>()

/**
 * Sends what is full or due: per destination one object after the other, parents before children; every result is read
 * item by item and committed together with what the record now holds.
 */
export async function deliver(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  await deps.store.deliver.reclaim(now)
  const destinations = [...deps.connections.values()].filter((c) => c.connector.destination)
  const results = await Promise.all(destinations.map(({ name }) => deliverTo(deps, name, options)))
  return { done: results.reduce((n, r) => n + r.done, 0), more: results.some((r) => r.more) }
}

async function deliverTo(deps: EngineDeps, destination: string, options: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  const connection = deps.connections.get(destination)!
  if ((pausedUntil.get(connection.config) ?? 0) > now) return { done: 0, more: false }

  const objects = Object.entries(connection.connector.destination!.objects).sort(([, a], [, b]) => a.rank - b.rank)
  const depths = new Map((await deps.store.deliver.depths(destination, now)).map((d) => [d.object, d]))
  let done = 0
  let more = false
  for (const [object, spec] of objects) {
    const depth = depths.get(object)
    if (!depth || depth.ready === 0) continue
    // Full batches always leave; a part-filled one leaves when its lane's deadline has come.
    const isDue = options.flush || depth.due > 0
    const wanted = isDue ? depth.ready : Math.floor(depth.ready / spec.batchSize) * spec.batchSize
    const limit = Math.min(wanted, Math.max(spec.readSize, spec.batchSize))
    if (limit === 0) continue
    const operations = await deps.store.deliver.claim({
      destination, object, limit, now, leaseUntil: now + LEASE_MS, ...(options.run ? { run: options.run } : {}),
    })
    if (operations.length === 0) continue
    const ctx = contextOf(connection, { ...deps, signal: options.signal })
    const isStopped = await deliverOperations(deps, ctx, object, operations, (until) => pausedUntil.set(connection.config, until))
    done += operations.length
    more ||= wanted > operations.length
    // Everything is on its way out: parents first, so that no child comes before its parent only to wait for it.
    if (options.flush && wanted > operations.length) return { done, more }
    if (isStopped) return { done, more: false }
  }
  return { done, more }
}

/** Returns true where the destination must be left alone for a while. */
export async function deliverOperations(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  operations: Operation[],
  pause: (until: number) => void,
): Promise<boolean> {
  let prepared: Prepared
  try {
    prepared = await prepare(deps, ctx, object, operations)
  } catch (error) {
    return await putBack(deps, operations, error, pause)
  }
  const { finish } = deps.store.deliver
  if (prepared.results.length > 0) {
    await finish({ now: deps.clock.now(), results: prepared.results, deliveries: [], live: prepared.live, redirects: prepared.redirects })
  }
  const { batchSize } = deps.connections.get(ctx.connection)!.connector.destination!.objects[object]!
  for (let i = 0; i < prepared.ready.length; i += batchSize) {
    const batch = prepared.ready.slice(i, i + batchSize)
    try {
      await sendBatch(deps, ctx, object, batch)
    } catch (error) {
      return await putBack(deps, prepared.ready.slice(i).map((r) => r.operation), error, pause)
    }
  }
  return false
}

/**
 * The call as a whole failed, perhaps after the CRM had done its work: the same upserts are sent again later, which
 * changes nothing where they had succeeded.
 */
async function putBack(deps: EngineDeps, operations: Operation[], error: unknown, pause: (until: number) => void): Promise<boolean> {
  const now = deps.clock.now()
  const report = reportOf(error)
  const attempts = Math.max(...operations.map((o) => o.attempts))
  const asked = error instanceof HubError ? error.details.retryAfterMs : undefined
  const notBefore = now + (asked ?? backoffMs(attempts, deps.random))
  const results: OperationResult[] = operations.map(({ id }) => ({ id, outcome: 'retry', fields: {}, notBefore, error: report }))
  await deps.store.deliver.finish({ now, results, deliveries: [], live: [], redirects: [] })
  deps.log.warn('delivery put back', { operations: operations.length, error: report })
  if (!(error instanceof HubError)) throw error
  if (error instanceof RateLimitError || error.kind === 'auth' || error.kind === 'config') pause(notBefore)
  return true
}
