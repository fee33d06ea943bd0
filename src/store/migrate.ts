import { type SqlDatabase, statement } from './sql-database.ts'

export interface Migration {
  /** File name; names are applied in their order, once. */
  name: string
  /** Statements divided by drizzle-kit's marker comment. */
  sql: string
}

const BREAKPOINT = '--> statement-breakpoint'

/**
 * Brings the database forward. Safe when several processes start at once: each migration claims its name in the same
 * atomic batch as its statements, so whoever comes second fails as a whole and finds the work done.
 * @returns the names applied by this call.
 */
export async function migrate(db: SqlDatabase, migrations: readonly Migration[]): Promise<string[]> {
  await db.batch([
    statement(
      'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, applied_at INTEGER NOT NULL)',
    ),
  ])
  const done = await appliedNames(db)
  const applied: string[] = []
  for (const { name, sql } of [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (done.has(name)) continue
    const claim = statement('INSERT INTO migrations (name, applied_at) VALUES (?1, unixepoch() * 1000)', name)
    const steps = sql
      .split(BREAKPOINT)
      .map((step) => step.trim())
      .filter(Boolean)
    try {
      await db.batch([claim, ...steps.map((step) => statement(step))])
      applied.push(name)
    } catch (error) {
      if (!(await appliedNames(db)).has(name)) throw error
    }
  }
  return applied
}

async function appliedNames(db: SqlDatabase): Promise<Set<string>> {
  const rows = await db.query<{ name: string }>('SELECT name FROM migrations')
  return new Set(rows.map((row) => row.name))
}
