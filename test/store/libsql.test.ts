import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openLibsql } from '../../src/store/libsql.ts'
import { openStore } from '../../src/store/open-store.ts'
import { type SqlDatabase, statement } from '../../src/store/sql-database.ts'
import { describeStore } from './store-suite.ts'
import { CONTACT, NOW, operation, project, receipt } from './suite/builders.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-store-'))
let files = 0
const freshFile = () => join(folder, `${++files}.db`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeStore('in memory', () => openStore(':memory:'))
describeStore('in a file', () => openStore(`file:${freshFile()}`))

const numbers = async (db: SqlDatabase) =>
  (await db.query<{ n: number }>('SELECT n FROM t ORDER BY n')).map((row) => row.n)
async function withTable(options = {}): Promise<{ path: string; db: SqlDatabase }> {
  const path = freshFile()
  const db = await openLibsql(path, options)
  await db.batch([statement('CREATE TABLE t (n INTEGER PRIMARY KEY, body TEXT)')])
  return { path, db }
}

test('two processes on one file never claim the same operation', async () => {
  const path = freshFile()
  const [a, b] = [await openStore(path), await openStore(path)]
  const operations = Array.from({ length: 300 }, (_, i) => operation(`op ${i}`, { entity: `per_${i}` }))
  await project(a, { operations })
  const claimed = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      (i % 2 ? a : b).deliver.claim({ ...CONTACT, limit: 10, now: NOW, leaseUntil: NOW + 1_000 }),
    ),
  )
  const ids = claimed.flat().map((o) => o.id)
  expect(ids).toHaveLength(300)
  expect(new Set(ids).size).toBe(300)
  await Promise.all([a.close(), b.close()])
})

test('one of two processes gets a lease', async () => {
  const path = freshFile()
  const [a, b] = [await openStore(path), await openStore(path)]
  const acquire = (store: typeof a, holder: string) =>
    store.control.acquireLease({ name: 'absorb', holder, now: NOW, ttlMs: 9 })
  const got = await Promise.all([acquire(a, 'a'), acquire(b, 'b'), acquire(a, 'c')])
  expect(got.filter(Boolean)).toHaveLength(1)
  await Promise.all([a.close(), b.close()])
})

test('what one process has committed another reads at once', async () => {
  const path = freshFile()
  const [server, cli] = [await openStore(`file:${path}`), await openStore(path)]
  await server.intake.takeReceipts([receipt('r1')])
  expect(await cli.intake.nextReceipts({ limit: 5, now: NOW })).toMatchObject([{ id: 'r1' }])
  await Promise.all([server.close(), cli.close()])
})

test('a batch takes effect as a whole or not at all', async () => {
  const { db } = await withTable()
  const insert = (n: number) => statement('INSERT INTO t (n) VALUES (?1)', n)
  await db.batch([insert(1)])
  await expect(db.batch([insert(2), insert(3), insert(1)])).rejects.toMatchObject({
    code: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  })
  expect(await numbers(db)).toEqual([1])
  const results = await db.batch([
    insert(2),
    statement('UPDATE t SET body = ?1', 'x'),
    statement('SELECT n FROM t ORDER BY n'),
  ])
  expect(results.map((result) => result.changes)).toEqual([1, 2, 2])
  expect(results[2]?.rows).toEqual([{ n: 1 }, { n: 2 }])
  expect(await db.batch([])).toEqual([])
  await db.close()
})

test('concurrent batches do not mix, and reads see whole commits only', async () => {
  const { db } = await withTable()
  const insert = (n: number) => statement('INSERT INTO t (n) VALUES (?1)', n)
  const writes = Array.from({ length: 30 }, (_, i) => db.batch([insert(i * 2), insert(i * 2 + 1)]))
  const reads = await Promise.all(Array.from({ length: 30 }, () => numbers(db)))
  await Promise.all(writes)
  expect(reads.every((read) => read.length % 2 === 0)).toBe(true)
  expect(await numbers(db)).toHaveLength(60)
  await db.close()
})

test('a full disk is a transient error, and nothing of the batch stays', async () => {
  const { db } = await withTable()
  await db.batch([statement('INSERT INTO t (n) VALUES (1)')])
  const [pages] = await db.query<{ page_count: number }>('PRAGMA page_count')
  await db.batch([statement(`PRAGMA max_page_count = ${pages!.page_count + 2}`)])
  const large = statement('INSERT INTO t (n, body) VALUES (3, ?1)', 'x'.repeat(100_000))
  await expect(db.batch([statement('INSERT INTO t (n) VALUES (2)'), large])).rejects.toMatchObject({
    kind: 'transient',
    code: 'store.full',
  })
  expect(await numbers(db)).toEqual([1])
  await db.batch([statement('PRAGMA max_page_count = 100000')])
  await db.batch([large])
  expect(await numbers(db)).toEqual([1, 3])
  await db.close()
})

test('a database held by another process is a transient error after the timeout', async () => {
  const { path, db } = await withTable()
  const other = await openLibsql(path, { busyTimeoutMs: 20 })
  const held = db.batch([
    statement('INSERT INTO t (n) VALUES (1)'),
    statement(
      'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000000) SELECT count(*) FROM c',
    ),
  ])
  await db.query('SELECT 1')
  await expect(other.batch([statement('INSERT INTO t (n) VALUES (2)')])).rejects.toMatchObject({
    kind: 'transient',
    code: 'store.busy',
  })
  await held
  await other.batch([statement('INSERT INTO t (n) VALUES (2)')])
  expect(await numbers(db)).toEqual([1, 2])
  await Promise.all([db.close(), other.close()])
})

test('what cannot be opened is a configuration error', async () => {
  const occupied = freshFile()
  writeFileSync(occupied, 'not a database, but long enough to have a header '.repeat(50))
  const isFolder = freshFile()
  mkdirSync(isFolder)
  for (const url of [occupied, isFolder, join(occupied, 'below.db'), 'postgres://localhost/x']) {
    await expect(openStore(url), url).rejects.toMatchObject({ kind: 'config', code: 'store.unavailable' })
  }
})

test('folders on the way are made, and a closed store leaves one file', async () => {
  const path = join(folder, 'new', 'deep', 'x.db')
  const store = await openStore(`file:${path}`)
  await store.intake.takeReceipts([receipt('r1')])
  await store.close()
  const again = await openStore(`file://${path}`)
  expect(await again.intake.nextReceipts({ limit: 5, now: NOW })).toHaveLength(1)
  await again.close()
})
