import { HubError, reportOf } from '#kit'
import type { Instant } from '#model'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import type { NewRecord, RunRow } from './ports.ts'
import { watchDeletions } from './reading/deletions.ts'
import { type DriftWatch, watchDrift } from './reading/drift.ts'
import { fullRead, sweep } from './reading/full-read.ts'
import { toDeletion, toRecord, UNREADABLE } from './reading/records.ts'
import { LOST_RUN } from './reading/runs.ts'
import { pulledStreams } from './reading/streams.ts'

export interface PullOptions {
  signal: AbortSignal
  /** Reads everything; one that was interrupted goes on where it stopped. */
  full?: boolean
  /** With `full`: from the beginning, whatever was read of it. */
  restart?: boolean
  /** Stops after this many pages; the next call goes on there (bounded Worker invocations). */
  maxPages?: number
  /** Stops after the page at which this returns false: the budget of a Worker invocation. */
  mayContinue?: () => boolean
  onPage?: (progress: {
    connection: string
    stream: string
    records: number
    changed: number
    isLast: boolean
  }) => void
}

export interface PullResult {
  run: RunRow
  /** False where `maxPages`, `mayContinue`, the signal or a failure ended it early. */
  isComplete: boolean
  /** Why the run failed. */
  failure?: HubError
}

const LEASE_MS = 5 * 60_000
/** How far a run is that is under way. */
const SHOWN_EVERY_MS = 1_000

/** What is committed together. */
interface Part {
  records: unknown[]
  deleted: NewRecord[]
  fetchedAt: Instant
  /** Where the next run begins. */
  end?: { cursor: Record<string, unknown>; isLast: boolean }
}

/** Without what never happens to most streams. */
function add(counts: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more))
    if (count > 0 || counts[name] !== undefined) counts[name] = (counts[name] ?? 0) + count
}

/** Reads one stream from its cursor. Records and cursor of a page are one commit, so it may stop between any two pages. */
export async function pullStream(
  deps: EngineDeps,
  connection: Connection,
  streamName: string,
  options: PullOptions,
): Promise<PullResult | undefined> {
  const { store, clock } = deps
  const stream = connection.connector.streams?.[streamName]
  if (!stream?.pull) return undefined
  const lease = { name: `pull:${connection.name}:${streamName}`, holder: deps.holder }
  if (!(await store.control.acquireLease({ ...lease, now: clock.now(), ttlMs: LEASE_MS }))) return undefined

  const run: RunRow = {
    // Not derived from the time: two runs may begin in the same millisecond.
    id: `run_${crypto.randomUUID()}`,
    kind: 'pull',
    scope: `${connection.name}/${streamName}`,
    startedAt: clock.now(),
    state: 'running',
    counts: { pages: 0, records: 0, new: 0, changed: 0, failed: 0 },
  }
  await store.control.endLostRuns(run.scope, LOST_RUN)
  await store.control.saveRun(run)
  let isComplete = false
  let failure: HubError | undefined
  let drift: DriftWatch | undefined
  try {
    drift = await watchDrift(deps, connection, streamName)
    const full = await fullRead(deps, connection, streamName, options)
    const deletions = await watchDeletions(deps, connection, streamName)
    const cursor = await store.intake.readCursor(connection.name, streamName)
    const lane = cursor?.since === undefined ? 'backfill' : stream.lane
    const ctx = contextOf(connection, { ...deps, signal: options.signal })

    const commit = async (part: Part): Promise<void> => {
      const records = part.records.map((raw) =>
        toRecord(connection.name, streamName, stream, raw, { fetchedAt: part.fetchedAt, lane }),
      )
      const found = await deletions.page(part.deleted, {
        fetchedAt: part.fetchedAt,
        isLast: part.end?.isLast ?? false,
      })
      const now = clock.now()
      const { changed, created, deleted } = await store.intake.commitPage({
        connection: connection.name,
        stream: streamName,
        records: [...records, ...found.unknown],
        ...(found.commit ? { deletions: found.commit } : {}),
        ...(full && stream.listsAll ? { seen: records.map(({ key }) => key) } : {}),
        ...(part.end ? { cursor: part.end.cursor } : {}),
        ...(part.end?.isLast && full ? { endsFull: true } : {}),
        runId: run.id,
        now,
      })
      add(run.counts, {
        records: records.length,
        changed: changed - deleted,
        new: created,
        failed: records.filter(({ key }) => key.startsWith(UNREADABLE)).length,
        deleted: found.applied,
        held: found.held,
      })
      await store.control.acquireLease({ ...lease, now, ttlMs: LEASE_MS })
    }

    let savedAt = run.startedAt
    for await (const page of stream.pull.read(ctx, cursor)) {
      drift?.see(page.records)
      const deleted = page.deleted.map((key) =>
        toDeletion(connection.name, streamName, key, page.fetchedAt, lane),
      )
      const part = { records: page.records, deleted, fetchedAt: page.fetchedAt }
      if (page.isLast && full && stream.listsAll) {
        // The end is committed when it is known what is gone: a run that dies before reads its last page again.
        await commit(part)
        for await (const gone of sweep(deps, connection, streamName, { ctx, since: full.since, lane }))
          await commit(gone)
        await commit({ records: [], deleted: [], fetchedAt: page.fetchedAt, end: page })
      } else await commit({ ...part, end: page })
      run.counts.pages! += 1
      options.onPage?.({
        connection: connection.name,
        stream: streamName,
        records: run.counts.records!,
        changed: run.counts.changed!,
        isLast: page.isLast,
      })
      isComplete = page.isLast
      if (clock.now() - savedAt >= SHOWN_EVERY_MS) {
        await store.control.saveRun(run)
        savedAt = clock.now()
      }
      if (options.maxPages !== undefined && run.counts.pages! >= options.maxPages) break
      if (options.signal.aborted || options.mayContinue?.() === false) break
    }
    run.state = isComplete ? 'done' : 'stopped'
  } catch (error) {
    if (options.signal.aborted) run.state = 'stopped'
    else {
      run.state = 'failed'
      run.error = reportOf(error)
      deps.log.error('pull failed', { scope: run.scope, error: run.error })
      if (!(error instanceof HubError)) throw error
      failure = error
    }
  } finally {
    await drift?.finish(isComplete)
    run.finishedAt = clock.now()
    await store.control.saveRun(run)
    await store.control.releaseLease(lease.name, lease.holder)
  }
  return { run, isComplete, ...(failure ? { failure } : {}) }
}

/** Every pullable stream of a connection, one after the other: they share the vendor's rate limit anyway. */
export async function pullConnection(
  deps: EngineDeps,
  connection: Connection,
  options: PullOptions & { stream?: string },
): Promise<PullResult[]> {
  const names = options.stream ? [options.stream] : pulledStreams(connection)
  const results: PullResult[] = []
  for (const name of names) {
    if (options.signal.aborted) break
    const result = await pullStream(deps, connection, name, options)
    if (result) results.push(result)
  }
  return results
}
