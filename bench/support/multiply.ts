// Fills a database with copies of what it holds of people and companies: node multiply.ts '{"database":…,"copies":99}'
import Database from 'libsql'

const { database, copies } = JSON.parse(process.argv[2] ?? '{}') as { database: string; copies: number }

/** Columns that tell one copy from the others, by table. Raw receipts and records, and the log of attempts, are not copied. */
const KEYS: Record<string, string[]> = {
  entities: ['id', 'root', 'account'],
  identifiers: ['value', 'entity'],
  contributions: ['key', 'entity', 'account'],
  touchpoints: ['id', 'key', 'person', 'account'],
  touchpoint_days: ['entity'],
  touches: ['entity', 'touchpoint'],
  projections: ['entity', 'external_id', 'crm_id'],
  live: ['crm_id'],
  operations: ['id', 'entity', 'external_id'],
}

const db = new Database(database)
const rowsOf = <R>(sql: string): R[] => db.prepare(sql).all() as R[]
for (const pragma of [
  'journal_mode = OFF',
  'synchronous = OFF',
  'cache_size = -1000000',
  'temp_store = MEMORY',
])
  db.pragma(pragma)
// Built once at the end, sorted, instead of grown row by row.
const indexes = rowsOf<{ name: string; tbl_name: string; sql: string }>(
  `SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'`,
).filter((row) => row.tbl_name in KEYS)
for (const { name } of indexes) db.exec(`DROP INDEX "${name}"`)
db.exec('BEGIN')
for (const [table, keys] of Object.entries(KEYS)) {
  const columns = rowsOf<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
    .map(({ name }) => name)
    // Given anew.
    .filter((name) => name !== 'seq')
  const values = columns.map((name) => (keys.includes(name) ? `t."${name}" || '-' || c.n` : `t."${name}"`))
  const names = columns.map((name) => `"${name}"`).join(', ')
  db.exec(`CREATE TEMP TABLE one AS SELECT ${names} FROM ${table}`)
  db.exec(`
    WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${copies})
    INSERT INTO ${table} (${names}) SELECT ${values.join(', ')} FROM c CROSS JOIN one t`)
  db.exec('DROP TABLE one')
}
db.exec(`UPDATE counters SET value = (SELECT max(seq) FROM touchpoints) WHERE name = 'counted touchpoints'`)
db.exec('COMMIT')
for (const { sql } of indexes) db.exec(sql)
db.close()
