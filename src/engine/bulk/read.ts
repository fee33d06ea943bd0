import type { BulkReads, ConnectorContext, LiveRecord } from '#kit'
import { reportOf, TransientError } from '#kit'
import type { ReadRecords } from '../deciding/targets.ts'
import type { EngineDeps } from '../deps.ts'
import type { BulkJob } from '../ports.ts'
import { inChunks } from './chunks.ts'
import { lookAfter } from './look-after.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

const CHUNK = 2_000

/** Fields that a read job of an object has to tell: all that mappings write, and the parents that a write locks. */
export function fieldsToRead(deps: EngineDeps, destination: string, object: string): string[] {
  const spec = deps.connections.get(destination)!.connector.destination!.objects[object]!
  const mapped = deps
    .mappings()
    .filter((m) => m.destination === destination && m.object === object)
    .flatMap((m) => m.fields.map((field) => field.name))
  return [...new Set([...mapped, ...(spec.locks ?? [])])]
}

/** One step of a read job: begun, looked at, or one page of it kept as what the CRM holds. */
export async function advanceRead(
  deps: EngineDeps,
  ctx: Ctx,
  reads: BulkReads<Record<string, unknown>>,
  job: BulkJob,
): Promise<void> {
  const { store, clock } = deps
  const { object } = job
  const now = clock.now()
  if (!job.vendorId || job.state === 'starting') {
    // One that was begun by a process that died before it could say so reads in vain, and changes nothing.
    const vendorId = await reads.start(ctx, { object, fields: job.fields })
    await store.bulk.change(job.id, { vendorId, state: 'running', notBefore: lookAfter(now, 0, 0) })
    return
  }
  if (job.state === 'running') {
    const { isFinished, rows, reason } = await reads.poll(ctx, job.vendorId)
    if (!isFinished) {
      const polls = job.polls + 1
      await store.bulk.change(job.id, { polls, notBefore: lookAfter(now, 0, polls) })
    } else if (reason !== undefined || (await isDearer(deps, ctx, reads, object, rows))) {
      // The records are read by id then.
      const error = reportOf(
        new TransientError('http.server_error', `The read job ended: ${reason ?? `${rows} rows`}`),
      )
      await store.bulk.change(job.id, { state: 'failed', finishedAt: now, ...(reason ? { error } : {}) })
    } else await store.bulk.change(job.id, { state: 'reading', notBefore: now })
    return
  }
  const { records, next } = await reads.page(ctx, {
    vendorId: job.vendorId,
    object,
    fields: job.fields,
    page: job.page,
  })
  const keep = async (told: LiveRecord[]) => {
    await store.deliver.finish({
      now,
      results: [],
      deliveries: [],
      redirects: [],
      live: told.map(({ crmId, fields }) => ({
        destination: ctx.connection,
        object,
        crmId,
        fields,
        // At least as new as that.
        seenAt: job.createdAt,
        isWhole: true,
      })),
    })
  }
  for await (const told of inChunks(records, CHUNK)) await keep(told)
  await store.bulk.change(job.id, {
    notBefore: now,
    ...(next ? { page: next } : { state: 'done', finishedAt: now }),
  })
}

/** Reading everything takes more pages than reading what is wanted takes calls. */
async function isDearer(
  deps: EngineDeps,
  ctx: Ctx,
  reads: BulkReads<Record<string, unknown>>,
  object: string,
  rows: number,
): Promise<boolean> {
  const { readSize } = deps.connections.get(ctx.connection)!.connector.destination!.objects[object]!
  const pages = Math.ceil(rows / reads.pageSize)
  if (pages <= 2) return false
  const { known } = await deps.store.bulk.count({
    destination: ctx.connection,
    object,
    lanes: ['lead', 'billing', 'touchpoint', 'backfill'],
    now: deps.clock.now(),
    max: pages * readSize + 1,
  })
  return known <= pages * readSize
}

/** Reads records from what a read job has brought since, and by id those that it did not tell. */
export function readThrough(deps: EngineDeps, ctx: Ctx, since: number): ReadRecords {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  return async (request) => {
    const { object, crmIds, fields } = request
    const keys = crmIds.map((crmId) => ({ destination: ctx.connection, object, crmId }))
    const known: LiveRecord[] = []
    for (const row of await deps.store.deliver.live(keys)) {
      if (row.seenAt < since || row.deletedAt !== undefined || !fields.every((name) => name in row.fields))
        continue
      known.push({ crmId: row.crmId, fields: row.fields as LiveRecord['fields'] })
    }
    const told = new Set(known.map((record) => record.crmId))
    const rest = crmIds.filter((crmId) => !told.has(crmId))
    return rest.length > 0 ? [...known, ...(await api.read(ctx, { ...request, crmIds: rest }))] : known
  }
}
