import type { Lane } from '#kit'
import { workBulk } from './bulk/work.ts'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { QueueDepth } from './ports.ts'
import { isFirstReadUnderWay } from './reading/first-read.ts'
import { deliverOperations } from './sending/deliver-operations.ts'
import { runOfNow } from './sending/delivery-runs.ts'
import { OPERATION_LEASE_MS } from './sending/leases.ts'
import { isPaused } from './sending/pause.ts'
import { lanesWithin } from './sending/quota.ts'
import { openGate } from './sending/thresholds.ts'
import { verify } from './sending/verify.ts'
import { whenAllEnd } from './when-all-end.ts'

/**
 * Sends what is full or due: per destination one object after the other, parents before children; every result is read
 * item by item and committed together with what the record now holds.
 */
export async function deliver(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  await deps.store.deliver.reclaim(now)
  const destinations = [...deps.connections.values()].filter((c) => c.connector.destination)
  const results = await whenAllEnd(destinations.map((connection) => deliverTo(deps, connection, options)))
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
  const bulk = await workBulk(deps, connection, { lanes, depths, options, gate })
  let { done, more } = bulk
  if (bulk.isStopped) return { done, more: false }
  for (const [object, spec] of objects) {
    const all = depths.get(object)
    if (!all || all.ready === 0 || gate?.isHeld(object)) continue
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
    const { isStopped } = await deliverOperations(deps, ctx, object, operations, { ahead, gate })
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
