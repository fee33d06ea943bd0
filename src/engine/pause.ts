import { HubError, isRetryable, reportOf } from '#kit'
import { backoffMs } from './backoff.ts'
import type { Connection } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import type { Operation, OperationResult } from './ports.ts'

/** A CRM that does not answer is tried again at least this often, so that work resumes soon after it is back. */
const LONGEST_OUTAGE_PAUSE_MS = 60_000

/**
 * When a connection may be called again (quota used up, credentials refused, vendor down), and how often in a row it
 * could not be. By its configuration, which outlives the engines of a Worker's invocations.
 */
const conditions = new WeakMap<object, { until: number; failures: number }>()

export const isPaused = ({ config }: Connection, now: number): boolean =>
  (conditions.get(config)?.until ?? 0) > now

/** The CRM has answered. */
export const resume = ({ config }: Connection): void => void conditions.delete(config)

/** Leaves a destination alone after a call that failed as a whole; answers until when. */
export function pause(
  deps: EngineDeps,
  { name, config }: Connection,
  error: unknown,
  operations = 0,
): number {
  const now = deps.clock.now()
  const failures = (conditions.get(config)?.failures ?? 0) + 1
  const asked = error instanceof HubError ? error.details.retryAfterMs : undefined
  const wait = backoffMs(failures, deps.random)
  const until = now + (asked ?? (isRetryable(error) ? Math.min(wait, LONGEST_OUTAGE_PAUSE_MS) : wait))
  conditions.set(config, { until, failures })
  deps.log.warn('delivery paused', {
    destination: name,
    until: new Date(until).toISOString(),
    operations,
    error: reportOf(error),
  })
  return until
}

/** Pending again, as if it had not been claimed. */
export const unsent = ({ id }: Pick<Operation, 'id'>, notBefore: number): OperationResult => ({
  id,
  outcome: 'retry',
  fields: {},
  notBefore,
  isUncounted: true,
})

/** Puts claimed operations back; `error` says what they wait for. */
export async function putBack(
  { store, clock }: EngineDeps,
  operations: Operation[],
  notBefore: number,
  error?: unknown,
): Promise<void> {
  if (operations.length === 0) return
  const reason = error === undefined ? {} : { error: reportOf(error) }
  const results = operations.map((operation) => ({ ...unsent(operation, notBefore), ...reason }))
  await store.deliver.finish({ now: clock.now(), results, deliveries: [], live: [], redirects: [] })
}
