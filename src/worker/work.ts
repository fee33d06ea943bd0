import { dailyPass } from '../engine/daily.ts'
import type { Engine } from '../engine/engine.ts'
import { refreshMappings } from '../engine/mappings/mapping-changes.ts'
import { refreshMatching } from '../engine/matching/match-changes.ts'
import { wakeLapsedEdits } from '../engine/projecting/lapsed.ts'
import { pullDue } from '../engine/reading/pull-due.ts'
import { drain } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import { watchDue } from '../engine/watch-due.ts'
import type { Budget, Meter } from './budget.ts'
import type { WorkMessage } from './environment.ts'

/** A message to send, and when it may be delivered. */
export interface FollowUp {
  message: WorkMessage
  delaySeconds: number
}

/** Pulling leaves the other half to the stages, so that a backfill never starves a new lead. */
const PULL_SHARE = 0.5
/** Work that is ready and could not be done: a lease of another invocation, a CRM that is left alone for a while. */
const BLOCKED_SECONDS = 2
/** Later than this is the cron's business, which comes every minute. */
const LONGEST_DELAY_SECONDS = 60

/** One bounded piece of the hub's work. Says what has to follow, undefined when nothing does before the next cron. */
export async function work(
  engine: Engine,
  { mayContinue, signal }: Meter,
  { pull, pagesPerStream }: { pull: boolean } & Pick<Budget, 'pagesPerStream'>,
): Promise<FollowUp | undefined> {
  const { deps } = engine
  try {
    let isPulled = true
    if (pull) {
      await refreshMappings(deps)
      await refreshMatching(deps)
      await dailyPass(deps)
      await wakeLapsedEdits(deps)
      const pulled = await pullDue(engine, {
        signal,
        maxPages: pagesPerStream,
        mayContinue: () => mayContinue(PULL_SHARE),
      })
      const watched = await watchDue(engine, { signal, mayContinue: () => mayContinue(PULL_SHARE) })
      isPulled = !pulled.hasMore && !watched.hasMore
    }
    const { isIdle } = await drain(engine, { signal, mayContinue })
    if (engine.late.count() > 0) {
      // What was asked ends with this invocation. Waiting costs no CPU, and others may go on meanwhile.
      await engine.releaseStages()
      await engine.late.settled()
      return { message: { reason: isPulled ? 'more' : 'pull' }, delaySeconds: 0 }
    }
    if (!isPulled) return { message: { reason: 'pull' }, delaySeconds: 0 }
    if (!isIdle) return { message: { reason: 'more' }, delaySeconds: 0 }
    const now = deps.clock.now()
    const next = await deps.store.control.nextWake(now)
    if (next === undefined) return undefined
    const delaySeconds = next > now ? Math.ceil((next - now) / 1000) : BLOCKED_SECONDS
    return delaySeconds > LONGEST_DELAY_SECONDS ? undefined : { message: { reason: 'more' }, delaySeconds }
  } finally {
    await rememberUsage(deps)
    await engine.releaseLeases()
  }
}
