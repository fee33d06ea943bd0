import type { NewRecord, StoredRecord } from '../engine/ports.ts'
import { at, columns, least, rowsOf } from './dialect.ts'
import { bulk, present } from './json.ts'
import { laneOf, rankOf } from './lanes.ts'
import type { SqlResult, Statement } from './sql-database.ts'

/**
 * A changed record becomes pending. One that was pending already keeps its place in the queue and its more urgent lane.
 */
const UPSERT = `
  INSERT INTO records (connection, stream, key, version, hash, lane, is_deleted, body, receipt, changed_at, run)
  SELECT ${columns(9)}, ?2, ?3 FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, stream, key) DO UPDATE SET
    version = excluded.version, hash = excluded.hash, is_deleted = excluded.is_deleted, body = excluded.body,
    lane = CASE WHEN records.state = 'pending' THEN ${least('records.lane', 'excluded.lane')} ELSE excluded.lane END,
    changed_at = CASE WHEN records.state = 'pending' THEN records.changed_at ELSE excluded.changed_at END,
    state = 'pending', run = excluded.run, receipt = excluded.receipt, settled_at = NULL, error = NULL
  WHERE excluded.version >= records.version AND excluded.hash <> records.hash`

/** An unchanged body seen under a newer version: without this, one from in between would pass the guard later. */
const CONFIRM = `
  UPDATE records SET version = s.version
  FROM (SELECT ${at(0)} AS connection, ${at(1)} AS stream, ${at(2)} AS key, ${at(3)} AS version, ${at(4)} AS hash
        FROM ${rowsOf(1)}) AS s
  WHERE records.connection = s.connection AND records.stream = s.stream AND records.key = s.key
    AND records.version < s.version AND records.hash = s.hash`

export interface StoredRecords {
  statements: Statement[]
  /** Reads the results of exactly these statements. */
  countChanged(results: SqlResult[]): number
}

export function storeRecords(records: readonly NewRecord[], now: number, run?: string): StoredRecords {
  const latest = latestOfEach(records)
  const upserts = bulk(
    UPSERT,
    latest.map((r) => [
      r.connection,
      r.stream,
      r.key,
      r.version,
      hashOf(r),
      rankOf(r.lane),
      r.isDeleted ? 1 : 0,
      r.body,
      r.receipt ?? null,
    ]),
    now,
    run ?? null,
  )
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
    const key = JSON.stringify([record.connection, record.stream, record.key])
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
