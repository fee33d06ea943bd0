import { type HubError, RateLimitError, TransientError } from '../errors.ts'

/** Longer waits are handed to the caller, who has other work to do meanwhile. */
const MAX_WAIT_IN_PLACE_MS = 30_000
const FIRST_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 10_000
/** A date further away comes from a wrong clock, not from a quota. */
const MAX_BELIEVABLE_MS = 31 * 86_400_000

/**
 * Milliseconds asked for by Retry-After (seconds or HTTP date), undefined where the vendor did not say.
 * A date is compared with the answer's own Date where it has one: the two clocks need not agree.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  // Date.parse takes almost anything with a digit for a date.
  if (!/^[a-z]{3,9},? .*\d\d:\d\d|^\d{4}-\d\d-\d\dT/i.test(text)) return undefined
  const until = Date.parse(text)
  if (Number.isNaN(until)) return undefined
  const sentAt = Date.parse(headers.get('date') ?? '')
  const wait = Math.max(0, until - (Number.isNaN(sentAt) ? now : sentAt))
  return wait > MAX_BELIEVABLE_MS ? undefined : wait
}

/**
 * Milliseconds to wait before the next attempt, undefined where there must be none. The error's class decides: a
 * refusal by rate was not processed, so any request may be repeated; whatever else may have been, only if `isRepeatable`.
 */
export function waitBeforeRetry(
  error: HubError,
  attempt: { number: number; isRepeatable: boolean; random: () => number },
): number | undefined {
  if (error.code === 'http.aborted') return undefined
  if (!(error instanceof RateLimitError || (error instanceof TransientError && attempt.isRepeatable))) {
    return undefined
  }
  const asked = error.details.retryAfterMs
  if (asked === undefined) return backoff(attempt.number, attempt.random)
  return asked > MAX_WAIT_IN_PLACE_MS ? undefined : asked
}

/** Doubles from attempt to attempt; spread by half in both directions, so that callers do not return in step. */
const backoff = (attempt: number, random: () => number): number =>
  Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS) * (0.5 + random())
