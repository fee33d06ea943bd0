import type { FullReadPort, StreamKey } from '../engine/ports.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

const FORGET = 'DELETE FROM seen WHERE connection = ?1 AND stream = ?2'

/** A cursor of null is none. */
const BEGIN = `
  INSERT INTO cursors (connection, stream, cursor, updated_at, full_since) VALUES (?1, ?2, 'null', ?3, ?3)
  ON CONFLICT (connection, stream) DO UPDATE SET
    cursor = excluded.cursor, updated_at = excluded.updated_at, full_since = excluded.full_since`

/** What could not be read has a key of its own, which says nothing about what exists. */
const UNSEEN = `
  connection = ?1 AND stream = ?2 AND is_deleted = 0 AND changed_at < ?3 AND state <> 'pending'
  AND substr(key, 1, 8) <> 'invalid:'
  AND NOT EXISTS (SELECT 1 FROM seen s
    WHERE s.connection = records.connection AND s.stream = records.stream AND s.key = records.key)`

/** The full read is over: statements for the commit of its last page, after the cursor. */
export const endFull = ({ connection, stream }: StreamKey): Statement[] => [
  statement('UPDATE cursors SET full_since = NULL WHERE connection = ?1 AND stream = ?2', connection, stream),
  statement(FORGET, connection, stream),
]

export function createFullReads(db: SqlDatabase): FullReadPort {
  return {
    async begin({ connection, stream, now }) {
      await db.batch([statement(FORGET, connection, stream), statement(BEGIN, connection, stream, now)])
    },

    async since({ connection, stream }) {
      const [row] = await db.query<{ since: number | null }>(
        'SELECT full_since AS since FROM cursors WHERE connection = ?1 AND stream = ?2',
        [connection, stream],
      )
      return row?.since ?? undefined
    },

    unseen: ({ connection, stream, since, limit, after = '' }) =>
      db.query<{ key: string; version: number }>(
        `SELECT key, version FROM records WHERE ${UNSEEN} AND key > ?4 ORDER BY key LIMIT ?5`,
        [connection, stream, since, after, limit],
      ),

    async countUnseen({ connection, stream, since }) {
      const [row] = await db.query<{ unseen: number; unreadable: number }>(
        `SELECT (SELECT count(*) FROM records WHERE ${UNSEEN}) AS unseen,
           (SELECT count(*) FROM seen WHERE connection = ?1 AND stream = ?2 AND key >= 'invalid:' AND key < 'invalid;')
             AS unreadable`,
        [connection, stream, since],
      )
      return row ?? { unseen: 0, unreadable: 0 }
    },
  }
}
