import type { Hold, ThresholdPort, WriteCounts } from '../engine/ports.ts'
import { columns, itemsOf, rowsOf } from './dialect.ts'
import { bulk, toJson } from './json.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

const HOUR_MS = 3_600_000
const hourOf = (at: number): number => Math.floor(at / HOUR_MS)

const ADD = `
  INSERT INTO write_counts (destination, object, hour, creates, nulls, owners, records, remapped)
  SELECT ${columns(8)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (destination, object, hour) DO UPDATE SET
    creates = write_counts.creates + excluded.creates, nulls = write_counts.nulls + excluded.nulls,
    owners = write_counts.owners + excluded.owners, records = write_counts.records + excluded.records,
    remapped = write_counts.remapped + excluded.remapped`

export const addCounts = (rows: Parameters<ThresholdPort['add']>[0]) =>
  bulk(
    ADD,
    rows.map((r) => [
      r.destination,
      r.object,
      hourOf(r.at),
      r.creates,
      r.nulls,
      r.owners,
      r.records,
      r.remapped,
    ]),
  )

const COUNTS = `
  SELECT object, sum(creates) AS creates, sum(nulls) AS nulls, sum(owners) AS owners, sum(records) AS records,
    sum(remapped) AS remapped
  FROM write_counts WHERE destination = ?1 AND hour >= ?2 GROUP BY object`

/** The first version of a file is no change: nothing was written by another one. */
const CHANGED = `
  SELECT v.object, v.hash, v.seen_at AS "seenAt" FROM mapping_versions v
  WHERE v.destination = ?1 AND v.seen_at >= ?2 AND EXISTS (SELECT 1 FROM mapping_versions o
    WHERE o.destination = v.destination AND o.object = v.object AND o.file = v.file AND o.seen_at < v.seen_at)`

const AWAITING = `
  SELECT count(*) AS count FROM (
    SELECT 1 FROM operations o JOIN projections p
      ON p.destination = o.destination AND p.object = o.object AND p.entity = o.entity AND p.crm_id IS NOT NULL
    WHERE o.state = 'pending' AND o.destination = ?1 AND o.object = ?2 AND o.kind = 'upsert'
      AND o.mapping IN ${itemsOf(3)} LIMIT ?4)`

const HOLD = `
  INSERT INTO holds (destination, object, reason, at) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (destination, object) DO UPDATE SET reason = excluded.reason, at = excluded.at, accepted_at = NULL
  WHERE holds.accepted_at IS NOT NULL`

const HOLDS = 'SELECT destination, object, reason, at FROM holds WHERE accepted_at IS NULL'
/** ?1, ?2: destination and object, null for all. */
const OPEN = `accepted_at IS NULL AND (?1 IS NULL OR destination = ?1) AND (?2 IS NULL OR object = ?2)`

export function createThresholds(db: SqlDatabase): ThresholdPort {
  return {
    async window({ destination, since }) {
      const [counts, all, changed] = await Promise.all([
        db.query<WriteCounts & { object: string }>(COUNTS, [destination, hourOf(since)]),
        db.query<Hold & { accepted_at: number | null }>('SELECT * FROM holds WHERE destination = ?1', [
          destination,
        ]),
        db.query<{ object: string; hash: string; seenAt: number }>(CHANGED, [destination, since]),
      ])
      return {
        counts,
        changed,
        holds: all.flatMap(({ accepted_at, ...hold }) => (accepted_at === null ? [hold] : [])),
        accepted: all.flatMap(({ object, accepted_at: at }) => (at === null ? [] : [{ object, at }])),
      }
    },

    async add(rows) {
      if (rows.length > 0) await db.batch(addCounts(rows))
    },

    async awaiting({ destination, object, hashes, max }) {
      const [row] = await db.query<{ count: number }>(AWAITING, [destination, object, toJson(hashes), max])
      return row?.count ?? 0
    },

    async hold({ destination, object, reason, at }) {
      await db.batch([statement(HOLD, destination, object, reason, at)])
    },

    holds: (destination) =>
      destination === undefined
        ? db.query<Hold>(`${HOLDS} ORDER BY destination, object`)
        : db.query<Hold>(`${HOLDS} AND destination = ?1 ORDER BY object`, [destination]),

    async accept({ destination, object, now }) {
      const which = [destination ?? null, object ?? null]
      const results = await db.batch<Hold>([
        statement(
          `DELETE FROM write_counts WHERE (destination, object) IN (SELECT destination, object FROM holds WHERE ${OPEN})`,
          ...which,
        ),
        statement(
          `UPDATE holds SET accepted_at = ?3 WHERE ${OPEN} RETURNING destination, object, reason, at`,
          ...which,
          now,
        ),
      ])
      return results.at(-1)?.rows ?? []
    },

    async forget(before) {
      await db.batch([statement('DELETE FROM write_counts WHERE hour < ?1', hourOf(before))])
    },
  }
}
