import {
  type BulkResult,
  type BulkState,
  type BulkWrites,
  type ConnectorContext,
  type ErrorReport,
  reportOf,
  TransientError,
  type WriteResult,
} from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { BulkJob, OperationResult } from '../ports.ts'
import { unsent } from '../sending/pause.ts'
import { commitOutcomes } from '../sending/send.ts'
import { inChunks } from './chunks.ts'
import { release } from './fill.ts'
import { lookAfter } from './look-after.ts'

type Ctx = ConnectorContext<Record<string, unknown>>
type Finished = Extract<BulkState, { state: 'finished' }>

const CHUNK = 1_000
/** Looks at results that do not add up before the rest is sent again. */
const MOST_LOOKS = 10
/** Rows that an administrator kept from being processed are not pushed at once again. */
const ABORTED_WAIT_MS = 60_000

/**
 * Reads the results of a finished job and commits them as they come, each row found by its key; how many rows were settled.
 * What is settled has left the job, so that whoever goes on after a crash only meets the others. A job whose results do
 * not add up to its rows is looked at again: nothing is concluded from what is missing.
 */
export async function settleJob(
  deps: EngineDeps,
  ctx: Ctx,
  bulk: BulkWrites<Record<string, unknown>>,
  job: BulkJob & { vendorId: string },
  { end, failed, reason }: Finished,
): Promise<number> {
  const { store, clock } = deps
  const { object, vendorId, rows } = job
  const kind = job.kind === 'update' ? 'update' : 'upsert'
  const told = { written: 0, failed: 0, unprocessed: 0 }
  async function* settledOnes() {
    for await (const piece of bulk.results(ctx, { vendorId, object, kind, rows, failed })) {
      told.unprocessed += piece.unprocessed.length
      yield piece.settled
    }
  }
  for await (const results of inChunks(settledOnes(), CHUNK)) {
    await settleRows(deps, ctx, job, results)
    for (const { result } of results) told[result.status === 'failed' ? 'failed' : 'written']++
  }
  const settled = told.written + told.failed
  const missing = Math.max(0, (await store.bulk.left(job.id)) - told.unprocessed)
  if (missing > 0 && job.polls < MOST_LOOKS) {
    const polls = job.polls + 1
    const error = reportOf(
      new TransientError('record.no_result', `A bulk job of ${rows} rows told nothing of ${missing}`, {
        at: { object },
      }),
    )
    await store.bulk.change(job.id, { polls, error, notBefore: lookAfter(clock.now(), rows, polls) })
    deps.log.warn('bulk results do not add up', { destination: ctx.connection, object, rows, missing })
    return settled
  }
  const now = clock.now()
  const error = end === 'complete' ? undefined : unprocessedBecause(object, reason ?? end)
  await release(deps, job, (id) => putOff(id, now, end, error))
  const counts = { ...told, missing }
  await store.bulk.change(job.id, {
    state: end === 'complete' ? 'done' : 'failed',
    finishedAt: now,
    counts,
    ...(error ? { error } : {}),
  })
  deps.log.info('bulk job finished', { destination: ctx.connection, object, job: job.id, ...counts })
  return settled
}

/**
 * A job that the platform gave up would end like that again: its rows go in batches, which name what is wrong. What a
 * person stopped is not pushed at once again.
 */
function putOff(
  id: string,
  now: number,
  end: Finished['end'],
  error: ErrorReport | undefined,
): OperationResult {
  if (end === 'failed' && error) return { ...unsent({ id }, now), isUncounted: false, error }
  return unsent({ id }, end === 'aborted' ? now + ABORTED_WAIT_MS : now)
}

const unprocessedBecause = (object: string, reason: string): ErrorReport =>
  reportOf(
    new TransientError('record.no_result', `The bulk job ended before it came to this row: ${reason}`, {
      at: { object },
    }),
  )

/** What a batch can do and a job cannot: tell whom a duplicate rule found, pass rules that only alert. */
const isBetterAlone = (result: WriteResult): boolean =>
  result.status === 'failed' && result.error.code === 'admin_rule.duplicate'

async function settleRows(deps: EngineDeps, ctx: Ctx, job: BulkJob, results: BulkResult[]): Promise<void> {
  const { object } = job
  const byKey = new Map(results.map(({ key, result }) => [key, result]))
  const rows = await deps.store.bulk.sent(job.id, [...byKey.keys()])
  const again: OperationResult[] = []
  const answered = rows.flatMap(({ key, own, sent }) => {
    const outcome = byKey.get(key)!
    const isGone = sent.isUnread && outcome.status === 'failed' && outcome.error.code === 'record.not_found'
    if (outcome.status === 'failed' && (isBetterAlone(outcome) || isGone)) {
      again.push({ ...unsent(own, deps.clock.now()), isUncounted: false, error: reportOf(outcome.error) })
      return []
    }
    // It was counted when it went into the job.
    const { counts: _, ...item } = sent
    return [{ item: { ...item, operation: own, written: {} }, outcome }]
  })
  await commitOutcomes(deps, ctx, object, answered, (commit) =>
    deps.store.bulk.settle(job.id, { ...commit, results: [...commit.results, ...again] }),
  )
}
