import { type ArchiveResult, HubError, reportOf } from '#kit'
import { contextOf } from './connection.ts'
import { isEmpty } from './deciding/same-value.ts'
import type { EngineDeps } from './deps.ts'
import { hashParts } from './hash.ts'
import type { NewOperation, Operation, OperationResult, RunRow } from './ports.ts'
import { deliverOperations } from './sending/deliver-operations.ts'
import { OPERATION_LEASE_MS } from './sending/leases.ts'
import { rememberUsage } from './sending/usage.ts'
import { verify } from './sending/verify.ts'
import {
  type CreatedRecord,
  planUndo,
  type UndoPlan,
  type UndoRecord,
  type UndoRequest,
} from './undo-plan.ts'

export type { UndoPlan, UndoRequest } from './undo-plan.ts'

export interface Undone {
  run: RunRow
  /** Fields that were written back. */
  fields: number
  archived: number
  /** Records that had an operation under way; undo again to reach them. */
  busy: number
  /** Operations that wait for the CRM, were refused, or found something else than planned. */
  waiting: number
  failed: number
}

const CHUNK = 200

/** Takes back a run, as far as the CRM still holds what it wrote. The undo is a run itself. */
export async function undo(
  deps: EngineDeps,
  request: UndoRequest,
  signal: AbortSignal,
): Promise<{ plan: UndoPlan; undone: Undone }> {
  const plan = await planUndo(deps, request, signal)
  return { plan, undone: await applyUndo(deps, plan, signal) }
}

/** Sends a plan to undo. Each field is decided once more on what the CRM holds when it is sent. */
export async function applyUndo(deps: EngineDeps, plan: UndoPlan, signal: AbortSignal): Promise<Undone> {
  const startedAt = deps.clock.now()
  const run: RunRow = {
    id: `run_${hashParts('undo', plan.run, deps.holder, String(startedAt))}`,
    kind: 'undo',
    scope: `undo of ${plan.run}`,
    startedAt,
    state: 'running',
    counts: {},
  }
  const undone: Undone = { run, fields: 0, archived: 0, busy: 0, waiting: 0, failed: 0 }
  await deps.store.control.saveRun(run)
  try {
    await archiveCreated(deps, plan, undone, signal)
    await restore(deps, plan, undone, signal)
    await conclude(deps, undone, signal)
    return undone
  } catch (error) {
    run.state = 'failed'
    run.error = reportOf(error)
    throw error
  } finally {
    const { fields, archived, busy, waiting, failed } = undone
    run.counts = { fields, archived, busy, waiting, failed }
    run.finishedAt = deps.clock.now()
    await deps.store.control.saveRun(run)
    await rememberUsage(deps)
  }
}

/** Children first: a parent that goes takes its children along. */
export async function archiveCreated(
  deps: EngineDeps,
  plan: Pick<UndoPlan, 'created'>,
  undone: Undone,
  signal: AbortSignal,
): Promise<void> {
  const leaving = plan.created.filter((record) => record.decision === 'archive')
  for (const group of byObject(deps, leaving).reverse())
    await inChunks(group, signal, (records) => archiveRecords(deps, undone.run.id, records, undone, signal))
}

/** Writes back what the plan says. */
export async function restore(
  deps: EngineDeps,
  plan: Pick<UndoPlan, 'run' | 'records'>,
  undone: Undone,
  signal: AbortSignal,
): Promise<void> {
  const records = plan.records.flatMap((record) => {
    const fields = record.fields.filter((field) => field.decision === 'undo')
    return fields.length > 0 ? [{ ...record, fields }] : []
  })
  for (const group of byObject(deps, records))
    await inChunks(group, signal, async (chunk) => {
      await restoreLinks(deps, plan.run, undone, chunk, signal)
      await restoreFields(deps, plan.run, undone.run.id, chunk, undone, signal)
    })
}

