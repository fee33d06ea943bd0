import { type ConnectorContext, HubError } from '#kit'
import type { Connection } from '../connection.ts'
import { withoutRefusals } from '../deciding/field-rules.ts'
import { prepare } from '../deciding/prepare.ts'
import type { Prepared, ReadyOperation } from '../deciding/prepared.ts'
import type { ReadRecords } from '../deciding/targets.ts'
import type { EngineDeps } from '../deps.ts'
import { isFieldProblem, setAsideMissingFields, withoutMissingFields } from '../mappings/unknown-fields.ts'
import type { Operation } from '../ports.ts'
import { pause, putBack, resume, unsent } from './pause.ts'
import { sendBatches } from './send-batches.ts'
import type { Gate } from './thresholds.ts'

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
  gate?: Gate | undefined
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
