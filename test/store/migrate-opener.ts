import { openLibsql } from '../../src/store/libsql.ts'
import { loadMigrations } from '../../src/store/load-migrations.ts'
import { migrate } from '../../src/store/migrate.ts'

/** Opens the database given as argument, as every process does at its start, and prints what it had to apply. */
const db = await openLibsql(process.argv[2] ?? '')
process.stdout.write(JSON.stringify(await migrate(db, await loadMigrations())))
await db.close()
