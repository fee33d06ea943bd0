import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { afterAll, expect, test } from 'vitest'
import { openLibsql } from '../../src/store/libsql.ts'
import { loadMigrations } from '../../src/store/load-migrations.ts'
import { migrate } from '../../src/store/migrate.ts'
import * as schema from '../../src/store/schema/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-migrate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tables: SQLiteTable[] = Object.values(schema)

test('the migrations make exactly the tables of the schema', async () => {
  const db = await openLibsql(':memory:')
  await migrate(db, await loadMigrations())
  const made = await db.query<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'migrations'`,
  )
  expect(made.map((row) => row.name).sort()).toEqual(tables.map((table) => getTableConfig(table).name).sort())
  for (const table of tables) {
    const { name, columns, indexes, primaryKeys } = getTableConfig(table)
    const keys = primaryKeys[0]?.columns.map((column) => column.name)
    const wanted = columns.map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      notnull: column.notNull ? 1 : 0,
      pk: keys ? keys.indexOf(column.name) + 1 : column.primary ? 1 : 0,
    }))
    const actual = await db.query<{ name: string; type: string; notnull: number; pk: number }>(
      `PRAGMA table_info(${name})`,
    )
    expect(
      actual.map(({ name, type, notnull, pk }) => ({ name, type: type.toUpperCase(), notnull, pk })),
      name,
    ).toEqual(wanted)

    const listed = await db.query<{ name: string; unique: number; partial: number; origin: string }>(
      `PRAGMA index_list(${name})`,
    )
    const found = []
    for (const index of listed.filter((entry) => entry.origin === 'c')) {
      const parts = await db.query<{ name: string }>(`PRAGMA index_info(${index.name})`)
      found.push({
        name: index.name,
        unique: index.unique,
        partial: index.partial,
        columns: parts.map((part) => part.name),
      })
    }
    const declared = indexes.map(({ config }) => ({
      name: config.name,
      unique: config.unique ? 1 : 0,
      partial: config.where ? 1 : 0,
      columns: config.columns.map((column) => ('name' in column ? column.name : '')),
    }))
    const unique = columns
      .filter((column) => column.isUnique)
      .map((column) => ({ name: column.uniqueName, unique: 1, partial: 0, columns: [column.name] }))
    const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
      (a.name ?? '') < (b.name ?? '') ? -1 : 1
    expect(found.sort(byName), name).toEqual([...declared, ...unique].sort(byName))
  }
  await db.close()
})

test('processes that start at once apply each migration once', async () => {
  const path = join(folder, 'race.db')
  const opener = fileURLToPath(new URL('./migrate-opener.ts', import.meta.url))
  const processes = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [opener, path]))
  const applied = (await Promise.all(processes)).flatMap(({ stdout }): string[] => JSON.parse(stdout))
  expect(applied).toEqual((await loadMigrations()).map((migration) => migration.name))
})

test('a migration that fails leaves nothing behind and can be repeated', async () => {
  const db = await openLibsql(':memory:')
  const first = {
    name: '0001_a',
    sql: 'CREATE TABLE a (x)--> statement-breakpoint\nINSERT INTO a VALUES (1)',
  }
  const broken = {
    name: '0002_b',
    sql: 'CREATE TABLE b (x)--> statement-breakpoint\nINSERT INTO nowhere VALUES (1)',
  }
  await expect(migrate(db, [broken, first])).rejects.toThrow(/nowhere/)
  expect(await db.query('SELECT name FROM migrations')).toEqual([{ name: '0001_a' }])
  expect(await migrate(db, [first, { ...broken, sql: 'CREATE TABLE b (x)' }])).toEqual(['0002_b'])
  await db.close()
})
