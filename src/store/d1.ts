import { TransientError } from '../kit/errors.ts'
import type { SqlDatabase, SqlResult, SqlValue, Statement } from './sql-database.ts'

/** The parts of Cloudflare's D1 binding in use. */
export interface D1Binding {
  prepare(sql: string): D1Prepared
  batch(statements: D1Prepared[]): Promise<D1Answer[]>
}
interface D1Prepared {
  bind(...values: SqlValue[]): D1Prepared
  all(): Promise<D1Answer>
}
interface D1Answer {
  results?: unknown[]
  meta: { changes?: number }
}

/** Home on Workers. A batch of D1 is one transaction. */
export function openD1(binding: D1Binding): SqlDatabase {
  const prepare = ({ sql, params }: Statement) => binding.prepare(sql).bind(...params)
  return {
    async query<R>(sql: string, params: SqlValue[] = []) {
      const answer = await prepare({ sql, params }).all().catch(rethrow)
      return (answer.results ?? []) as R[]
    },
    async batch<R>(statements: Statement[]) {
      if (statements.length === 0) return []
      const answers = await binding.batch(statements.map(prepare)).catch(rethrow)
      return answers.map((answer) => ({
        rows: answer.results ?? [],
        changes: answer.meta.changes ?? 0,
      })) as SqlResult<R>[]
    },
    async close() {},
  }
}

/**
 * D1 gives no codes, so its documented messages decide.
 * @see https://developers.cloudflare.com/d1/observability/debug-d1/
 */
function rethrow(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error)
  if (/SQLITE_FULL|maximum DB size|database or disk is full/i.test(message)) {
    throw new TransientError('store.full', 'The D1 database has reached its size limit', { cause: error })
  }
  if (/SQLITE_BUSY|overloaded|reset|connection lost|timeout|try again|retry/i.test(message)) {
    throw new TransientError('store.busy', 'D1 did not complete the statements', { cause: error })
  }
  throw error
}
