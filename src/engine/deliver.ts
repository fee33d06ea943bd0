import { type ConnectorContext, HubError, type Lane } from '#kit'
import { workBulk } from './bulk/work.ts'
import { type Connection, contextOf } from './connection.ts'
import { runOfNow } from './delivery-runs.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { withoutRefusals } from './field-rules.ts'
import { isFirstReadUnderWay } from './first-read.ts'
import { OPERATION_LEASE_MS } from './leases.ts'
import { isPaused, pause, putBack, resume, unsent } from './pause.ts'
import type { Operation, QueueDepth } from './ports.ts'
import { prepare } from './prepare.ts'
import type { Prepared, ReadyOperation } from './prepared.ts'
import { lanesWithin } from './quota.ts'
import { sendBatches } from './send-batches.ts'
import type { ReadRecords } from './targets.ts'
import { type Gate, openGate } from './thresholds.ts'
import { isFieldProblem, setAsideMissingFields, withoutMissingFields } from './unknown-fields.ts'
import { verify } from './verify.ts'

/**
 * Sends what is full or due: per destination one object after the other, parents before children; every result is read
 * item by item and committed together with what the record now holds.
 */
export async function deliver(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  await deps.store.deliver.reclaim(now)
  const destinations = [...deps.connections.values()].filter((c) => c.connector.destination)
  const results = await Promise.all(destinations.map((connection) => deliverTo(deps, connection, options)))
  const more = results.some((r) => r.more)
  // What is still leaving is read back together with the rest.
  const readBack = await verify(deps, { signal: options.signal, flush: options.flush && !more })
  return { done: results.reduce((n, r) => n + r.done, 0) + readBack, more }
}

async function deliverTo(deps: EngineDeps, connection: Connection, given: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  const destination = connection.name
  if (isPaused(connection, now)) return { done: 0, more: false }

  const mayFill = given.flush || !(await isFirstReadUnderWay(deps))
  const lanes = lanesWithin(connection, now).filter((lane) => mayFill || lane !== 'backfill')
  if (lanes.length === 0) return { done: 0, more: false }

  const objects = Object.entries(connection.connector.destination!.objects).sort(
    ([, a], [, b]) => a.rank - b.rank,
  )
  const depths = new Map((await deps.store.deliver.depths(destination, now, lanes)).map((d) => [d.object, d]))
  const isReady = [...depths.values()].some((depth) => depth.ready > 0)
  const isContinuous = isReady && !given.run
  const options = isContinuous ? { ...given, run: await runOfNow(deps, destination) } : given
  // Whoever applies has seen a plan; what goes by itself is held to the thresholds.
  const gate = isContinuous ? await openGate(deps, connection) : undefined
  const isHeld = (object: string) => gate?.isHeld(object) ?? false
  const bulk = await workBulk(deps, connection, {
    lanes,
    depths,
    options,
    isHeld,
    deliverOperations: (own, ctx, object, operations, more) =>
      deliverOperations(own, ctx, object, operations, { ...more, ...(gate ? { gate } : {}) }),
  })
  let { done, more } = bulk
  if (bulk.isStopped) return { done, more: false }
  for (const [object, spec] of objects) {
    const all = depths.get(object)
    if (!all || all.ready === 0 || isHeld(object)) continue
    // Full batches always leave; a part-filled one leaves when its lane's deadline has come.
    const isDue = options.flush || all.due > 0
    // What a changed mapping asks for is collected until it is due, so that its size is known before it leaves.
    if (!isDue && gate?.isChanging(object)) continue
    const leaving = bulk.batchLanes(object, isDue) ?? lanes
    const depth =
      leaving.length === lanes.length
        ? all
        : await depthOf(deps, { destination, object, now, lanes: leaving })
    if (!depth) continue
    const wanted = isDue ? depth.ready : Math.floor(depth.ready / spec.batchSize) * spec.batchSize
    const limit = Math.min(wanted, Math.max(spec.readSize, spec.batchSize))
    if (limit === 0) continue
    const operations = await deps.store.deliver.claim({
      destination,
      object,
      limit,
      now,
      leaseUntil: now + OPERATION_LEASE_MS,
      lanes: leaving,
      ...(options.run ? { run: options.run } : {}),
    })
    if (operations.length === 0) continue
    const ctx = contextOf(connection, { ...deps, signal: options.signal })
    const ahead = wanted - operations.length
    const { isStopped } = await deliverOperations(deps, ctx, object, operations, {
      ahead,
      ...(gate ? { gate } : {}),
    })
    done += operations.length
    if (isStopped) return { done, more: false }
    more ||= wanted > operations.length
    // Everything is on its way out: parents first, so that no child comes before its parent only to wait for it.
    if (options.flush && wanted > operations.length) return { done, more }
  }
  return { done, more }
}

/** What is ready of some lanes of one object. */
async function depthOf(
  deps: EngineDeps,
  {
    destination,
    object,
    now,
    lanes,
  }: { destination: string; object: string; now: number; lanes: readonly Lane[] },
): Promise<QueueDepth | undefined> {
  if (lanes.length === 0) return undefined
  const depths = await deps.store.deliver.depths(destination, now, lanes)
  return depths.find((depth) => depth.object === object && depth.ready > 0)
}

