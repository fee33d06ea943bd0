import type { QueueDepth } from '../engine/ports.ts'
import { LANES, type Lane } from '../kit/source.ts'
import { present } from './json.ts'
import { rankOf } from './lanes.ts'
import { UNBLOCKED } from './outbox.ts'
import { IN_QUEUE, NEXT_AT, QUEUES } from './queues.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Counting stops here, per lane: no batch is larger, and a backlog of millions must not make every look at it slow. */
const MAX_COUNTED = 2_500

const countOf = (lanes: readonly Lane[], condition: string): string =>
  lanes
    .map(rankOf)
    .map(
      (rank) => `(SELECT count(*) FROM (SELECT 1 FROM operations o WHERE ${IN_QUEUE} AND o.lane = ${rank}
      AND o.not_before <= ?2 ${condition} AND ${UNBLOCKED} LIMIT ${MAX_COUNTED}))`,
    )
    .join(' + ')

const depthsOf = (lanes: readonly Lane[]): string => `
  WITH RECURSIVE ${QUEUES}
  SELECT object, ${countOf(lanes, '')} AS ready, ${countOf(lanes, 'AND o.due_at <= ?2')} AS due, ${NEXT_AT} AS next_at
  FROM queue WHERE destination = ?1`

const ALL = depthsOf(LANES)

export async function readDepths(
  db: SqlDatabase,
  destination: string,
  now: number,
  lanes: readonly Lane[] = LANES,
): Promise<QueueDepth[]> {
  const rows = await db.query<{ object: string; ready: number; due: number; next_at: number | null }>(
    lanes.length === LANES.length ? ALL : depthsOf(lanes),
    [destination, now],
  )
  return rows.map((row) =>
    present<QueueDepth>({
      destination,
      object: row.object,
      ready: row.ready,
      due: row.due,
      nextAt: row.next_at,
    }),
  )
}
