import type { DeletionCommit, DeletionPort, HeldDeletions, NewRecord } from '../engine/ports.ts'
import { at, columns, rowsOf, tuplesOf } from './dialect.ts'
import { bulk, parse, toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import { applyDeletions } from './records.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

/** One that is held stays so until a person decides, however often it is reported. */
const NOTE = `
  INSERT INTO deletions (connection, stream, key, version, lane, receipt, at, state, run)
  SELECT ${columns(6)}, ?2, ?3, ?4 FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, stream, key) DO UPDATE SET
    version = excluded.version, lane = excluded.lane, receipt = excluded.receipt, at = excluded.at, run = excluded.run,
    state = CASE WHEN deletions.state = 'held' THEN 'held' ELSE excluded.state END`

const HOLD = `
  INSERT INTO deletion_holds (connection, stream, at, known, reason) SELECT ${columns(5)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, stream) DO NOTHING`

const COLLECTED = `connection = ?2 AND stream = ?3 AND state = 'collecting'`

const REFUTED = `
  DELETE FROM deletions
  WHERE state IN ('collecting', 'held') AND at < ?2 AND (connection, stream, key) IN ${tuplesOf(1, 3)}`
/** Holds of which nothing waits any more. */
const END_EMPTY = `
  DELETE FROM deletion_holds WHERE NOT EXISTS (SELECT 1 FROM deletions d
    WHERE d.connection = deletion_holds.connection AND d.stream = deletion_holds.stream AND d.state = 'held')`

/** In this order after the records of the same commit, of which those are given that are not deleted. */
export function deletionStatements(
  { collected = [], applied = [], held = [], holds = [], settle, refutedAt }: DeletionCommit,
  { records, runId, now }: { records: readonly NewRecord[]; runId?: string | undefined; now: number },
): Statement[] {
  const note = (rows: readonly NewRecord[], state: string) =>
    bulk(
      NOTE,
      rows.map((r) => [r.connection, r.stream, r.key, r.version, rankOf(r.lane), r.receipt ?? null]),
      now,
      state,
      runId ?? null,
    )
  const refute =
    refutedAt === undefined
      ? []
      : bulk(
          REFUTED,
          records.map((r) => [r.connection, r.stream, r.key]),
          refutedAt,
        )
  const hold = bulk(
    HOLD,
    holds.map((h) => [h.connection, h.stream, h.at, h.known, h.reason]),
  )
  return [
    ...refute,
    ...note(collected, 'collecting'),
    ...note(applied, 'applied'),
    ...note(held, 'held'),
    ...hold,
    ...(settle ? settlement(settle, now) : []),
    ...(refute.length > 0 ? [statement(END_EMPTY)] : []),
  ]
}

const settlement = (
  { connection, stream, as }: NonNullable<DeletionCommit['settle']>,
  now: number,
): Statement[] => [
  ...(as === 'applied' ? [statement(applyDeletions(COLLECTED), now, connection, stream)] : []),
  statement(`UPDATE deletions SET state = ?4, at = ?1 WHERE ${COLLECTED}`, now, connection, stream, as),
]

/** Rows: [place, connection, stream, key]. */
const ALIVE = `
  SELECT ${at(0)} AS place FROM ${rowsOf(1)} JOIN records r
    ON r.connection = ${at(1)} AND r.stream = ${at(2)} AND r.key = ${at(3)} AND r.is_deleted = 0`

const WINDOW = `
  SELECT (SELECT count(*) FROM deletions WHERE connection = ?1 AND stream = ?2 AND state = 'applied' AND at >= ?3) AS applied,
    (SELECT count(*) FROM deletions WHERE connection = ?1 AND stream = ?2 AND state = 'collecting') AS collected,
    EXISTS (SELECT 1 FROM deletion_holds WHERE connection = ?1 AND stream = ?2) AS held`

/** Both counts read an index only. */
const COUNT_ALIVE = `
  SELECT (SELECT count(*) FROM records WHERE connection = ?1 AND stream = ?2)
    - (SELECT count(*) FROM records WHERE connection = ?1 AND stream = ?2 AND is_deleted = 1) AS count`

const SAMPLE = 5
const WAITING = `d.connection = h.connection AND d.stream = h.stream AND d.state = 'held'`
const HOLDS = `
  SELECT h.connection, h.stream, h.at, h.known, h.reason, (SELECT count(*) FROM deletions d WHERE ${WAITING}) AS count,
    (SELECT json_group_array(key) FROM (SELECT d.key FROM deletions d WHERE ${WAITING} ORDER BY d.key LIMIT ${SAMPLE})) AS sample
  FROM deletion_holds h ORDER BY h.connection, h.stream`

const NEXT_HELD = `connection = ?2 AND stream = ?3 AND state = 'held' AND key IN (SELECT key FROM deletions
  WHERE connection = ?2 AND stream = ?3 AND state = 'held' ORDER BY key LIMIT ?4)`

export function createDeletions(db: SqlDatabase): DeletionPort {
  return {
    async areAlive(keys) {
      const rows = await db.query<{ place: number }>(
        ALIVE,
        [toJson(keys.map((key, place) => [place, key.connection, key.stream, key.key]))],
        'narrow',
      )
      const alive = new Set(rows.map(({ place }) => place))
      return keys.map((_, place) => alive.has(place))
    },

    async window({ connection, stream, since }) {
      const [row] = await db.query<{ applied: number; collected: number; held: number }>(WINDOW, [
        connection,
        stream,
        since,
      ])
      return { applied: row?.applied ?? 0, collected: row?.collected ?? 0, isHeld: row?.held === 1 }
    },

    async countAlive({ connection, stream }) {
      const [row] = await db.query<{ count: number }>(COUNT_ALIVE, [connection, stream])
      return row?.count ?? 0
    },

    async holds() {
      const rows = await db.query<Omit<HeldDeletions, 'sample'> & { sample: string }>(HOLDS)
      return rows.map((row) => ({ ...row, sample: parse<string[]>(row.sample) }))
    },

    async held({ connection, stream, limit, after }) {
      const c = new Conditions()
        .add(`state = 'held' AND connection = ?`, connection)
        .add('stream = ?', stream)
        .add('key > ?', readToken(after, 1)?.[0])
      const rows = await db.query<{ key: string; at: number }>(
        `SELECT key, at FROM deletions ${c.where} ORDER BY key LIMIT ${c.bind(limit + 1)}`,
        c.params,
      )
      return pageOf(
        rows,
        limit,
        (row) => row,
        ({ key }) => [key],
      )
    },

    async release({ connection, stream, now, limit }) {
      const [, released] = await db.batch([
        statement(applyDeletions(NEXT_HELD), now, connection, stream, limit),
        statement(
          `UPDATE deletions SET state = 'released', at = ?1 WHERE ${NEXT_HELD}`,
          now,
          connection,
          stream,
          limit,
        ),
        statement(
          `UPDATE deletions SET state = 'released' WHERE connection = ?1 AND stream = ?2 AND state = 'applied'`,
          connection,
          stream,
        ),
        statement(END_EMPTY),
      ])
      const applied = released?.changes ?? 0
      return { applied, more: applied === limit }
    },

    async drop({ connection, stream }) {
      const [dropped] = await db.batch([
        statement(
          `DELETE FROM deletions WHERE connection = ?1 AND stream = ?2 AND state = 'held'`,
          connection,
          stream,
        ),
        statement(END_EMPTY),
      ])
      return dropped?.changes ?? 0
    },

    async forget(before) {
      await db.batch([
        statement(`DELETE FROM deletions WHERE state IN ('applied', 'released') AND at < ?1`, before),
      ])
    },
  }
}
