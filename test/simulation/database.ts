import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import type { Row, SqlDatabase, SqlResult, SqlValue, Statement } from '../../src/store/sql-database.ts'

/**
 * One libSQL database in memory for all histories of a process, emptied or filled from a template between them: that
 * costs a millisecond, and prepared statements live on. It answers on the calling thread, so that the order in which
 * callers get their turn is the scheduler's alone.
 */
export interface MemoryDatabase {
  query(sql: string, params?: SqlValue[]): Row[]
  batch(statements: Statement[]): SqlResult[]
  /** Every table with its rows. */
  dump(): Template
  /** Makes the database what it was at the dump. */
  restore(template: Template): void
}

export type Template = { table: string; rows: Row[] }[]

interface Prepared {
  readonly reader: boolean
  all(params: SqlValue[]): Row[]
  run(params: SqlValue[]): { changes: number }
}

export function openMemory(): MemoryDatabase {
  const db = new Database(':memory:')
  const folder = fileURLToPath(new URL('../../src/store/migrations', import.meta.url))
  for (const name of readdirSync(folder).sort())
    if (name.endsWith('.sql')) db.exec(readFileSync(`${folder}/${name}`, 'utf8'))
  const prepared = new Map<string, Prepared>()

  function prepare(sql: string): Prepared {
    const held = prepared.get(sql)
    if (held) return held
    const fresh = db.prepare(sql) as unknown as Prepared
    prepared.set(sql, fresh)
    return fresh
  }

  function run({ sql, params }: Statement): SqlResult {
    const statement = prepare(sql)
    if (!statement.reader) return { rows: [], changes: statement.run(params).changes }
    const rows = statement.all(params)
    return { rows, changes: rows.length }
  }

  const tables = prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')",
  )
    .all([])
    .map(({ name }) => String(name))

  return {
    query: (sql, params = []) => prepare(sql).all(params),
    batch(statements) {
      db.exec('BEGIN IMMEDIATE')
      try {
        const results = statements.map(run)
        db.exec('COMMIT')
        return results
      } catch (error) {
        db.exec('ROLLBACK')
        throw error
      }
    },
    dump: () => tables.map((table) => ({ table, rows: prepare(`SELECT * FROM ${table}`).all([]) })),
    restore(template) {
      db.exec('BEGIN IMMEDIATE')
      // The counters of AUTOINCREMENT last: filling the other tables changes them.
      for (const { table, rows } of [...template].sort(({ table }) =>
        table === 'sqlite_sequence' ? 1 : -1,
      )) {
        prepare(`DELETE FROM ${table}`).run([])
        if (rows.length === 0) continue
        const names = Object.keys(rows[0]!)
        const values = names.map((_, i) => `?${i + 1}`).join(', ')
        const insert = prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values})`)
        for (const row of rows) insert.run(names.map((name) => row[name] as SqlValue))
      }
      db.exec('COMMIT')
    },
  }
}

/** The database as a store sees it, without anything that could go wrong. */
export const asSqlDatabase = (memory: MemoryDatabase): SqlDatabase => ({
  query: async <R>(sql: string, params?: SqlValue[]) => memory.query(sql, params) as R[],
  batch: async <R>(statements: Statement[]) => memory.batch(statements) as SqlResult<R>[],
  close: async () => {},
})
