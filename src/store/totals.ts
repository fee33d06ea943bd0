import type { OperationState, Totals } from '../engine/ports.ts'
import { createDeletions } from './deletions.ts'
import type { Row, SqlDatabase } from './sql-database.ts'
import { createThresholds } from './thresholds.ts'

/** Each count reads an index only, on the connection that delays no commit. */
export async function readTotals(db: SqlDatabase): Promise<Totals> {
  const [
    receipts,
    records,
    entities,
    touchpoints,
    documents,
    operations,
    dirty,
    usage,
    enrichments,
    holds,
    deletionHolds,
  ] = await Promise.all([
    counts(db, `SELECT state AS name, count(*) AS count FROM receipts GROUP BY state`),
    counts(
      db,
      `SELECT 'total' AS name, count(*) AS count FROM records
         UNION ALL SELECT 'pending', count(*) FROM records WHERE state = 'pending'
         UNION ALL SELECT 'dead', count(*) FROM records WHERE state = 'dead'`,
    ),
    db.query<{ kind: string; count: number; known: number }>(
      `SELECT kind, count(*) AS count, sum(is_known) AS known FROM entities WHERE root = id GROUP BY kind`,
    ),
    counts(db, `SELECT 'all' AS name, count(*) AS count FROM touchpoints`),
    counts(db, `SELECT type AS name, count(*) AS count FROM documents GROUP BY type`),
    db.query<{
      destination: string
      object: string
      state: OperationState
      count: number
      created: number
    }>(
      `SELECT destination, object, state, count(*) AS count, sum(created) AS created FROM operations
         GROUP BY destination, object, state`,
    ),
    db.query<{ stage: string; count: number }>(`SELECT stage, count(*) AS count FROM dirty GROUP BY stage`),
    db.query<{ connection: string; calls: number; failures: number }>(
      `SELECT connection, sum(calls) AS calls, sum(failures) AS failures FROM usage GROUP BY connection`,
    ),
    db.query<{ provider: string; status: string; count: number; cost: number }>(
      `SELECT provider, status, count(*) AS count, sum(cost) AS cost FROM enrichments GROUP BY provider, status`,
    ),
    createThresholds(db).holds(),
    createDeletions(db).holds(),
  ])
  const people = entities.find((row) => row.kind === 'person')
  const accounts = entities.find((row) => row.kind === 'account')
  return {
    receipts: { new: receipts.new ?? 0, done: receipts.done ?? 0, dead: receipts.dead ?? 0 },
    records: { total: records.total ?? 0, pending: records.pending ?? 0, dead: records.dead ?? 0 },
    people: people?.count ?? 0,
    accounts: accounts?.count ?? 0,
    knownPeople: people?.known ?? 0,
    knownAccounts: accounts?.known ?? 0,
    touchpoints: touchpoints.all ?? 0,
    documents,
    operations,
    dirty,
    usage,
    enrichments,
    holds,
    deletionHolds,
  }
}

async function counts(db: SqlDatabase, sql: string): Promise<Record<string, number>> {
  const rows = await db.query<Row & { name: string; count: number }>(sql)
  return Object.fromEntries(rows.map((row) => [row.name, row.count]))
}
