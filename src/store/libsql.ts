import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../kit/errors.ts'
import { type Connection, openConnection } from './libsql-connection.ts'
import type { QueryHint, SqlDatabase, SqlResult, SqlValue, Statement } from './sql-database.ts'

/** Page caches are in KiB: memory does not grow with what is stored. */
const WRITER = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA journal_size_limit = 67108864',
  'PRAGMA wal_autocheckpoint = 8000',
  'PRAGMA cache_size = -16000',
]
const READER = ['PRAGMA query_only = ON', 'PRAGMA cache_size = -8000']

/**
 * Opens (and creates) the SQLite file of a Node host. One connection writes, another reads, so that a long read delays
 * no commit; through WAL, server and CLI may use the file at the same time. Throws ConfigError `store.unavailable`.
 *
 * @param url `file:./data/x.db`, `file:///srv/x.db`, a plain path, or `:memory:`
 * @param options `busyTimeoutMs`: how long a statement waits for another process. Default 5 000.
 */
export async function openLibsql(
  url: string,
  { busyTimeoutMs = 5_000 }: { busyTimeoutMs?: number } = {},
): Promise<SqlDatabase> {
  const path = pathOf(url)
  // A database in memory belongs to its connection.
  if (path === ':memory:') {
    const only = await openConnection(path, [], busyTimeoutMs)
    return database(only, only, () => only.close())
  }
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw new ConfigError('store.unavailable', `The folder of ${path} cannot be made`, { cause })
  })
  const writer = await openConnection(path, WRITER, busyTimeoutMs)
  const reader = await openConnection(path, READER, busyTimeoutMs)
  return database(writer, reader, async () => {
    await reader.close()
    // Leaves one self-contained file, unless another process still uses it.
    await writer.use(() => writer.run('PRAGMA wal_checkpoint(TRUNCATE)', [])).catch(() => undefined)
    await writer.close()
  })
}

export const database = (
  writer: Connection,
  reader: Connection,
  close: () => Promise<void>,
): SqlDatabase => ({
  query: <R>(sql: string, params: SqlValue[] = [], hint?: QueryHint) =>
    reader.use(async () =>
      hint === 'narrow' ? reader.readPacked(sql, params) : (await reader.run(sql, params)).rows,
    ) as Promise<R[]>,
  batch: <R>(statements: Statement[]) =>
    writer.use(() => runAtomically(writer, statements)) as Promise<SqlResult<R>[]>,
  close,
})

async function runAtomically(connection: Connection, statements: Statement[]): Promise<SqlResult[]> {
  const [first, ...others] = statements
  if (!first) return []
  // Atomic by itself, and three turns of the event loop quicker. With rows to hand over it would commit on our thread.
  if (others.length === 0 && !(await connection.givesRows(first.sql))) {
    return [await connection.run(first.sql, first.params)]
  }
  await connection.exec('BEGIN IMMEDIATE')
  try {
    const results: SqlResult[] = []
    for (const { sql, params } of statements) results.push(await connection.run(sql, params))
    await connection.exec('COMMIT')
    return results
  } catch (error) {
    // A full disk rolls back by itself.
    if (connection.isInTransaction()) await connection.exec('ROLLBACK')
    throw error
  }
}

/** Throws ConfigError `store.unavailable` for an address of another kind. */
export function pathOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url)
  if (url.startsWith('file:')) return url.slice('file:'.length)
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(url)) {
    throw new ConfigError('store.unavailable', 'DATABASE_URL must be a file: address, a path or :memory:')
  }
  return url
}
