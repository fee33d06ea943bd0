import type { IntakePort, NewReceipt } from '../engine/ports.ts'
import { absorbStatements } from './absorb.ts'
import { deletionStatements } from './deletions.ts'
import { at, itemsOf, rowsOf } from './dialect.ts'
import { endFull } from './full-reads.ts'
import { bulk, parse, storableText, toJson } from './json.ts'
import { type ReceiptColumns, toReceipt } from './receipts.ts'
import {
  countNew,
  RECORD_COLUMNS,
  type RecordColumns,
  storeRecords,
  storeSettled,
  toRecord,
} from './records.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

/** Rows of six values, five of them parameters: 100 parameters are D1's limit for a statement. */
const RECEIPTS_PER_STATEMENT = 20

const takeStatement = (count: number): string => {
  const rows = Array.from({ length: count }, (_, row) => {
    const [id, connection, receivedAt, headers, body] = [1, 2, 3, 4, 5].map(
      (column) => `?${row * 5 + column}`,
    )
    return `(${id}, ${connection}, ${receivedAt}, ${headers}, ${body}, ${receivedAt})`
  })
  return `INSERT INTO receipts (id, connection, received_at, headers, body, not_before) VALUES ${rows.join(', ')}
    ON CONFLICT (id) DO NOTHING`
}
const TAKE = Array.from({ length: RECEIPTS_PER_STATEMENT }, (_, index) => takeStatement(index + 1))

/**
 * Not through JSON, as all other bulk statements: bodies are long, and senders wait. 16 receipts of 1 kB cost 0.3 ms
 * instead of 0.8, and are one statement, which commits by itself.
 */
function takeStatements(receipts: readonly NewReceipt[]): Statement[] {
  const statements: Statement[] = []
  for (let i = 0; i < receipts.length; i += RECEIPTS_PER_STATEMENT) {
    const part = receipts.slice(i, i + RECEIPTS_PER_STATEMENT)
    const params = part.flatMap((r) => [
      storableText(r.id),
      storableText(r.connection),
      r.receivedAt,
      toJson(r.headers),
      storableText(r.body),
    ])
    statements.push(statement(TAKE[part.length - 1]!, ...params))
  }
  return statements
}

/** The sizes are read from the headers of the rows: a body that is not taken is not loaded either. */
const NEXT = `
  WITH ready AS (
    SELECT id, not_before, octet_length(body) AS bytes FROM receipts
    WHERE state = 'new' AND not_before <= ?2 ORDER BY not_before LIMIT ?1),
  sized AS (
    SELECT id, sum(bytes) OVER (ORDER BY not_before ROWS UNBOUNDED PRECEDING) - bytes AS preceding FROM ready)
  SELECT r.id, r.connection, r.received_at, r.headers, r.body, r.attempts
  FROM sized JOIN receipts r ON r.id = sized.id WHERE sized.preceding < ?3 ORDER BY sized.preceding`

const DONE = `
  UPDATE receipts SET state = 'done', not_before = received_at, settled_at = ?2, error = NULL
  WHERE id IN ${itemsOf(1)}`

const DEAD = `
  UPDATE receipts SET state = 'dead', settled_at = ?2, error = s.error
  FROM (SELECT ${at(0)} AS id, ${at(1)} AS error FROM ${rowsOf(1)}) AS s WHERE receipts.id = s.id`

const READY = `
  UPDATE receipts SET not_before = ?2
  WHERE state = 'new' AND not_before > ?2 AND attempts > 0 AND connection IN ${itemsOf(1)}`

const RETRY = `
  UPDATE receipts SET state = 'new', attempts = attempts + 1, not_before = s.not_before, error = s.error
  FROM (SELECT ${at(0)} AS id, ${at(1)} AS not_before, ${at(2)} AS error FROM ${rowsOf(1)}) AS s
  WHERE receipts.id = s.id`

/** Rows: [place, connection, stream, key]. */
const STORED = `
  SELECT ${at(0)} AS place FROM ${rowsOf(1)} JOIN records r
    ON r.connection = ${at(1)} AND r.stream = ${at(2)} AND r.key = ${at(3)}`

const SET_CURSOR = `
  INSERT INTO cursors (connection, stream, cursor, updated_at) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (connection, stream) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at`

