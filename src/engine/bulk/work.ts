import { type BulkWrites, type ConnectorContext, HubError, isRetryable, type Lane, reportOf } from '#kit'
import { type Connection, contextOf } from '../connection.ts'
import { liveMode } from '../deciding/live-values.ts'
import type { EngineDeps, StepOptions } from '../deps.ts'
import { hashParts } from '../hash.ts'
import type { BulkJob, QueueDepth } from '../ports.ts'
import { pause, unsent } from '../sending/pause.ts'
import { quotaOf } from '../sending/quota.ts'
import type { Gate } from '../sending/thresholds.ts'
import { fill, release } from './fill.ts'
import { lookAfter } from './look-after.ts'
import { advanceRead, fieldsToRead } from './read.ts'
import { settleJob } from './settle.ts'

type Ctx = ConnectorContext<Record<string, unknown>>
type Bulk = BulkWrites<Record<string, unknown>>

/** Longer than any upload: a job is nobody else's until then. */
const HOLD_MS = 15 * 60_000
/** Calls that reading records by id may take before a read job is begun. */
const MOST_READS = 8
/** Calls of a job, whatever its size. */
const CALLS_PER_JOB = 6
/** `depths` counts up to this many of each lane. */
const COUNTED = 2_000
const ROWS_PER_PAGE = 2_000
/** Lanes in which somebody waits. */
const URGENT: readonly Lane[] = ['lead']

export interface BulkWork {
  done: number
  more: boolean
  /** The destination must be left alone for a while. */
  isStopped: boolean
  /** Lanes of an object that may leave in batches; undefined: as if there were no jobs. */
  batchLanes(object: string, isDue: boolean): readonly Lane[] | undefined
}

const IDLE: BulkWork = { done: 0, more: false, isStopped: false, batchLanes: () => undefined }

interface BulkOptions {
  lanes: readonly Lane[]
  depths: Map<string, QueueDepth>
  options: StepOptions
  /** Says of which objects nothing new may leave. */
  gate: Gate | undefined
}

/**
 * Takes every bulk job of a destination one step further, and begins new ones where so much is ready that batches would
 * cost more calls. Never waits: a job says when it wants to be looked at next.
 */
export async function workBulk(
  deps: EngineDeps,
  connection: Connection,
  { lanes, depths, options, gate }: BulkOptions,
): Promise<BulkWork> {
  const { bulk, objects } = connection.connector.destination!
  if (!bulk) return IDLE
  const ctx = contextOf(connection, { ...deps, signal: options.signal })
  const threshold = bulk.threshold(connection.config, quotaOf(connection))
  const busy = new Map<string, readonly Lane[]>()
  // A backfill that is still growing may become a job: it waits for its deadline instead of leaving batch by batch.
  const patient = lanes.filter((lane) => lane !== 'backfill')
  const work: BulkWork = {
    done: 0,
    more: false,
    isStopped: false,
    batchLanes: (object, isDue) => busy.get(object) ?? (isDue ? undefined : patient),
  }
  const jobs = Map.groupBy(await deps.store.bulk.open(connection.name), (job) => job.object)
  const ranked = Object.keys(objects).sort((a, b) => objects[a]!.rank - objects[b]!.rank)
  for (const object of ranked) {
    const depth = gate?.isHeld(object) ? undefined : depths.get(object)
    let own = jobs.get(object) ?? []
    // Who was to go by a job goes with it, also when only few of them are left: nothing needs to be counted then.
    const gathering = own.find((job) => job.state === 'filling')?.lanes
    const carried: Carried = gathering
      ? { lanes: lanes.filter((lane) => gathering.includes(lane)), isMuch: true }
      : await carriedLanes(deps, ctx, object, { depth, threshold, lanes, options })
    if (own.length === 0) {
      if (!carried.isMuch) continue
      own = await begin(deps, ctx, bulk, object, carried.lanes)
      // None where the last ones were begun, and ended, in this very millisecond.
      work.more ||= own.length > 0
    }
    const gathered = carried.lanes
    const isGathering = own.some((job) => job.state === 'filling' || job.kind === 'read')
    // What becomes ready while a job is at work joins the next one, where it is enough for one.
    if (isGathering || carried.isMuch)
      busy.set(
        object,
        lanes.filter((lane) => !gathered.includes(lane)),
      )
    const advance = { lanes: gathered, threshold, options, gate }
    await advanceAll(deps, ctx, bulk, own, advance, work)
    if (work.isStopped) return work
  }
  return work
}