/** What became of the operations of the undo, and with that of the run. */
export async function conclude(deps: EngineDeps, undone: Undone, signal: AbortSignal): Promise<void> {
  const { run } = undone
  await verify(deps, { signal, flush: true })
  const outcomes = await deps.store.inspect.outcomes(run.id)
  undone.waiting = (outcomes.pending ?? 0) + (outcomes.sending ?? 0)
  undone.failed = (outcomes.dead ?? 0) + (outcomes.held ?? 0) + (outcomes.not_stored ?? 0)
  run.state = signal.aborted ? 'stopped' : undone.failed > 0 ? 'failed' : 'done'
}

type Target = Pick<UndoRecord, 'destination' | 'object' | 'entity' | 'externalId' | 'crmId'>

/** Parents first. */
function byObject<T extends Target>(deps: EngineDeps, records: T[]): T[][] {
  const rankOf = ({ destination, object }: Target) =>
    deps.connections.get(destination)?.connector.destination?.objects[object]?.rank ?? 0
  return [...Map.groupBy(records, (r) => `${r.destination} ${r.object}`).values()].sort(
    ([a], [b]) => rankOf(a!) - rankOf(b!),
  )
}

async function inChunks<T>(
  items: T[],
  signal: AbortSignal,
  work: (chunk: T[]) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < items.length && !signal.aborted; i += CHUNK) await work(items.slice(i, i + CHUNK))
}

const operationOf = (
  target: Target,
  run: string,
  now: number,
  more: Pick<NewOperation, 'kind' | 'fields'>,
): NewOperation => ({
  id: `op_${hashParts('undo', run, target.destination, target.object, target.externalId)}`,
  destination: target.destination,
  object: target.object,
  entity: target.entity,
  externalId: target.externalId,
  lane: 'lead',
  dueAt: now,
  links: [],
  match: [],
  onMultiple: 'quarantine',
  mode: 'update',
  ...more,
})

async function begin(
  deps: EngineDeps,
  run: string,
  operations: NewOperation[],
  undone: Undone,
): Promise<Operation[]> {
  const now = deps.clock.now()
  const leaseUntil = now + OPERATION_LEASE_MS
  const begun = new Set(await deps.store.repair.begin({ operations, run, now, leaseUntil }))
  undone.busy += operations.length - begun.size
  return operations
    .filter(({ id }) => begun.has(id))
    .map((o) => ({ ...o, run, state: 'sending', attempts: 1, notBefore: 0, leaseUntil, createdAt: now }))
}

/** Associations go first, in operations of their own: they are no values that the CRM decides field by field. */
async function restoreLinks(
  deps: EngineDeps,
  undoneRun: string,
  undone: Undone,
  records: UndoRecord[],
  signal: AbortSignal,
): Promise<void> {
  const linked = records.flatMap((record) => {
    const fields = record.fields.filter((field) => field.link)
    return fields.length > 0 ? [{ ...record, fields }] : []
  })
  if (linked.length === 0) return
  const now = deps.clock.now()
  const { destination, object } = linked[0]!
  const connection = deps.connections.get(destination)!
  const ctx = contextOf(connection, { ...deps, signal })
  const run = undone.run.id
  const operations = linked.map((record): NewOperation => {
    const fields = Object.fromEntries(
      record.fields.map(({ field, wrote, back, undoes, link }) => [
        field,
        {
          after: link!.entity ?? null,
          sent: back ?? null,
          before: wrote,
          policy: 'undo',
          from: `undo of ${undoneRun}`,
          undoes,
        },
      ]),
    )
    const own = operationOf(record, run, now, { kind: 'upsert', fields })
    return { ...own, id: `${own.id}_links` }
  })
  const begun = await begin(deps, run, operations, undone)
  const byId = new Map(operations.map((operation, index) => [operation.id, linked[index]!]))
  const changes = begun.flatMap(({ id }) => {
    const { crmId, fields } = byId.get(id)!
    return fields.map(({ link, wrote, back }) => ({
      to: link!.object,
      how: isEmpty(back) ? ('remove' as const) : ('add' as const),
      pair: { from: crmId, to: String(isEmpty(back) ? wrote : back) },
    }))
  })
  let failure: HubError | undefined
  try {
    for (const group of Map.groupBy(changes, ({ to, how }) => `${how} ${to}`).values())
      await connection.connector.destination!.links!.change(ctx, {
        object,
        to: group[0]!.to,
        how: group[0]!.how,
        pairs: group.map(({ pair }) => pair),
      })
    undone.fields += changes.length
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    failure = error
  }
  const results = begun.map(
    ({ id, fields }): OperationResult =>
      failure
        ? { id, outcome: 'dead', fields: {}, error: reportOf(failure) }
        : { id, outcome: 'done', fields },
  )
  const at = deps.clock.now()
  await deps.store.deliver.finish({
    now: at,
    results,
    deliveries: begun.map(({ id }) => ({
      operation: id,
      attempt: 1,
      status: failure ? 'failed' : 'written',
      at,
    })),
    live: [],
    redirects: [],
  })
}

