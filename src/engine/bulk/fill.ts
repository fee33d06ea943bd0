import type { BulkKind, BulkWrites, ConnectorContext, CrmFields, Lane } from '#kit'
import type { ReadyOperation } from '../deciding/prepared.ts'
import type { EngineDeps, StepOptions } from '../deps.ts'
import type { BulkJob, BulkRow, OperationResult } from '../ports.ts'
import { type Delivered, deliverOperations } from '../sending/deliver-operations.ts'
import { OPERATION_LEASE_MS } from '../sending/leases.ts'
import { unsent } from '../sending/pause.ts'
import { announcementOf } from '../sending/send.ts'
import { type Gate, isNothing, sumOf } from '../sending/thresholds.ts'
import { readThrough } from './read.ts'

type Ctx = ConnectorContext<Record<string, unknown>>
type Bulk = BulkWrites<Record<string, unknown>>

const PAGE = 1_000

interface FillOptions {
  lanes: readonly Lane[]
  /** A job of fewer rows is dissolved, where what it carries can leave in batches. */
  fewest: number
  options: StepOptions
  /** Where it holds the object, nothing more leaves: the jobs go with what they have. */
  gate: Gate | undefined
}

/**
 * One step of gathering rows: claims what is ready, decides it against live values, and puts it into the jobs. What a
 * row cannot carry leaves in batches at once. When nothing is left, or a job is full, the jobs are ready to go; one that
 * stayed so small that batches are cheaper is dissolved.
 */
export async function fill(
  deps: EngineDeps,
  ctx: Ctx,
  bulk: Bulk,
  jobs: BulkJob[],
  { lanes, fewest, options, gate }: FillOptions,
): Promise<Delivered & { claimed: number }> {
  const { store, clock } = deps
  const now = clock.now()
  const [{ object, page }] = jobs as [BulkJob]
  const { readSize } = deps.connections.get(ctx.connection)!.connector.destination!.objects[object]!
  const room = Math.min(...jobs.map((job) => (job.bytes >= bulk.maxBytes ? 0 : bulk.maxRows - job.rows)))
  const operations =
    room > 0 && !gate?.isHeld(object)
      ? await store.deliver.claim({
          destination: ctx.connection,
          object,
          limit: Math.min(room, readSize),
          now,
          leaseUntil: now + OPERATION_LEASE_MS,
          lanes,
          ...(options.run ? { run: options.run } : {}),
        })
      : []
  if (operations.length === 0) {
    for (const job of jobs) await close(deps, job, leavesAsJob(job, jobs, fewest))
    return { settled: 0, refused: [], isStopped: false, claimed: 0 }
  }
  const delivered = await deliverOperations(deps, ctx, object, operations, {
    gate,
    ...(page ? { read: readThrough(deps, ctx, Number(page)) } : {}),
    divert: (ready) => divert(deps, bulk, jobs, ready),
  })
  return { ...delivered, claimed: operations.length }
}

/** Puts into the jobs what they can carry; answers what has to leave in batches. */
async function divert(
  deps: EngineDeps,
  bulk: Bulk,
  jobs: BulkJob[],
  ready: ReadyOperation[],
): Promise<ReadyOperation[]> {
  const seen = new Set<string>()
  const rest: ReadyOperation[] = []
  const now = deps.clock.now()
  const byKind = Map.groupBy(ready, (item): BulkKind | undefined => {
    const { operation, write } = item
    const kind: BulkKind = write.crmId ? 'update' : 'upsert'
    const key = `${kind} ${write.crmId ?? write.externalId}`
    // What was refused before is tried by itself, where the CRM says more about the reason.
    const isFirst = operation.error === undefined
    if (!isFirst || seen.has(key) || write.externalId === '' || write.links?.length || !bulk.accepts(write))
      return undefined
    seen.add(key)
    return kind
  })
  for (const [kind, items] of byKind) {
    const job = jobs.find((own) => own.kind === kind)
    if (!job) {
      rest.push(...items)
      continue
    }
    const rows = items.map(rowOf)
    await deps.store.bulk.attach({
      job: job.id,
      rows,
      fields: [...new Set(rows.flatMap(({ sent }) => Object.keys(sent.write.fields)))],
      bytes: rows.reduce((sum, { sent }) => sum + bytesOf(sent.write.fields), 0),
      announcements: items
        .filter(({ operation }) => operation.kind === 'upsert')
        .map((item) => announcementOf(item, now)),
    })
    await count(deps, job, rows, 1)
  }
  return rest
}

/** Id and external id, with room to spare. */
const KEYS_BYTES = 60
const encoder = new TextEncoder()

const bytesOf = (fields: CrmFields): number =>
  encoder.encode(JSON.stringify(Object.values(fields))).length + KEYS_BYTES

/** What is in a job counts as written; what comes out of it unsent no longer does. */
async function count(
  { store, clock }: EngineDeps,
  { destination, object }: BulkJob,
  rows: BulkRow[],
  sign: 1 | -1,
): Promise<void> {
  const { creates, nulls, owners, records, remapped } = sumOf(rows.map(({ sent }) => sent.counts))
  const counts = {
    creates: sign * creates,
    nulls: sign * nulls,
    owners: sign * owners,
    records: sign * records,
    remapped: sign * remapped,
  }
  if (!isNothing(counts)) await store.thresholds.add([{ ...counts, destination, object, at: clock.now() }])
}

const rowOf = ({ operation, write, fields, settles, isUnread, locks, counts }: ReadyOperation): BulkRow => ({
  key: write.crmId ?? write.externalId,
  operation: operation.id,
  parent: locks?.[0] ?? '',
  sent: {
    write,
    fields,
    ...(settles ? { settles } : {}),
    ...(isUnread ? { isUnread } : {}),
    ...(counts ? { counts } : {}),
  },
})

/**
 * Jobs that are too small by themselves, yet not together, would be gathered again as soon as they were dissolved, without
 * end: then the largest goes as it is.
 */
function leavesAsJob(job: BulkJob, jobs: BulkJob[], fewest: number): boolean {
  if (job.rows >= fewest) return true
  const together = jobs.reduce((sum, { rows }) => sum + rows, 0)
  const largest = jobs.reduce((most, own) => (own.rows > most.rows ? own : most))
  return together >= fewest && largest.rows < fewest && job === largest
}

async function close(deps: EngineDeps, job: BulkJob, leaves: boolean): Promise<void> {
  const now = deps.clock.now()
  if (leaves) {
    await deps.store.bulk.change(job.id, { state: 'starting', notBefore: now })
    return
  }
  await release(deps, job, (id) => unsent({ id }, now))
  await deps.store.bulk.change(job.id, { state: 'done', finishedAt: now })
}

/** Gives back all operations that a job still carries. */
export async function release(
  deps: EngineDeps,
  job: BulkJob,
  resultOf: (operation: string) => OperationResult,
): Promise<number> {
  let released = 0
  for (;;) {
    const rows = await deps.store.bulk.rows(job.id, { limit: PAGE })
    if (rows.length === 0) return released
    await deps.store.bulk.settle(job.id, {
      now: deps.clock.now(),
      results: rows.map((row) => resultOf(row.operation)),
      deliveries: [],
      live: [],
      redirects: [],
    })
    await count(deps, job, rows, -1)
    released += rows.length
  }
}