interface Carried {
  /** Lanes that go by job. */
  lanes: readonly Lane[]
  /** Enough is ready in them for a job of its own. */
  isMuch: boolean
}

/**
 * Somebody waits for an urgent operation, so it leaves at once; unless there are so many of them that a job is faster for
 * these as well.
 */
async function carriedLanes(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  {
    depth,
    threshold,
    lanes,
    options,
  }: { depth: QueueDepth | undefined; threshold: number; lanes: readonly Lane[]; options: StepOptions },
): Promise<Carried> {
  const patient = lanes.filter((lane) => !URGENT.includes(lane))
  const few = { lanes: patient, isMuch: false }
  if (!depth || (!options.flush && depth.due === 0)) return few
  if (depth.ready < Math.min(threshold, COUNTED)) return few
  const now = deps.clock.now()
  const isMuch = async (counted: readonly Lane[]) => {
    if (counted.length === 0) return false
    const request = { destination: ctx.connection, object, lanes: counted, now, max: threshold }
    return (await deps.store.bulk.count(request)).ready >= threshold
  }
  if (await isMuch(lanes.filter((lane) => URGENT.includes(lane)))) return { lanes, isMuch: true }
  return { lanes: patient, isMuch: await isMuch(patient) }
}

async function begin(
  deps: EngineDeps,
  ctx: Ctx,
  bulk: Bulk,
  object: string,
  lanes: readonly Lane[],
): Promise<BulkJob[]> {
  const now = deps.clock.now()
  const destination = ctx.connection
  const { readSize } = deps.connections.get(destination)!.connector.destination!.objects[object]!
  const max = MOST_READS * readSize + 1
  const known = (await deps.store.bulk.count({ destination, object, lanes, now, max })).known
  const isRead = bulk.reads !== undefined && known >= max && liveMode(deps, ctx, object) !== 'poll'
  const job = (kind: BulkJob['kind'], more: Pick<BulkJob, 'state' | 'fields' | 'page' | 'lanes'>) => ({
    id: `job_${hashParts(destination, object, kind, String(now))}`,
    destination,
    object,
    kind,
    notBefore: now,
    createdAt: now,
    ...more,
  })
  const since = isRead ? { page: String(now) } : {}
  await deps.store.bulk.begin([
    ...(isRead ? [job('read', { state: 'starting', fields: fieldsToRead(deps, destination, object) })] : []),
    job('update', { state: 'filling', fields: [], lanes, ...since }),
    job('upsert', { state: 'filling', fields: [], lanes, ...since }),
  ])
  return (await deps.store.bulk.open(destination)).filter((own) => own.object === object)
}

type Advance = Omit<BulkOptions, 'depths'> & { threshold: number }

async function advanceAll(
  deps: EngineDeps,
  ctx: Ctx,
  bulk: Bulk,
  jobs: BulkJob[],
  advance: Advance,
  work: BulkWork,
): Promise<void> {
  const reading = jobs.find((job) => job.kind === 'read')
  const filling = jobs.filter((job) => job.state === 'filling')
  // Rows are gathered for all jobs of an object at once: the first one stands for the others. Where the quota has become so
  // short that none of their lanes may leave, they keep what they have.
  const isResting = reading !== undefined || advance.lanes.length === 0
  const turns = isResting
    ? jobs.filter((job) => job.state !== 'filling')
    : jobs.filter((job) => !filling.slice(1).includes(job))
  for (const job of turns) {
    if (work.isStopped) return
    const now = deps.clock.now()
    if (job.notBefore > now || !(await deps.store.bulk.hold(job.id, now, now + HOLD_MS))) continue
    try {
      const isFilling = job.state === 'filling'
      const step = isFilling
        ? await gather(deps, ctx, bulk, filling, advance)
        : { ...(await advanceOne(deps, ctx, bulk, job)), isStopped: false }
      work.done += step.done
      work.isStopped ||= step.isStopped
      work.more ||= step.isMore
    } catch (error) {
      await giveWay(deps, ctx, job, error)
      work.isStopped = true
    }
  }
}

