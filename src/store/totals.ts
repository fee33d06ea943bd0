import type { OperationState, Totals } from '../engine/ports.ts'
import type { Row, SqlDatabase } from './sql-database.ts'

/** Each count reads an index only, on the connection that delays no commit. */
export async function readTotals(db: SqlDatabase): Promise<Totals> {
  const [receipts, records, entities, touchpoints, documents, operations, dirty, usage, enrichments] =
    await Promise.all([
      counts(db, `SELECT state AS name, count(*) AS count FROM receipts GROUP BY state`),
      counts(
        db,
        `SELECT 'total' AS name, count(*) AS count FROM records
         UNION ALL SELECT 'pending', count(*) FROM records WHERE state = 'pending'
         UNION ALL SELECT 'dead', count(*) FROM records WHERE state = 'dead'`,
      ),
      counts(
        db,
        `SELECT kind AS name, count(*) AS count FROM entities WHERE root = id GROUP BY kind
         UNION ALL SELECT 'known ' || kind, count(*) FROM entities WHERE root = id AND is_known = 1 GROUP BY kind`,
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
    ])
  return {
    receipts: { new: receipts.new ?? 0, done: receipts.done ?? 0, dead: receipts.dead ?? 0 },
    records: { total: records.total ?? 0, pending: records.pending ?? 0, dead: records.dead ?? 0 },
    people: entities.person ?? 0,
    accounts: entities.account ?? 0,
    knownPeople: entities['known person'] ?? 0,
    knownAccounts: entities['known account'] ?? 0,
    touchpoints: touchpoints.all ?? 0,
    documents,
    operations,
    dirty,
    usage,
    enrichments,
  }
}

async function counts(db: SqlDatabase, sql: string): Promise<Record<string, number>> {
  const rows = await db.query<Row & { name: string; count: number }>(sql)
  return Object.fromEntries(rows.map((row) => [row.name, row.count]))
}
