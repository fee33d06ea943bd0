import { HubError, reportOf } from '#kit'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import { type DriftWatch, watchDrift } from './drift.ts'
import type { RunRow } from './ports.ts'
import { toDeletion, toRecord } from './records.ts'
import { pulledStreams } from './streams.ts'

export interface PullOptions {
  signal: AbortSignal
  /** Forgets the cursor and reads everything. */
  full?: boolean
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
    counts: { records: 0, changed: 0, pages: 0 },
  }
  await store.control.saveRun(run)
  let isComplete = false
  let failure: HubError | undefined
  let drift: DriftWatch | undefined
  try {
    drift = await watchDrift(deps, connection, streamName)
    if (options.full) await store.intake.clearCursor(connection.name, streamName)
    const cursor = await store.intake.readCursor(connection.name, streamName)
    const isBackfill = cursor?.since === undefined
    const ctx = contextOf(connection, { ...deps, signal: options.signal })
    for await (const page of stream.pull.read(ctx, cursor)) {
      drift?.see(page.records)
      const lane = isBackfill ? 'backfill' : stream.lane
      const records = page.records.map((raw) =>
        toRecord(connection.name, streamName, stream, raw, { fetchedAt: page.fetchedAt, lane }),
      )
      const deletions = page.deleted.map((key) =>
        toDeletion(connection.name, streamName, key, page.fetchedAt, lane),
      )
      const now = clock.now()
      const { changed } = await store.intake.commitPage({
        connection: connection.name,
        stream: streamName,
        records: [...records, ...deletions],
        cursor: page.cursor,
        runId: run.id,
        now,
      })
      run.counts.records! += records.length
      run.counts.changed! += changed
      run.counts.pages! += 1
      options.onPage?.({
        connection: connection.name,
        stream: streamName,
        records: run.counts.records!,
        changed: run.counts.changed!,
        isLast: page.isLast,
      })
      isComplete = page.isLast
      await store.control.acquireLease({ ...lease, now, ttlMs: LEASE_MS })
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