async function gather(
  deps: EngineDeps,
  ctx: Ctx,
  bulk: Bulk,
  jobs: BulkJob[],
  { threshold, ...given }: Advance,
): Promise<{ done: number; isMore: boolean; isStopped: boolean }> {
  const { batchSize } = deps.connections.get(ctx.connection)!.connector.destination!.objects[jobs[0]!.object]!
  const fewest = Math.min(CALLS_PER_JOB * batchSize, threshold)
  const { claimed, isStopped } = await fill(deps, ctx, bulk, jobs, { ...given, fewest })
  // The last step has closed the jobs, and set their times.
  if (claimed > 0) await deps.store.bulk.change(jobs[0]!.id, { notBefore: deps.clock.now() })
  return { done: Math.max(claimed, 1), isMore: !isStopped, isStopped }
}

/** One step of a job that has its rows, or reads. */
async function advanceOne(
  deps: EngineDeps,
  ctx: Ctx,
  bulk: Bulk,
  job: BulkJob,
): Promise<{ done: number; isMore: boolean }> {
  const { store, clock } = deps
  if (job.kind === 'read') {
    await advanceRead(deps, ctx, bulk.reads!, job)
    return { done: 1, isMore: true }
  }
  if (job.state === 'starting' || !job.vendorId) {
    await start(deps, ctx, bulk, job)
    return { done: 1, isMore: false }
  }
  const state = await bulk.poll(ctx, job.vendorId)
  if (state.state === 'open') {
    // Nobody knows how much of its file had arrived. Nothing of it was processed, and nothing will be.
    await bulk.abort(ctx, job.vendorId)
    await store.bulk.change(job.id, { state: 'starting', vendorId: null, polls: 0, notBefore: clock.now() })
    return { done: 1, isMore: true }
  }
  if (state.state === 'running') {
    const polls = job.polls + 1
    const notBefore = lookAfter(clock.now(), job.rows, polls)
    await store.bulk.change(job.id, { state: 'running', polls, notBefore })
    return { done: 0, isMore: false }
  }
  return { done: await settleJob(deps, ctx, bulk, { ...job, vendorId: job.vendorId }, state), isMore: true }
}

async function start(deps: EngineDeps, ctx: Ctx, bulk: Bulk, job: BulkJob): Promise<void> {
  const { store, clock } = deps
  const { id, object, fields } = job
  // Somebody has been here before and could not tell the end: what was created then holds no rows, and must not get any.
  if (job.polls > 0) await bulk.abandon(ctx, { object, since: job.createdAt })
  await store.bulk.change(id, { state: 'starting', polls: job.polls + 1 })
  try {
    await bulk.start(ctx, {
      object,
      kind: job.kind === 'update' ? 'update' : 'upsert',
      fields,
      rows: () => rowsOf(deps, id),
      created: (vendorId) => store.bulk.change(id, { vendorId, state: 'created' }),
    })
  } catch (error) {
    if (
      !(error instanceof HubError) ||
      isRetryable(error) ||
      error.kind === 'auth' ||
      error.code === 'http.aborted'
    )
      throw error
    // The CRM takes no such job: batches will say record by record what is wrong.
    const report = reportOf(error)
    const now = clock.now()
    await release(deps, job, (operation) => ({
      ...unsent({ id: operation }, now),
      isUncounted: false,
      error: report,
    }))
    await store.bulk.change(id, { state: 'failed', finishedAt: now, error: report })
    deps.log.error('bulk job refused', { destination: ctx.connection, object, error: report })
    return
  }
  const now = clock.now()
  await store.bulk.change(id, { state: 'running', polls: 0, notBefore: lookAfter(now, job.rows, 0) })
  deps.log.info('bulk job handed over', { destination: ctx.connection, object, rows: job.rows, job: id })
}

async function* rowsOf(deps: EngineDeps, job: string) {
  let after: { parent: string; key: string } | undefined
  for (;;) {
    const rows = await deps.store.bulk.rows(job, { ...(after ? { after } : {}), limit: ROWS_PER_PAGE })
    const last = rows.at(-1)
    if (!last) return
    after = { parent: last.parent, key: last.key }
    yield rows.map((row) => row.sent.write)
  }
}

/** The job keeps its place; it is the CRM that is waited for, or us who stop. */
async function giveWay(deps: EngineDeps, ctx: Ctx, job: BulkJob, error: unknown): Promise<void> {
  const isOurs = error instanceof HubError && error.code === 'http.aborted'
  const now = deps.clock.now()
  const until = isOurs ? now : pause(deps, deps.connections.get(ctx.connection)!, error)
  await deps.store.bulk.change(job.id, { notBefore: until, ...(isOurs ? {} : { error: reportOf(error) }) })
  if (!(error instanceof HubError)) throw error
}
