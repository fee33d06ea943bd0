import * as z from 'zod'

/** A moment: integer milliseconds since the Unix epoch, UTC. */
export const Instant = z.int().describe('Milliseconds since the Unix epoch, UTC')
export type Instant = z.infer<typeof Instant>

export const DAY_MS = 86_400_000

/** Day number since the epoch in UTC; the unit of touchpoint buckets. */
export const dayOf = (at: Instant): number => Math.floor(at / DAY_MS)

/** First millisecond of a UTC day number. */
export const startOfDay = (day: number): Instant => day * DAY_MS

/** `YYYY-MM-DD` in UTC. */
export const isoDate = (at: Instant): string => new Date(at).toISOString().slice(0, 10)

export const isoInstant = (at: Instant): string => new Date(at).toISOString()

/** Seconds since the epoch (Stripe, SendGrid) to an instant. */
export const fromUnix = (seconds: number): Instant => Math.round(seconds * 1000)

/** Parses an ISO 8601 text; `undefined` where it is not one, because a bad date must not become "now". */
export function parseInstant(text: string): Instant | undefined {
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}
