import { dayOf } from '#model'
import type { EngineDeps } from './deps.ts'

const LAST_DAY = 'daily:last-day'
const RECEIPTS_PER_PASS = 5_000
/** How long it can be looked up what became of a bulk job. */
const JOBS_KEPT_MS = 30 * 86_400_000
/** Longer than any window of thresholds. */
const COUNTS_KEPT_MS = 30 * 86_400_000

/**
 * Once per UTC day: whoever has a touchpoint bucket that slid out of a window of some mapping ("visits in 30 days") is
 * projected again, and receipts past their retention and bulk jobs of long ago are forgotten.
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
    await store.bulk.prune(now - JOBS_KEPT_MS)
    await store.thresholds.forget(now - COUNTS_KEPT_MS)
    await store.deletions.forget(now - COUNTS_KEPT_MS)
    if (deps.retentionMs !== undefined)
      await store.intake.forgetReceipts({ before: now - deps.retentionMs, limit: RECEIPTS_PER_PASS })
  }
  await store.control.setSetting(LAST_DAY, String(today))
}
