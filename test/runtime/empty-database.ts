import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { openD1 } from '../../src/store/d1.ts'
import { type SqlDatabase, statement } from '../../src/store/sql-database.ts'

const TABLES = `
  SELECT name FROM sqlite_master
  WHERE type = 'table' AND name <> 'd1_migrations' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`

/** The D1 database with all migrations and without a row. */
export async function emptyDatabase(): Promise<SqlDatabase> {
  await applyD1Migrations(env.DB, env.MIGRATIONS)
  const db = openD1(env.DB)
  const tables = await db.query<{ name: string }>(TABLES)
  await db.batch(tables.map(({ name }) => statement(`DELETE FROM "${name}"`)))
  return db
}
