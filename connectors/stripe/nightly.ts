import { DAY_MS } from '#model'
import type { StripeConfig } from './config.ts'
import { RESOURCES, type Resource, type StreamName } from './resources.ts'

/** A part of a list. `query` takes the place of the stream's own. */
export interface ListPass {
  since?: number
  before?: number
  query?: Resource['query']
}

/** What a part of the event log names. */
export interface EventPass {
  types: readonly string[]
  since: number
}

/** Two in the morning, UTC. */
const NIGHT_MS = 2 * 3_600_000
const RECENT_MS = 3 * DAY_MS
const SLICE_MS = 10 * DAY_MS
/** Two years of slices. */
const SLICES = 73

const nightOf = (at: number): number => Math.floor((at - NIGHT_MS) / DAY_MS)

/** What a run reads once more because a night has passed between the last one and this. */
export function nightlyPasses(
  stream: StreamName,
  { since, until }: { since: number; until: number },
  { nightly }: StripeConfig,
): (ListPass | EventPass)[] {
  return nightly && nightOf(since) < nightOf(until) ? passesOf(stream, until) : []
}

/**
 * Some changes make no event, and an event can come so late that the overlap of two runs misses it. So every night reads
 * what is new, what is alive, and a slice of the two years before, a different one each night; and looks once more for
 * deletions. Bounded: some thirteen days of records, whatever the age of the account.
 */
export function passesOf(stream: StreamName, until: number): (ListPass | EventPass)[] {
  if (stream === 'events') return []
  const resource: Resource = RESOURCES[stream]
  const recent = until - RECENT_MS
  const before = recent - (nightOf(until) % SLICES) * SLICE_MS
  const deletions = resource.events.filter((type) => resource.deletions?.includes(type))
  return [
    ...(deletions.length > 0 ? [{ types: deletions, since: recent }] : []),
    { since: recent },
    ...(resource.hasCreated ? [{ since: before - SLICE_MS, before }] : []),
    ...(resource.living ? [{ query: resource.living }] : []),
  ]
}