const SEEN = `
  INSERT INTO seen (connection, stream, key) SELECT ?2, ?3, ${at(0)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, stream, key) DO NOTHING`

export function createIntake(db: SqlDatabase): IntakePort {
  return {
    async takeReceipts(receipts) {
      const results = await db.batch(takeStatements(receipts))
      return results.reduce((sum, { changes }) => sum + changes, 0)
    },

    async nextReceipts({ limit, now, maxBytes }) {
      const rows = await db.query<ReceiptColumns>(NEXT, [limit, now, maxBytes ?? Number.MAX_SAFE_INTEGER])
      return rows.map(toReceipt)
    },

    async areStored(keys) {
      const rows = await db.query<{ place: number }>(
        STORED,
        [toJson(keys.map((key, place) => [place, key.connection, key.stream, key.key]))],
        'narrow',
      )
      const stored = new Set(rows.map(({ place }) => place))
      return keys.map((_, place) => stored.has(place))
    },

    async finishReceipts({ records, absorbed, deletions, done, dead, retry, back = [], now }) {
      const settled = absorbed && storeSettled(records, absorbed)
      const facts = absorbed && absorbStatements(absorbed)
      const stored = storeRecords(settled?.others ?? records, now)
      const settle: Statement[] = [
        ...bulk(DONE, done, now),
        ...bulk(
          DEAD,
          dead.map((item) => [item.id, toJson(item.error)]),
          now,
        ),
        ...(back.length > 0 ? [statement(READY, toJson(back), now)] : []),
        ...bulk(
          RETRY,
          retry.map((item) => [item.id, item.notBefore, toJson(item.error)]),
        ),
      ]
      const fresh = settled?.statements ?? []
      const results = await db.batch([
        ...fresh,
        ...stored.statements,
        ...(facts ? [...facts.before, ...facts.inserts, ...facts.after] : []),
        ...(deletions ? deletionStatements(deletions, { records: [], now }) : []),
        ...settle,
      ])
      const isNew = results.slice(0, fresh.length).reduce((sum, { changes }) => sum + changes, 0)
      return { changed: isNew + stored.countChanged(results.slice(fresh.length)) }
    },

    async commitPage({ connection, stream, records, cursor, runId, deletions, seen = [], endsFull, now }) {
      const [gone, living] = [records.filter((r) => r.isDeleted), records.filter((r) => !r.isDeleted)]
      const parts = [
        countNew(living),
        storeRecords(living, now, runId),
        storeRecords(gone, now, runId),
      ] as const
      const [fresh, stored, ended] = parts
      const results = await db.batch([
        ...parts.flatMap(({ statements }) => statements),
        ...(deletions ? deletionStatements(deletions, { records: living, runId, now }) : []),
        ...bulk(
          SEEN,
          seen.map((key) => [key]),
          connection,
          stream,
        ),
        ...(cursor ? [statement(SET_CURSOR, connection, stream, toJson(cursor), now)] : []),
        ...(endsFull ? endFull({ connection, stream }) : []),
      ])
      const own = results.slice(fresh.statements.length)
      const deleted = ended.countChanged(own.slice(stored.statements.length))
      return { changed: stored.countChanged(own) + deleted, created: fresh.count(results), deleted }
    },

    async readCursor(connection, stream) {
      const [row] = await db.query<{ cursor: string }>(
        'SELECT cursor FROM cursors WHERE connection = ?1 AND stream = ?2',
        [connection, stream],
      )
      return row && (parse<Record<string, unknown> | null>(row.cursor) ?? undefined)
    },

    async pendingRecords({ limit }) {
      const rows = await db.query<RecordColumns>(
        `SELECT ${RECORD_COLUMNS} FROM records WHERE state = 'pending' ORDER BY lane, changed_at LIMIT ?1`,
        [limit],
      )
      return rows.map(toRecord)
    },

    async forgetReceipts({ before, limit }) {
      const [result] = await db.batch([
        statement(
          `DELETE FROM receipts WHERE id IN
             (SELECT id FROM receipts WHERE state = 'done' AND not_before < ?1 ORDER BY not_before LIMIT ?2)`,
          before,
          limit,
        ),
      ])
      return result?.changes ?? 0
    },
  }
}
