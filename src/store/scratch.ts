import type { Scratch, ScratchKey } from '../engine/ports.ts'
import { columns, itemsOf, rowsOf } from './dialect.ts'
import { bulk, toJson } from './json.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

/** The key has no type: numbers stay numbers, and those that rise are put at the end. */
const TABLES = [
  'CREATE TABLE entries (key PRIMARY KEY NOT NULL, text TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE pieces (number INTEGER PRIMARY KEY, pile TEXT NOT NULL, text TEXT NOT NULL)',
  'CREATE INDEX pieces_pile ON pieces (pile, number)',
]

const PUT = `
  INSERT INTO entries (key, text) SELECT ${columns(2)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (key) DO UPDATE SET text = excluded.text`

const GET = `SELECT key, text FROM entries WHERE key IN ${itemsOf(1)}`

const APPEND = `INSERT INTO pieces (pile, text) SELECT ${columns(2)} FROM ${rowsOf(1)}`

const PIECES = 'SELECT number, text FROM pieces WHERE pile = ?1 AND number > ?2 ORDER BY number LIMIT ?3'

/** Makes its tables in an empty database, which goes with it. */
export async function createScratch(db: SqlDatabase): Promise<Scratch> {
  await db.batch(TABLES.map((sql) => statement(sql)))
  return {
    async put(entries) {
      await db.batch(bulk(PUT, entries))
    },
    async get(keys) {
      const rows = await db.query<{ key: ScratchKey; text: string }>(GET, [toJson(keys)])
      return new Map(rows.map(({ key, text }) => [key, text]))
    },
    async append(pieces) {
      await db.batch(
        bulk(
          APPEND,
          pieces.map(({ pile, text }) => [pile, text]),
        ),
      )
    },
    pieces: ({ pile, after, limit }) => db.query(PIECES, [pile, after, limit]),
    close: () => db.close(),
  }
}
