import type { LookupPort, ReceiptDetail, RecordDetail, RunRow } from '../engine/ports.ts'
import { type RunColumns, toRun } from './inspect.ts'
import { parse, parseOptional, present } from './json.ts'
import { type OperationColumns, toOperation } from './outbox.ts'
import { RECORD_COLUMNS, type RecordColumns, toRecord } from './records.ts'
import type { SqlDatabase } from './sql-database.ts'

interface ReceiptColumns {
  id: string
  connection: string
  received_at: number
  headers: string
  body: string
  attempts: number
  state: ReceiptDetail['state']
  settled_at: number | null
  error: string | null
}

interface DetailColumns extends RecordColumns {
  state: RecordDetail['state']
  changed_at: number
  settled_at: number | null
  run: string | null
  receipt: string | null
  error: string | null
}

export function createLookup(db: SqlDatabase): LookupPort {
  return {
    async operation(id) {
      const [row] = await db.query<OperationColumns>('SELECT * FROM operations WHERE id = ?1', [id])
      return row && toOperation(row)
    },

    async receipt(id) {
      const [row] = await db.query<ReceiptColumns>('SELECT * FROM receipts WHERE id = ?1', [id])
      if (!row) return undefined
      const { id: own, connection, body, attempts, state } = row
      return present<ReceiptDetail>({
        id: own,
        connection,
        receivedAt: row.received_at,
        headers: parse(row.headers),
        body,
        attempts,
        state,
        settledAt: row.settled_at,
        error: parseOptional(row.error),
      })
    },

    async record({ connection, stream, key }) {
      const [row] = await db.query<DetailColumns>(
        `SELECT ${RECORD_COLUMNS}, state, changed_at, settled_at, run, receipt, error FROM records
         WHERE connection = ?1 AND stream = ?2 AND key = ?3`,
        [connection, stream, key],
      )
      if (!row) return undefined
      return present<RecordDetail>({
        ...toRecord(row),
        state: row.state,
        changedAt: row.changed_at,
        settledAt: row.settled_at,
        run: row.run,
        receipt: row.receipt,
        error: parseOptional(row.error),
      })
    },

    async run(id): Promise<RunRow | undefined> {
      const [row] = await db.query<RunColumns>('SELECT * FROM runs WHERE id = ?1', [id])
      return row && toRun(row)
    },
  }
}
