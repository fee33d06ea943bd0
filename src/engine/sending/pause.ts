import { HubError, isRetryable, reportOf } from '#kit'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import type { Operation, OperationResult } from '../ports.ts'
import { backoffMs } from './backoff.ts'

/** A CRM that does not answer is tried again at least this often, so that work resumes soon after it is back. */
const LONGEST_OUTAGE_PAUSE_MS = 60_000

interface Condition {
  until: number
  /** In a row. */
  failures: number
}

/**
 * When a connection, or one subject of it, may be called again (quota used up, credentials refused, vendor down), and how
 * often in a row it could not be. By its configuration, which outlives the engines of a Worker's invocations.
 */
const conditions = new WeakMap<object, Map<string, Condition>>()

/** The connection as a whole. */
const WHOLE = ''

export const isPaused = ({ config }: Connection, now: number, subject = WHOLE): boolean =>
  (conditions.get(config)?.get(subject)?.until ?? 0) > now

/** The CRM has answered. */
export const resume = ({ config }: Connection, subject = WHOLE): void =>
  void conditions.get(config)?.delete(subject)

/** Leaves a subject alone, longer each time, or as long as the vendor asks; answers until when. */
export function leaveAlone(
  { clock, random }: EngineDeps,
  { config }: Connection,
  error: unknown,
  { subject = WHOLE, skipped = 0, longest = Number.POSITIVE_INFINITY } = {},
): number {
  const own = conditions.get(config) ?? new Map<string, Condition>()
  conditions.set(config, own)
  const failures = (own.get(subject)?.failures ?? 0) + 1
  const asked = error instanceof HubError ? error.details.retryAfterMs : undefined
  const until = clock.now() + (asked ?? Math.min(backoffMs(failures + skipped, random), longest))
  own.set(subject, { until, failures })
  return until
}

/** Leaves a destination alone after a call that failed as a whole; answers until when. */
export function pause(deps: EngineDeps, connection: Connection, error: unknown, operations = 0): number {
  const { name } = connection
  const until = leaveAlone(
    deps,
    connection,
    error,
    isRetryable(error) ? { longest: LONGEST_OUTAGE_PAUSE_MS } : {},
  )
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
