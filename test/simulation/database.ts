import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Row, SqlDatabase, SqlResult, SqlValue, Statement } from '../../src/store/sql-database.ts'

/**
 * One SQLite database in memory for all histories of a process, emptied or filled from a template between them: that
 * costs a millisecond, and prepared statements live on. It is Node's own SQLite, whose calls cost a fraction of libSQL's,
 * and it answers on the calling thread, so that the order in which callers get their turn is the scheduler's alone. A
 * process that is killed here loses what a real one loses: everything that it had not committed, nothing that it had.
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
  isReader: boolean
  statement: StatementSync
}

/** As it stands, SQLite from 3.47 on plans the whole statement anew whenever the parameter is bound. */
const BOUND_LIMIT = /\bLIMIT \?(\d+)/gi

export function openMemory(): MemoryDatabase {
  const db = new DatabaseSync(':memory:')
  const folder = fileURLToPath(new URL('../../src/store/migrations', import.meta.url))
  for (const name of readdirSync(folder).sort())
    if (name.endsWith('.sql')) db.exec(readFileSync(`${folder}/${name}`, 'utf8'))
  const prepared = new Map<string, Prepared>()

  function prepare(sql: string): Prepared {
    const held = prepared.get(sql)
    if (held) return held
    const statement = db.prepare(sql.replaceAll(BOUND_LIMIT, 'LIMIT (?$1 + 0)'))
    const fresh = { statement, isReader: statement.columns().length > 0 }
    prepared.set(sql, fresh)
    return fresh
  }

  const all = (sql: string, params: SqlValue[] = []): Row[] =>
    prepare(sql).statement.all(...params) as Record<string, SQLOutputValue>[]

  function run({ sql, params }: Statement): SqlResult {
    const { statement, isReader } = prepare(sql)
    if (!isReader) return { rows: [], changes: Number(statement.run(...params).changes) }
    const rows: Row[] = statement.all(...params)
    return { rows, changes: rows.length }
  }

  const tables = all(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND (name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence')",
  ).map(({ name }) => String(name))

  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')

  return {
    query: all,
    batch(statements) {
      begin.run()
      try {
        const results = statements.map(run)
        commit.run()
        return results
      } catch (error) {
        db.exec('ROLLBACK')
        throw error
      }
    },
    dump: () => tables.map((table) => ({ table, rows: all(`SELECT * FROM ${table}`) })),
    restore(template) {
      begin.run()
      // The counters of AUTOINCREMENT last: filling the other tables changes them.
      for (const { table, rows } of [...template].sort(({ table }) =>
        table === 'sqlite_sequence' ? 1 : -1,
      )) {
        prepare(`DELETE FROM ${table}`).statement.run()
        if (rows.length === 0) continue
        const names = Object.keys(rows[0]!)
        const values = names.map((_, i) => `?${i + 1}`).join(', ')
        const insert = prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values})`).statement
        for (const row of rows) insert.run(...names.map((name) => row[name] as SqlValue))
      }
      commit.run()
    },
  }
}

/** The database as a store sees it, without anything that could go wrong. */
export const asSqlDatabase = (memory: MemoryDatabase): SqlDatabase => ({
  query: async <R>(sql: string, params?: SqlValue[]) => memory.query(sql, params) as R[],
  batch: async <R>(statements: Statement[]) => memory.batch(statements) as SqlResult<R>[],
  close: async () => {},
})