async function restoreFields(
  deps: EngineDeps,
  undoneRun: string,
  run: string,
  all: UndoRecord[],
  undone: Undone,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.clock.now()
  const records = all.flatMap((record) => {
    const fields = record.fields.filter((field) => !field.link)
    return fields.length > 0 ? [{ ...record, fields }] : []
  })
  if (records.length === 0) return
  const operations = records.map((record) =>
    operationOf(record, run, now, {
      kind: 'upsert',
      fields: Object.fromEntries(
        record.fields.map(({ field, back, wrote, undoes }) => [
          field,
          {
            after: back ?? null,
            policy: 'undo',
            from: `undo of ${undoneRun}`,
            expected: wrote,
            undoes,
          },
        ]),
      ),
    }),
  )
  const sending = await begin(deps, run, operations, undone)
  if (sending.length === 0) return
  const { destination, object } = records[0]!
  const ctx = contextOf(deps.connections.get(destination)!, { ...deps, signal })
  await deliverOperations(deps, ctx, object, sending, {
    isStrict: true,
    mayLeave: ({ write }) => {
      undone.fields += Object.keys(write.fields).length
      return true
    },
  })
}

async function archiveRecords(
  deps: EngineDeps,
  run: string,
  records: CreatedRecord[],
  undone: Undone,
  signal: AbortSignal,
): Promise<void> {
  const { destination, object } = records[0]!
  const connection = deps.connections.get(destination)!
  const ctx = contextOf(connection, { ...deps, signal })
  const now = deps.clock.now()
  const operations = records.map((record) => operationOf(record, run, now, { kind: 'archive', fields: {} }))
  const sending = await begin(deps, run, operations, undone)
  if (sending.length === 0) return
  const crmIdOf = new Map(records.map((record) => [record.externalId, record.crmId]))
  const crmIds = sending.map(({ externalId }) => crmIdOf.get(externalId)!)
  let answers: ArchiveResult[]
  try {
    answers = await connection.connector.destination!.archive!(ctx, { object, crmIds })
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    answers = sending.map(() => ({ status: 'failed', error }))
  }
  const results = sending.map((operation, i): OperationResult => {
    const answer = answers[i]
    if (answer?.status === 'failed')
      return { id: operation.id, outcome: 'dead', fields: {}, error: reportOf(answer.error) }
    if (answer?.status === 'archived') undone.archived++
    return { id: operation.id, outcome: 'done', fields: {} }
  })
  await deps.store.deliver.finish({
    now: deps.clock.now(),
    results,
    deliveries: sending.map(({ id }, i) => ({
      operation: id,
      attempt: 1,
      status: answers[i]?.status ?? 'failed',
      at: deps.clock.now(),
    })),
    live: [],
    redirects: [],
  })
}
