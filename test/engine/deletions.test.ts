import { afterEach, expect, test } from 'vitest'
import { dropDeletions, readStreamScope, releaseDeletions } from '../../src/engine/reading/deletions.ts'
import { api } from './api-support.ts'
import { createWorld, DAY, HOUR, person, START, type World } from './support.ts'

let open: World[] = []
afterEach(async () => {
  for (const world of open) await world.close()
  open = []
})

/** A book in which 20 people stand; up to three may be deleted without a question, then 20 %. */
async function start(rules = '{ atLeast: 3, maxPercent: 20 }'): Promise<World> {
  const w = await createWorld({ use: [], isBare: true, with: { book: `deletes: ${rules}` } })
  open.push(w)
  await pull(w, { records: facts(1, 20) })
  await w.settle()
  return w
}
const fact = (i: number, updatedAt = START) => ({
  key: `k${String(i).padStart(2, '0')}`,
  updated_at: updatedAt,
  says: [person(`p${i}@acme-works.com`, { last_name: `P${i}` })],
})
const facts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => fact(from + i))
const keys = (from: number, to: number) => facts(from, to).map(({ key }) => key)

async function pull(
  w: World,
  ...pages: { records?: object[]; deleted?: string[] }[]
): Promise<Record<string, number>> {
  w.sandboxes.shelf.pages = pages.map(({ records = [], ...page }) => ({ records, ...page }))
  w.clock.advance(HOUR)
  const [result] = await w.pull('book')
  return result!.run.counts
}
async function alive(w: World): Promise<string[]> {
  const { items } = await w.inspect.records({ limit: 100, connection: 'book' })
  return items.flatMap(({ key, isDeleted }) => (isDeleted ? [] : [key])).toSorted()
}
const holds = (w: World) => w.store.deletions.holds()

test('what a pull reports as deleted waits for the end of its run', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = [
    { records: [], deleted: keys(1, 2) },
    { records: [], deleted: ['k03'] },
  ]
  w.clock.advance(HOUR)
  await w.pull('book', { maxPages: 1 })
  expect(await alive(w)).toHaveLength(20)
  const [rest] = await w.pull('book')
  expect(rest!.run.counts).toMatchObject({ deleted: 3 })
  expect(await alive(w)).toEqual(keys(4, 20))
  await w.settle()
  expect((await w.inspect.records({ limit: 1, connection: 'book', key: 'k01' })).items).toMatchObject([
    { isDeleted: true, state: 'absorbed' },
  ])
})

test('a run that would delete too much deletes nothing; a person releases it', async () => {
  const w = await start()
  const counts = await pull(w, { deleted: keys(1, 2) }, { deleted: keys(3, 5) })
  expect(counts).toMatchObject({ held: 5 })
  expect(counts).not.toHaveProperty('deleted')
  expect(await alive(w)).toHaveLength(20)
  expect(await holds(w)).toEqual([
    {
      connection: 'book',
      stream: 'facts',
      at: w.clock.now(),
      count: 5,
      known: 20,
      sample: keys(1, 5),
      reason: '5 of 20 known records deleted within 24 h > maxPercent 20 %',
    },
  ])
  expect(await releaseDeletions(w.engine.deps, { connection: 'billing-book' })).toEqual([])
  expect(await releaseDeletions(w.engine.deps)).toMatchObject([{ count: 5 }])
  expect(await alive(w)).toEqual(keys(6, 20))
  expect(await holds(w)).toEqual([])
  // What a person let through counts no more.
  expect(await pull(w, { deleted: ['k06'] })).toMatchObject({ deleted: 1 })
})

test('exactly the share is let through, and so is anything up to the floor', async () => {
  const w = await start()
  expect(await pull(w, { deleted: keys(1, 4) })).toMatchObject({ deleted: 4 })
  const small = await start('{ atLeast: 20, maxPercent: 0 }')
  expect(await pull(small, { deleted: keys(1, 20) })).toMatchObject({ deleted: 20 })
})

test('by default, 50 deletions are no mass deletion, and 51 of 60 are', async () => {
  const w = await createWorld({ use: [], isBare: true })
  open.push(w)
  await pull(w, { records: facts(1, 60) })
  expect(await pull(w, { deleted: keys(1, 50) })).toMatchObject({ deleted: 50 })
  expect(await pull(w, { deleted: ['k51'] })).toMatchObject({ held: 1 })
})

test('deletions by webhook count within the window; from the first that is too much on all of the stream wait', async () => {
  const w = await start()
  await w.forget(...keys(1, 3))
  await w.work()
  w.clock.advance(HOUR)
  await w.forget('k04')
  await w.work()
  expect(await alive(w)).toEqual(keys(5, 20))
  await w.forget('k05')
  await w.work()
  await w.forget('k06')
  await w.work()
  expect(await alive(w)).toEqual(keys(5, 20))
  expect(await holds(w)).toMatchObject([{ count: 2, known: 20, sample: ['k05', 'k06'] }])
  expect((await w.inspect.totals()).receipts).toMatchObject({ new: 0, dead: 0 })
})

