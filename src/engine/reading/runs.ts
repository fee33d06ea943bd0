import { reportOf, TransientError } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { RunRow } from '../ports.ts'
import { pulledStreams } from './streams.ts'

/** Why a run has no end of its own. */
export const LOST_RUN = reportOf(
  new TransientError(
    'source.interrupted',
    'The process ended before the run did; a later run went on after it',
  ),
)

/** Counts of a run; of one that reads, with those records that were as they are stored. */
export const countsOf = ({ kind, counts }: Pick<RunRow, 'kind' | 'counts'>): RunRow['counts'] =>
  kind === 'pull' || kind === 'import'
    ? { ...counts, unchanged: Math.max(0, (counts.records ?? 0) - (counts.changed ?? 0)) }
    : counts

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
