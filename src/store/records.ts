import type { AbsorbCommit, NewRecord, StoredRecord } from '../engine/ports.ts'
import { at, columns, greatest, least, rowsOf } from './dialect.ts'
import { bulk, jsonOrNull, present } from './json.ts'
import { laneOf, rankOf } from './lanes.ts'
import type { SqlResult, Statement } from './sql-database.ts'

/**
 * A changed record becomes pending. One that was pending already keeps its place in the queue and its more urgent lane.
 */
const INSERT = `
  INSERT INTO records (connection, stream, key, version, hash, lane, is_deleted, body, receipt, changed_at, run)`
const REPLACE = `
  ON CONFLICT (connection, stream, key) DO UPDATE SET
    version = excluded.version, hash = excluded.hash, is_deleted = excluded.is_deleted, body = excluded.body,
    lane = CASE WHEN records.state = 'pending' THEN ${least('records.lane', 'excluded.lane')} ELSE excluded.lane END,
    changed_at = CASE WHEN records.state = 'pending' THEN records.changed_at ELSE excluded.changed_at END,
    state = 'pending', run = excluded.run, receipt = excluded.receipt, settled_at = NULL, error = NULL
  WHERE excluded.version >= records.version AND excluded.hash <> records.hash`
const UPSERT = `${INSERT} SELECT ${columns(9)}, ?2, ?3 FROM ${rowsOf(1)} WHERE true ${REPLACE}`

/** Deletions that the condition finds among those that wait, stored as if they came now; ?1 is the time. */
export const applyDeletions = (condition: string): string => `${INSERT}
  SELECT connection, stream, key, version, 'deleted:' || version || ':deleted', lane, 1, 'null', receipt, ?1, run
  FROM deletions WHERE ${condition} ${REPLACE}`

/** Rows: [connection, stream, key]. */
const KNOWN = `
  SELECT count(*) AS count FROM ${rowsOf(1)} JOIN records r
    ON r.connection = ${at(0)} AND r.stream = ${at(1)} AND r.key = ${at(2)}`

/** An unchanged body seen under a newer version: without this, one from in between would pass the guard later. */
const CONFIRM = `
  UPDATE records SET version = s.version
  FROM (SELECT ${at(0)} AS connection, ${at(1)} AS stream, ${at(2)} AS key, ${at(3)} AS version, ${at(4)} AS hash
        FROM ${rowsOf(1)}) AS s
  WHERE records.connection = s.connection AND records.stream = s.stream AND records.key = s.key
    AND records.version < s.version AND records.hash = s.hash`

const NEWER = 'excluded.version >= records.version AND excluded.hash <> records.hash'
const ifNewer = (column: string, value = `excluded.${column}`): string =>
  `${column} = CASE WHEN ${NEWER} THEN ${value} ELSE records.${column} END`

/** A record that somebody else has stored since it was looked for is pending, and its facts are no longer its first. */
const INSERT_SETTLED = `
  INSERT INTO records (connection, stream, key, version, hash, lane, is_deleted, body, receipt, state, error,
    is_update, settled_at, changed_at)
  SELECT ${columns(11)}, CASE ${at(9)} WHEN 'absorbed' THEN 1 ELSE 0 END, ?2, ?2 FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, stream, key) DO UPDATE SET
    is_update = ${greatest('records.is_update', 'excluded.is_update')},
    ${['version', 'hash', 'lane', 'is_deleted', 'body', 'receipt'].map((column) => ifNewer(column)).join(', ')},
    ${ifNewer('state', `'pending'`)}, ${ifNewer('error', 'NULL')}, ${ifNewer('settled_at', 'NULL')}`

const keyOf = (r: Pick<NewRecord, 'connection' | 'stream' | 'key'>): string =>
  JSON.stringify([r.connection, r.stream, r.key])

/** Those of the records that `absorbed` is about, in the states that it says; and the others. */
export function storeSettled(
  records: readonly NewRecord[],
  { records: alive, dead, now }: Pick<AbsorbCommit, 'records' | 'dead' | 'now'>,
): { statements: Statement[]; others: NewRecord[] } {
  const errors = new Map<string, string | null>(alive.map((r) => [keyOf(r), null]))
  for (const r of dead) errors.set(keyOf(r), jsonOrNull(r.error))
  const others: NewRecord[] = []
  const rows: unknown[][] = []
  for (const record of records) {
    const error = errors.get(keyOf(record))
    if (error === undefined) others.push(record)
    else rows.push([...rowOf(record), error === null ? 'absorbed' : 'dead', error])
  }
  return { statements: bulk(INSERT_SETTLED, rows, now), others }
}

const rowOf = (r: NewRecord): unknown[] => [
  r.connection,
  r.stream,
  r.key,
  r.version,
  hashOf(r),
  rankOf(r.lane),
  r.isDeleted ? 1 : 0,
  r.body,
  r.receipt ?? null,
]

export interface StoredRecords {
  statements: Statement[]
  /** Reads the results of exactly these statements. */
  countChanged(results: SqlResult[]): number
}

/** How many of the records are stored under a key that was not known: asked in the same batch, before they are stored. */
export function countNew(records: readonly NewRecord[]): {
  statements: Statement[]
  count(results: SqlResult[]): number
} {
  const keys = latestOfEach(records).map((r) => [r.connection, r.stream, r.key])
  const statements = bulk(KNOWN, keys)
  return {
    statements,
    count: (results) =>
      results
        .slice(0, statements.length)
        .reduce((left, { rows }) => left - Number(rows[0]?.count), keys.length),
  }
}

export function storeRecords(records: readonly NewRecord[], now: number, run?: string): StoredRecords {
  const latest = latestOfEach(records)
  const upserts = bulk(UPSERT, latest.map(rowOf), now, run ?? null)
  const confirms = bulk(
    CONFIRM,
    latest.map((r) => [r.connection, r.stream, r.key, r.version, hashOf(r)]),
  )
  return {
    statements: [...upserts, ...confirms],
    countChanged: (results) =>
      results.slice(0, upserts.length).reduce((sum, result) => sum + result.changes, 0),
  }
}

/** Deleting and coming back are changes even where the body is the same, also for whoever compares hashes later. */
const hashOf = (record: NewRecord): string => (record.isDeleted ? `${record.hash}:deleted` : record.hash)

/** Of several forms of one record in one commit the newest stands; of equally new ones the last. */
function latestOfEach(records: readonly NewRecord[]): NewRecord[] {
  const latest = new Map<string, NewRecord>()
  for (const record of records) {
    const key = keyOf(record)
    const held = latest.get(key)
    if (!held || record.version >= held.version) latest.set(key, record)
  }
  return [...latest.values()]
}

export const RECORD_COLUMNS = 'connection, stream, key, version, hash, lane, is_deleted, is_update, body'

export interface RecordColumns {
  connection: string
  stream: string
  key: string
  version: number
  hash: string
  lane: number
  is_deleted: number
  is_update: number
  body: string
}

export const toRecord = (row: RecordColumns): StoredRecord =>
  present<Omit<StoredRecord, 'receipt'>>({
    connection: row.connection,
    stream: row.stream,
    key: row.key,
    version: row.version,
    hash: row.hash,
    body: row.body,
    lane: laneOf(row.lane),
    isDeleted: row.is_deleted === 1,
    isUpdate: row.is_update === 1,
  })
