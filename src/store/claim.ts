import { LANES, type Lane } from '../kit/source.ts'
import { itemsOf } from './dialect.ts'
import { rankOf } from './lanes.ts'
import { UNBLOCKED } from './outbox.ts'

const READY = `o.state = 'pending' AND o.destination = ?1 AND o.object = ?2 AND o.not_before <= ?3 AND ${UNBLOCKED}`

/**
 * Ready operations, due ones first, then by lane, then by deadline (the age of an operation: coalescing keeps the
 * earliest). One ordered range of the index operations_ready per lane; a range is read only if those before it did not
 * fill the limit, so that a backlog costs no more than what is taken from it. Nested, because D1 allows five terms in a
 * compound SELECT.
 */
const rangesOf = (lanes: readonly Lane[], due: string): string =>
  lanes
    .map(rankOf)
    .map(
      (rank) => `SELECT id FROM (SELECT o.id FROM operations o WHERE ${READY} AND o.lane = ${rank} AND ${due}
      ORDER BY o.due_at LIMIT ?6)`,
    )
    .join(' UNION ALL ')
const nextReady = (lanes: readonly Lane[]): string => `
  SELECT id FROM (
    SELECT id FROM (${rangesOf(lanes, 'o.due_at <= ?3')} LIMIT ?6)
    UNION ALL SELECT id FROM (${rangesOf(lanes, 'o.due_at > ?3')} LIMIT ?6)
  ) LIMIT ?6`

const CHOSEN_READY = `
  SELECT o.id FROM operations o WHERE o.id IN ${itemsOf(7)} AND ${READY}
  ORDER BY CASE WHEN o.due_at <= ?3 THEN 0 ELSE 1 END, o.lane, o.due_at LIMIT ?6`

const claim = (ids: string): string => `
  UPDATE operations SET state = 'sending', attempts = attempts + 1, lease_until = ?4, run = coalesce(?5, run)
  WHERE id IN (${ids}) RETURNING *`

/** Parameters: destination, object, now, lease until, run or null, limit. */
export const CLAIM_NEXT = claim(nextReady(LANES))
/** The same, of some lanes. */
export const claimOf = (lanes: readonly Lane[]): string => claim(nextReady(lanes))
/** The same, and a JSON array of ids. */
export const CLAIM_CHOSEN = claim(CHOSEN_READY)
