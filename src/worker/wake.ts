import type { Queue } from '@cloudflare/workers-types'
import type { WorkMessage } from './environment.ts'

/** Shortest time between two messages about new receipts, in this isolate. */
const QUIET_MS = 1000

/**
 * Calls for work after receipts were stored. The first of a burst calls at once, the next one calls with a delay, and
 * all that are stored before that delay has passed are covered by it: two messages a second instead of one per request.
 * Where sending fails, the receipts wait for the cron.
 */
export function createWake(now: () => number): (queue: Queue<WorkMessage>) => Promise<void> {
  let calledAt = Number.NEGATIVE_INFINITY
  let coveredUntil = Number.NEGATIVE_INFINITY
  return async (queue) => {
    const at = now()
    if (at < coveredUntil) return
    const isFirst = at - calledAt >= QUIET_MS
    if (isFirst) calledAt = at
    else coveredUntil = at + QUIET_MS
    try {
      await queue.send({ reason: 'receipt' }, isFirst ? {} : { delaySeconds: QUIET_MS / 1000 })
    } catch (error) {
      calledAt = coveredUntil = Number.NEGATIVE_INFINITY
      throw error
    }
  }
}
