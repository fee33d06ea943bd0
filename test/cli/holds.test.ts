import { expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { tributary, tributaryJson, workspace } from './support.ts'

const CSV = ['email,last name', ...Array.from({ length: 60 }, (_, i) => `p${i}@acme-works.com,P${i}`)].join(
  '\n',
)

/** Sixty contacts, of which a source has said that they are gone. */
async function world(): Promise<void> {
  workspace({ 'tributary.yaml': 'connections:\n  csv: { connector: csv }\n', 'people.csv': CSV })
  expect((await tributary('import', 'people.csv', '--as', 'contacts')).code).toBe(0)
  const store = await openStore('file:hub.db')
  const scope = { connection: 'csv', stream: 'contacts' }
  const { items } = await store.inspect.records({ limit: 100, ...scope })
  const gone = items.map(({ key, version }) => ({
    ...scope,
    key,
    version,
    hash: `deleted:${version}`,
    body: 'null',
    lane: 'backfill' as const,
    isDeleted: true,
  }))
  const hold = { ...scope, at: Date.UTC(2026, 10, 22), known: 60, reason: '60 of 60' }
  await store.intake.commitPage({ ...scope, records: [], deletions: { held: gone, holds: [hold] }, now: 1 })
  await store.close()
}
const alive = async () => {
  const store = await openStore('file:hub.db')
  const { items } = await store.inspect.records({ limit: 100, connection: 'csv', stream: 'contacts' })
  await store.close()
  return items.filter(({ isDeleted, state }) => !isDeleted && state === 'absorbed').map(({ key }) => key)
}

test('holds and status tell what would be deleted and how to decide; release deletes it', async () => {
  await world()
  expect((await alive()).toSorted()).toHaveLength(60)
  const { out } = await tributary('holds')
  expect(out).toContain('HELD deletions of csv/contacts since 2026-11-22T00:00:00.000Z: 60 of 60')
  expect(out).toContain(`60 of 60 wait: `)
  expect(out).toContain('tributary holds drop csv/contacts')
  expect((await tributary('status')).out).toContain('HELD deletions of csv/contacts')
  const { json } = await tributaryJson<{ deletions: { count: number; sample: string[] }[] }>('holds')
  expect(json).toMatchObject({
    delivery: [],
    deletions: [{ connection: 'csv', stream: 'contacts', count: 60 }],
  })
  expect(json.deletions[0]!.sample).toHaveLength(5)

  expect((await tributary('holds', 'show', 'csv/contacts')).out.trim().split('\n').toSorted()).toEqual(
    (await alive()).toSorted(),
  )
  expect((await tributary('holds', 'show', 'csv')).code).toBe(2)
  const released = await tributary('holds', 'release', 'csv/contacts')
  expect(released).toMatchObject({ code: 0 })
  expect(released.out).toContain('csv/contacts: 60 deletions applied')
  expect(await alive()).toEqual([])
  expect((await tributary('holds')).out).toContain('Nothing is held.')
})

test('drop keeps the records; a scope that nothing is held of says so', async () => {
  await world()
  expect((await tributary('holds', 'drop', 'csv/invoices')).out).toContain('No deletions are held there.')
  expect((await tributary('holds', 'drop')).out).toContain(
    'csv/contacts: 60 deletions dropped, the records stay',
  )
  expect(await alive()).toHaveLength(60)
})

test.each([
  [['holds', 'forget'], 'cli.usage'],
  [['holds', 'drop', 'cvs'], 'config.unknown_connection'],
])('%j is refused with %s', async (args, code) => {
  workspace({ 'tributary.yaml': 'connections:\n  csv: { connector: csv }\n' })
  const { code: exit, json } = await tributaryJson<{ error: { code: string } }>(...args)
  expect([exit, json.error.code]).toEqual([2, code])
})
