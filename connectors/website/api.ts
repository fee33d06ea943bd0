import * as z from 'zod'

/** Segment's six calls. @see https://segment.com/docs/connections/spec/ */
export const CALLS = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const

const Id = z.union([z.string(), z.number()]).nullish()
const Time = z.union([z.string(), z.number()]).nullish()
const Bag = z.record(z.string(), z.unknown()).nullish()

/**
 * One event as clients send it. Loose: only what decides how an event is read is checked; a page title that is a number
 * costs the title, not the event.
 */
export const SegmentEvent = z.looseObject({
  type: z.enum(CALLS),
  messageId: z.string().nullish(),
  userId: Id,
  anonymousId: Id,
  previousId: Id,
  groupId: Id,
  event: z.string().nullish(),
  name: z.string().nullish(),
  category: z.string().nullish(),
  properties: Bag,
  traits: Bag,
  context: Bag,
  timestamp: Time,
  originalTimestamp: Time,
  sentAt: Time,
})
export type SegmentEvent = z.infer<typeof SegmentEvent>

/** What the collector knew when the event came in. */
export const Arrival = z.object({
  received_at: z.int().describe('Instant'),
  ip: z.string().optional().describe('Only where a trusted proxy names it and the sender did not forbid it'),
  user_agent: z.string().optional(),
  gpc: z.boolean().optional().describe('Sec-GPC: 1'),
  dnt: z.boolean().optional().describe('DNT: 1'),
  prefetch: z.boolean().optional().describe('Sec-Purpose: prefetch'),
})
export type Arrival = z.infer<typeof Arrival>

/** An event as it is kept. `event` stays unchecked here, so that a malformed one is kept and named by `map`. */
export const EventRecord = Arrival.extend({
  event: z.unknown(),
  oversize: z
    .int()
    .optional()
    .describe('Bytes of an event of a batch that is larger than the collector allows'),
})
export type EventRecord = z.infer<typeof EventRecord>

/** The body of a receipt: one request of a client, as the collector stores it. */
export const CollectedRequest = Arrival.extend({
  type: z.enum([...CALLS, 'batch']),
  payload: z.record(z.string(), z.unknown()),
  oversize: z.record(z.string(), z.int()).optional().describe('Bytes of oversize events by their index'),
})
export type CollectedRequest = z.infer<typeof CollectedRequest>

export type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text that says something; undefined for anything else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined

/** The object under a key, or an empty one. */
export const objectIn = (holder: unknown, key: string): Json => {
  const value = isObject(holder) ? holder[key] : undefined
  return isObject(value) ? value : {}
}
