import type { Store } from '../engine/ports.ts'
import { createStore } from './index.ts'
import { openLibsql } from './libsql.ts'
import { loadMigrations } from './load-migrations.ts'
import { migrate } from './migrate.ts'

/** Opens the store of a Node host at a file: address, path or :memory:, created and migrated where needed. */
export async function openStore(url: string): Promise<Store> {
  const db = await openLibsql(url)
  try {
    await migrate(db, await loadMigrations())
  } catch (error) {
    await db.close()
    throw error
  }
  return createStore(db)
}
