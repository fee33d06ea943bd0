import { dayOf } from '#model'
import type { EngineDeps } from './deps.ts'

const LAST_DAY = 'daily:last-day'
const RECEIPTS_PER_PASS = 5_000
const RUNS_PER_COMMIT = 2_000
/** Of a run that brought nothing only what it says of today is of interest. */
const QUIET_RUNS_KEPT_MS = 7 * 86_400_000
/** How long it can be looked up what became of a bulk job. */
const JOBS_KEPT_MS = 30 * 86_400_000
/** Longer than any window of thresholds. */
const COUNTS_KEPT_MS = 30 * 86_400_000

/**
 * Once per UTC day: whoever has a touchpoint bucket that slid out of a window of some mapping ("visits in 30 days") is
 * projected again, as is every account whose class changes by the calendar, and receipts and runs past their retention and bulk jobs of long ago are forgotten.
 */
export async function dailyPass(deps: EngineDeps): Promise<void> {
  const { store, clock, lanes } = deps
  const now = clock.now()
  const today = dayOf(now)
  const last = Number((await store.control.getSetting(LAST_DAY)) ?? today)
  if (last < today) {
    const windows = new Set(
      deps
        .mappings()
        .flatMap((m) => m.windows)
        .filter(Number.isFinite),
    )
    const days = new Set<number>()
    for (const length of windows) for (let day = last + 1; day <= today; day++) days.add(day - length)
    if (days.size > 0) await store.project.markBuckets([...days], 'backfill', now + lanes.backfill)
    await store.project.markReviews(today, 'backfill', now + lanes.backfill)
    await store.bulk.prune(now - JOBS_KEPT_MS)
    await store.thresholds.forget(now - COUNTS_KEPT_MS)
    await store.deletions.forget(now - COUNTS_KEPT_MS)
    if (deps.runsKeptMs !== undefined) await forgetRuns(deps, now, deps.runsKeptMs)
    if (deps.retentionMs !== undefined)
      await store.intake.forgetReceipts({ before: now - deps.retentionMs, limit: RECEIPTS_PER_PASS })
  }
  await store.control.setSetting(LAST_DAY, String(today))
}

async function forgetRuns({ store }: EngineDeps, now: number, keptMs: number): Promise<void> {
  const before = now - keptMs
  const quietBefore = now - Math.min(keptMs, QUIET_RUNS_KEPT_MS)
  while (
    (await store.control.forgetRuns({ before, quietBefore, limit: RUNS_PER_COMMIT })) === RUNS_PER_COMMIT
  );
}
