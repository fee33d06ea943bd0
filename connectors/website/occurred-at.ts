import { DAY_MS, type Instant, parseInstant } from '#model'
import type { SegmentEvent } from './api.ts'

const OLDEST_MS = 10 * 365 * DAY_MS

/**
 * When it happened by our clock: `received − (sent − original)`, because the client's clock may be wrong but is wrong
 * by the same amount in both of its times. Never after it was received; a time older than ten years is a broken clock.
 * @see https://segment.com/docs/connections/spec/common/#timestamps
 */
export function occurredAt(event: SegmentEvent, receivedAt: Instant): Instant {
  const original = instantOf(event.originalTimestamp) ?? instantOf(event.timestamp)
  if (original === undefined) return receivedAt
  const sent = instantOf(event.sentAt)
  const corrected = sent === undefined ? original : receivedAt - (sent - original)
  if (corrected > receivedAt || corrected < receivedAt - OLDEST_MS) return receivedAt
  return corrected
}

function instantOf(time: string | number | null | undefined): Instant | undefined {
  if (typeof time === 'number') return Number.isFinite(time) ? Math.round(time) : undefined
  return typeof time === 'string' ? parseInstant(time) : undefined
}
