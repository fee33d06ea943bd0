import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Scratch } from '../engine/ports.ts'
import { database, pathOf } from './libsql.ts'
import { openConnection } from './libsql-connection.ts'
import { createScratch } from './scratch.ts'

/** Nothing of it is needed after a crash. */
const PRAGMAS = ['PRAGMA journal_mode = OFF', 'PRAGMA synchronous = OFF', 'PRAGMA cache_size = -16000']

/**
 * A file beside the hub's database, where there is room on disk for what belongs to it; with `:memory:`, among the temporary
 * files. Not SQLite's own temporary database, which this build keeps in memory. Throws ConfigError `store.unavailable`.
 */
export async function openScratch(databaseUrl: string): Promise<Scratch> {
  const path = pathOf(databaseUrl)
  const folder = await mkdtemp(join(path === ':memory:' ? tmpdir() : dirname(path), 'scratch-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const only = await openConnection(join(folder, 'scratch.db'), PRAGMAS, 0)
    const close = async () => {
      await only.close()
      await remove()
    }
    const scratch = await createScratch(database(only, only, close))
    // Where files can be taken away while they are open, nothing is left even of a process that is killed.
    await remove().catch(() => undefined)
    return scratch
  } catch (error) {
    await remove().catch(() => undefined)
    throw error
  }
}
