import type { DeliverPort } from '../engine/ports.ts'
import { LANES } from '../kit/source.ts'
import { CLAIM_CHOSEN, CLAIM_NEXT, claimOf } from './claim.ts'
import { readDepths } from './depths.ts'
import { least, tuplesOf } from './dialect.ts'
import { announceStatements, finishStatements, reclaimExpired } from './finish.ts'
import { toJson } from './json.ts'
import { type LiveColumns, toLive } from './live.ts'
import { type OperationColumns, toOperation, UNBLOCKED } from './outbox.ts'
import { type SqlDatabase, type SqlValue, type Statement, statement } from './sql-database.ts'

/** A merged record may have been merged again: far enough for any real chain, short enough to end in a cycle. */
const MAX_REDIRECTS = 16

const FOLLOW_REDIRECTS = `
  WITH RECURSIVE path (destination, object, from_id, to_id, to_object, depth) AS (
    SELECT destination, object, from_id, to_id, to_object, 1 FROM redirects WHERE (destination, object, from_id) IN ${tuplesOf(1, 3)}
    UNION ALL
    SELECT p.destination, p.object, p.from_id, r.to_id, coalesce(r.to_object, p.to_object), p.depth + 1 FROM path p
    JOIN redirects r ON r.destination = p.destination AND r.object = coalesce(p.to_object, p.object) AND r.from_id = p.to_id
    WHERE p.depth < ${MAX_REDIRECTS})
  SELECT destination, object, from_id, to_id, to_object FROM (
    SELECT *, row_number() OVER (PARTITION BY destination, object, from_id ORDER BY depth DESC) AS place FROM path)
  WHERE place = 1`

/** In the order of a claim within each object; the key of `afterId` is read from its row, which keeps it when sent. */
function peek(request: { destination: string; object?: string; limit: number; afterId?: string }): Statement {
  const params: SqlValue[] = [request.destination, request.limit]
  const bind = (value: string) => `?${params.push(value)}`
  const object = request.object === undefined ? '' : `AND o.object = ${bind(request.object)}`
  const after =
    request.afterId === undefined
      ? ''
      : `AND (o.object, o.lane, o.due_at, o.seq) >
           (SELECT object, lane, due_at, seq FROM operations WHERE id = ${bind(request.afterId)})`
  const sql = `
    SELECT o.* FROM operations o WHERE o.state = 'pending' AND o.destination = ?1 ${object} ${after} AND ${UNBLOCKED}
    ORDER BY o.object, o.lane, o.due_at, o.seq LIMIT ?2`
  return statement(sql, ...params)
}

const byEntity = (keys: { destination: string; object: string; entity: string }[]): string =>
  toJson(keys.map((key) => [key.destination, key.object, key.entity]))

const byCrmId = (keys: { destination: string; object: string; crmId: string }[]): string =>
  toJson(keys.map((key) => [key.destination, key.object, key.crmId]))

export function createDeliver(db: SqlDatabase): DeliverPort {
  return {
    depths: (destination, now, lanes) => readDepths(db, destination, now, lanes),

    async announce(rows) {
      if (rows.length > 0) await db.batch(announceStatements(rows))
    },

    async claim({ destination, object, limit, now, leaseUntil, run, ids, lanes = LANES }) {
      const params = [destination, object, now, leaseUntil, run ?? null, limit]
      const next = lanes.length === LANES.length ? CLAIM_NEXT : claimOf(lanes)
      const [result] = await db.batch<OperationColumns>([
        ids ? statement(CLAIM_CHOSEN, ...params, toJson(ids)) : statement(next, ...params),
      ])
      const rows = result?.rows ?? []
      // RETURNING promises no order.
      rows.sort(
        (a, b) =>
          Number(a.due_at > now) - Number(b.due_at > now) ||
          a.lane - b.lane ||
          a.due_at - b.due_at ||
          a.seq - b.seq,
      )
      return rows.map(toOperation)
    },

    async peek(request) {
      const { sql, params } = peek(request)
      return (await db.query<OperationColumns>(sql, params)).map(toOperation)
    },

    async reclaim(now) {
      const results = await db.batch(reclaimExpired(now))
      return results.at(-1)?.changes ?? 0
    },

    async retryRefused(now) {
      await db.batch([
        statement(
          `UPDATE operations SET not_before = 0 WHERE state = 'pending' AND not_before > ?1
           AND error ->> '$.kind' IN ('auth', 'config')`,
          now,
        ),
      ])
    },

    async hasten(keys, dueAt) {
      await db.batch([
        statement(
          `UPDATE operations SET due_at = ${least('due_at', '?2')}
           WHERE state = 'pending' AND due_at > ?2 AND (destination, object, entity) IN ${tuplesOf(1, 3)}
             AND entity IN (SELECT value ->> 2 FROM json_each(?1))`,
          byEntity(keys),
          dueAt,
        ),
      ])
    },

    async open(keys) {
      return db.query<{ destination: string; object: string; entity: string; notBefore: number }>(
        `SELECT destination, object, entity, max(CASE WHEN state = 'pending' THEN not_before
             WHEN job IS NOT NULL THEN coalesce((SELECT not_before FROM bulk_jobs j WHERE j.id = job), 0)
             ELSE 0 END) AS "notBefore"
         FROM operations
         WHERE kind = 'upsert' AND state IN ('pending', 'sending') AND (destination, object, entity) IN ${tuplesOf(1, 3)}
         GROUP BY destination, object, entity`,
        [byEntity(keys)],
      )
    },

    async finish(commit) {
      await db.batch(finishStatements(commit))
    },

    async live(keys) {
      const rows = await db.query<LiveColumns>(
        `SELECT * FROM live WHERE (destination, object, crm_id) IN ${tuplesOf(1, 3)}`,
        [byCrmId(keys)],
      )
      return rows.map(toLive)
    },

    async redirects(keys) {
      const rows = await db.query<{
        destination: string
        object: string
        from_id: string
        to_id: string
        to_object: string | null
      }>(FOLLOW_REDIRECTS, [byCrmId(keys)])
      return rows.map(({ destination, object, from_id, to_id, to_object }) => ({
        destination,
        object,
        from: from_id,
        to: to_id,
        ...(to_object === null ? {} : { toObject: to_object }),
      }))
    },
  }
}
