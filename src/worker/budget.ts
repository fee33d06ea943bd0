import type { Engine } from '../engine/engine.ts'
import type { CountedDatabase } from './counted-database.ts'

/**
 * What one invocation may use before it hands over to the next. Asked between steps, so the last step may go over:
 * each number leaves it room below the platform's limits (10,000 subrequests, 1,000 D1 queries, 30 s of CPU, 15 minutes).
 * @see https://developers.cloudflare.com/workers/platform/limits/
 * @see https://developers.cloudflare.com/d1/platform/limits/
 */
export interface Budget {
  seconds: number
  vendorCalls: number
  /** SQL statements, also those inside a batch. */
  statements: number
  /** Of one stream, before the next stream has its turn. */
  pagesPerStream: number
}

export const DEFAULT_BUDGET: Budget = { seconds: 20, vendorCalls: 500, statements: 500, pagesPerStream: 5 }

/** A call that hangs in spite of its own deadline is given up after this many times the seconds of the budget. */
const PATIENCE = 15

export interface Meter {
  /** False once `share` (0–1) of any part of the budget is used up. */
  mayContinue(share?: number): boolean
  /** Stops what is under way long after the budget ended, and before the platform would. */
  signal: AbortSignal
}

export function startMeter(
  budget: Budget,
  { deps }: Engine,
  database: Pick<CountedDatabase, 'statements'>,
): Meter {
  const calls = () => [...deps.connections.values()].reduce((sum, { http }) => sum + http.usage.calls, 0)
  const started = { at: deps.clock.now(), calls: calls(), statements: database.statements }
  return {
    signal: AbortSignal.timeout(budget.seconds * 1000 * PATIENCE),
    mayContinue: (share = 1) =>
      deps.clock.now() - started.at < budget.seconds * 1000 * share &&
      calls() - started.calls < budget.vendorCalls * share &&
      database.statements - started.statements < budget.statements * share,
  }
}
