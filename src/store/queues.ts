import { LANES } from '../kit/source.ts'
import { greatest } from './dialect.ts'
import { UNBLOCKED } from './outbox.ts'

/** One step per destination and object, whatever the backlog: each looks up the next pair in the index. */
const nextQueue = (after: string): string => `
  (SELECT seq FROM operations WHERE state = 'pending' ${after} ORDER BY destination, object LIMIT 1)`

/** Needs WITH RECURSIVE: table `queue` (destination, object) of what has pending operations. */
export const QUEUES = `
  queue (destination, object) AS (
    SELECT destination, object FROM operations WHERE seq = ${nextQueue('')}
    UNION ALL
    SELECT o.destination, o.object FROM queue q
    JOIN operations o ON o.seq = ${nextQueue('AND (destination, object) > (q.destination, q.object)')})`

/** Pending operations `o` of the current row of `queue`. */
export const IN_QUEUE = `o.state = 'pending' AND o.destination = queue.destination AND o.object = queue.object`

const firstOfLanes = LANES.map(
  (_, rank) => `
    SELECT at FROM (SELECT o.due_at AS at FROM operations o WHERE ${IN_QUEUE} AND o.lane = ${rank}
      AND o.not_before = 0 AND ${UNBLOCKED} ORDER BY o.due_at LIMIT 1)`,
)

/**
 * When the current row of `queue` needs attention: per lane the first deadline of what is not delayed, and the ends of
 * delays. What waits for an operation under way does not count: that one's end, or the end of its lease, comes first.
 */
export const NEXT_AT = `
  (SELECT min(at) FROM (${firstOfLanes.join(' UNION ALL ')}
    UNION ALL SELECT min(${greatest('o.due_at', 'o.not_before')}) FROM operations o
      WHERE ${IN_QUEUE} AND o.not_before > 0 AND ${UNBLOCKED}))`
