import { DAY_MS, type Instant } from '#model'
import type { Random } from './random.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = DAY_MS

/** Same day and time `months` later (UTC), clamped to the end of a shorter month, as billing anchors are. */
export function addMonths(at: Instant, months: number): Instant {
  const date = new Date(at)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, last))
  return date.getTime()
}

/** A moment between the two, in seconds; `from` where there is no room. */
export function between(random: Random, from: Instant, to: Instant): Instant {
  if (to <= from) return from
  return from + Math.floor((random.next() * (to - from)) / SECOND) * SECOND
}

export const iso = (at: Instant): string => new Date(at).toISOString()
export const unix = (at: Instant): number => Math.floor(at / 1000)