export interface Delivered {
  /** Operations whose outcome is settled; the others were put back. */
  settled: number
  /** Operations that `mayLeave` refused. */
  refused: Operation[]
  /** The destination must be left alone for a while. */
  isStopped: boolean
}

export interface DeliveryOptions {
  /** Has the last word on an operation, after its record was read and before it is sent; refused ones are pending again. */
  mayLeave?: (ready: ReadyOperation) => boolean
  /** Operations of the object that wait behind these. */
  ahead?: number
  /** Every record is read, whatever the mappings say. `mayLeave` implies it. */
  isStrict?: boolean
  /** Tells what the CRM holds, instead of its API. */
  read?: ReadRecords
  /** Has a word on all of them together, after they were decided. */
  gate?: Gate
  /** Takes what another way carries; what it answers leaves in batches. */
  divert?: (ready: ReadyOperation[]) => Promise<ReadyOperation[]>
}

/** Sends claimed operations of one object, in batches. */
export async function deliverOperations(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  claimed: Operation[],
  options: DeliveryOptions = {},
): Promise<Delivered> {
  const operations = await withoutMissingFields(deps, ctx, object, claimed)
  if (operations.length === 0) return { settled: 0, refused: [], isStopped: false }
  let prepared: Prepared
  try {
    const { ahead = 0, isStrict = options.mayLeave !== undefined, read } = options
    prepared = await prepare(deps, ctx, object, operations, { ahead, isStrict, ...(read ? { read } : {}) })
  } catch (error) {
    return await recover(deps, ctx, object, operations, error, options)
  }
  const { mayLeave = () => true } = options
  const refused = prepared.ready.filter((own) => !mayLeave(own)).map((own) => own.operation)
  const { lawful, results: unlawful } = withoutRefusals(
    deps,
    ctx,
    object,
    prepared.ready.filter((own) => !refused.includes(own.operation)),
  )
  prepared.results.push(...unlawful)
  const ready = options.gate ? await options.gate.admit(object, lawful) : lawful
  const admitted = new Set(ready.map((own) => own.operation))
  const heldBack = lawful.filter((own) => !admitted.has(own.operation))
  prepared.results.push(...heldBack.map(({ operation }) => unsent(operation, deps.clock.now())))
  prepared.results.push(...refused.map((operation) => unsent(operation, deps.clock.now())))
  const { finish } = deps.store.deliver
  const { results, live, redirects, conflicts, settled: over, wake } = prepared
  if (prepared.doubtless.length > 0) await deps.store.deliver.announce(prepared.doubtless)
  if ([results, live, redirects, conflicts, over, wake].some((found) => found.length > 0)) {
    await finish({
      now: deps.clock.now(),
      results,
      deliveries: [],
      live,
      redirects,
      conflicts,
      settled: over,
      wake,
    })
  }
  const connection = deps.connections.get(ctx.connection)!
  const leaving = options.divert ? await options.divert(ready) : ready
  const { settled, gone, failure } = await sendBatches(deps, ctx, object, leaving)
  const done: Delivered = {
    settled: settled + prepared.results.filter((r) => r.outcome !== 'retry').length,
    refused,
    isStopped: false,
  }
  if (failure)
    return together(
      done,
      await recover(deps, ctx, object, [...gone, ...failure.unsent], failure.error, options),
    )
  resume(connection)
  if (gone.length === 0) return done
  return together(done, await deliverOperations(deps, ctx, object, gone, { ...options, isStrict: true }))
}

const together = (a: Delivered, b: Delivered): Delivered => ({
  settled: a.settled + b.settled,
  refused: [...a.refused, ...b.refused],
  isStopped: b.isStopped,
})

/** The call as a whole failed. A field that the CRM does not have concerns only those who write it; the others go on. */
async function recover(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  operations: Operation[],
  error: unknown,
  options: DeliveryOptions,
): Promise<Delivered> {
  if (isFieldProblem(error)) {
    const others = await setAsideMissingFields(deps, ctx, object, operations)
    if (others.length < operations.length) return await deliverOperations(deps, ctx, object, others, options)
  }
  if (error instanceof HubError && error.code === 'http.aborted') {
    // It is us who stop, not the destination: whoever goes on need not wait.
    await putBack(deps, operations, deps.clock.now())
  } else await waitFor(deps, deps.connections.get(ctx.connection)!, operations, error)
  return { settled: 0, refused: [], isStopped: true }
}

/**
 * Perhaps the CRM had done its work: the same upserts are sent again later, which changes nothing where they had
 * succeeded. It is the destination that is waited for, so no operation comes closer to being given up.
 */
async function waitFor(
  deps: EngineDeps,
  connection: Connection,
  operations: Operation[],
  error: unknown,
): Promise<void> {
  const until = pause(deps, connection, error, operations.length)
  await putBack(deps, operations, until, error)
  if (!(error instanceof HubError)) throw error
}
