import type { EngineDeps } from './deps.ts'
import type { RunRow } from './ports.ts'
import { pulledStreams } from './streams.ts'

/** Counts of a pull with those records that were as they are stored. */
export const withUnchanged = (counts: RunRow['counts']): RunRow['counts'] => ({
  ...counts,
  unchanged: Math.max(0, (counts.records ?? 0) - (counts.changed ?? 0)),
})

/** The last pull of each stream that is read today, where it failed. */
export async function failingPulls({
  store,
  connections,
}: Pick<EngineDeps, 'store' | 'connections'>): Promise<RunRow[]> {
  const read = new Set(
    [...connections.values()].flatMap((c) => pulledStreams(c).map((stream) => `${c.name}/${stream}`)),
  )
  return (await store.inspect.lastPulls()).filter(({ scope, state }) => state === 'failed' && read.has(scope))
}