test('after the window it is counted anew', async () => {
  const w = await start('{ atLeast: 3, maxPercent: 20, window: 2h }')
  await w.forget(...keys(1, 4))
  await w.work()
  w.clock.advance(3 * HOUR)
  await w.forget(...keys(5, 7))
  await w.work()
  expect(await alive(w)).toEqual(keys(8, 20))
})

test('while a stream is held, a single deletion joins those that wait', async () => {
  const w = await start()
  await pull(w, { deleted: keys(1, 9) })
  await w.forget('k10')
  await w.work()
  expect(await pull(w, { deleted: ['k11'] })).toMatchObject({ held: 1 })
  expect(await alive(w)).toHaveLength(20)
  expect(await holds(w)).toMatchObject([{ count: 11, reason: expect.stringContaining('9 of 20') }])
})

test('what was dropped stays, and is held again when the source says it again', async () => {
  const w = await start()
  await pull(w, { deleted: keys(1, 9) })
  expect(await dropDeletions(w.engine.deps, { connection: 'book', stream: 'facts' })).toMatchObject([
    { count: 9 },
  ])
  expect(await holds(w)).toEqual([])
  expect(await pull(w, {})).not.toHaveProperty('held')
  expect(await alive(w)).toHaveLength(20)
  expect(await pull(w, { deleted: keys(1, 9) })).toMatchObject({ held: 9 })
})

test('a source that lists the records again has taken its deletions back', async () => {
  const w = await start()
  await pull(w, { deleted: keys(1, 9) })
  await pull(w, { records: facts(1, 5) })
  expect(await holds(w)).toMatchObject([{ count: 4 }])
  await pull(w, { records: facts(6, 9) })
  expect(await holds(w)).toEqual([])
  expect(await alive(w)).toHaveLength(20)
})

test('a record that changed after it was said to be gone survives the release', async () => {
  const w = await start()
  await pull(w, { deleted: keys(1, 9) })
  await w.say(fact(2, w.clock.now() + 1))
  await w.work()
  await releaseDeletions(w.engine.deps)
  expect(await alive(w)).toEqual(['k02', ...keys(10, 20)])
})

test('records that nobody knows do not count, and do not come back older than their end', async () => {
  const w = await start()
  expect(await pull(w, { deleted: keys(30, 60) })).toEqual({
    pages: 1,
    records: 0,
    new: 0,
    changed: 0,
    failed: 0,
  })
  await w.say(fact(40))
  await w.work()
  expect(await alive(w)).toEqual(keys(1, 20))
})

test('the window is forgotten after a month', async () => {
  const w = await start('{ atLeast: 3, maxPercent: 20, window: 30d }')
  await w.forget(...keys(1, 4))
  await w.work()
  await w.store.deletions.forget(w.clock.now() + DAY)
  const window = await w.store.deletions.window({ connection: 'book', stream: 'facts', since: 0 })
  expect(window.applied).toBe(0)
})

test('the API shows what is held, and decides', async () => {
  const w = await start()
  await pull(w, { deleted: keys(1, 9) })
  const shown = { connection: 'book', stream: 'facts', count: 9, known: 20, sample: keys(1, 5) }
  expect((await api(w).get('/api/holds/deletions')).body.items).toMatchObject([shown])
  expect((await api(w).get('/api/status')).body.held_deletions).toMatchObject([shown])
  const waiting = await api(w).get('/api/holds/deletions/keys?connection=book&stream=facts&limit=8')
  expect(waiting.body.items).toHaveLength(8)
  const next = encodeURIComponent(waiting.body.next)
  const rest = await api(w).get(`/api/holds/deletions/keys?connection=book&stream=facts&after=${next}`)
  expect(rest.body).toEqual({ items: [{ key: 'k09', at: expect.stringMatching(/^2026-.*Z$/) }] })
  expect((await api(w).get('/api/holds/deletions/keys?connection=book')).status).toBe(400)
  expect((await api(w).post('/api/holds/deletions/drop', { connection: 'nobody' })).body.items).toEqual([])
  expect((await api(w).post('/api/holds/deletions/release', { stream: 'facts' })).body.items).toMatchObject([
    shown,
  ])
  expect((await api(w).get('/api/holds/deletions')).body.items).toEqual([])
  expect(await alive(w)).toEqual(keys(10, 20))
})

test('a scope names a connection that exists', async () => {
  const w = await start()
  expect(readStreamScope(undefined, w.engine.deps)).toEqual({})
  expect(readStreamScope('book/facts', w.engine.deps)).toEqual({ connection: 'book', stream: 'facts' })
  expect(() => readStreamScope('bok', w.engine.deps)).toThrow('book')
})
