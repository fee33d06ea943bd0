import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { TransientError } from '#kit'
import type { PullOptions } from '../../src/engine/pull.ts'
import { createWorld, HOUR, MINUTE, person, START, type World } from './support.ts'

let open: World[] = []
afterEach(async () => {
  for (const world of open) await world.close()
  open = []
})

const KEYS = Array.from({ length: 12 }, (_, i) => `k${String(i + 1).padStart(2, '0')}`)
const fact = (key: string, updatedAt = START) => ({
  key,
  updated_at: updatedAt,
  says: [person(`${key}@acme-works.com`, { last_name: key })],
})
const pagesOf = (...pages: string[][]) => pages.map((keys) => ({ records: keys.map((key) => fact(key)) }))

/** A book of twelve people, all of them known. */
async function start(rules = '{ maxPercent: 10 }'): Promise<World> {
  const w = await createWorld({ use: [], isBare: true, with: { book: `deletes: ${rules}` } })
  open.push(w)
  w.sandboxes.shelf.pages = pagesOf(KEYS)
  await w.pull('book')
  await w.work()
  w.clock.advance(HOUR)
  w.sandboxes.shelf.asked.length = 0
  return w
}
async function alive(w: World): Promise<string[]> {
  const { items } = await w.inspect.records({ limit: 100, connection: 'book' })
  return items.flatMap(({ key, isDeleted }) => (isDeleted ? [] : [key])).toSorted()
}
const full = async (w: World, options: Partial<PullOptions> = {}) =>
  (await w.pull('book', { full: true, ...options }))[0]!

test('what a full read does not find any more is gone; a read of changes says nothing about the others', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = pagesOf(['k01'])
  await w.pull('book')
  expect(await alive(w)).toEqual(KEYS)
  w.sandboxes.shelf.pages = pagesOf(KEYS.slice(0, 5), KEYS.slice(5, 9))
  const { run } = await full(w)
  expect(run).toMatchObject({ state: 'done', counts: { pages: 2, records: 9, changed: 0, deleted: 3 } })
  expect(await alive(w)).toEqual(KEYS.slice(0, 9))
  await w.work()
  expect((await w.inspect.records({ limit: 1, key: 'k12' })).items).toMatchObject([{ state: 'absorbed' }])
})

test('interrupted anywhere and in any way, a full read ends as if it had not been', async () => {
  const interruption = fc.record({
    how: fc.constantFrom('bounded', 'failed', 'killed before its commit', 'killed after its commit'),
    after: fc.integer({ min: 1, max: 4 }),
    isFull: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(KEYS),
      fc.integer({ min: 1, max: 5 }),
      fc.array(interruption, { maxLength: 4 }),
      async (listed, size, interruptions) => {
        const w = await start()
        const { shelf } = w.sandboxes
        const groups: string[][] = []
        for (let i = 0; i < listed.length; i += size) groups.push(listed.slice(i, i + size))
        const pages = pagesOf(...(groups.length > 0 ? groups : [[]]))
        const { commitPage } = w.store.intake
        let isBegun = false
        for (const { how, after, isFull } of interruptions) {
          shelf.pages = [...pages]
          let left = after
          if (how === 'failed' && after < pages.length)
            shelf.pages[after] = new TransientError('http.server_error', 'down')
          if (how.startsWith('killed'))
            w.store.intake.commitPage = async (page) => {
              if (left-- > 0) return commitPage(page)
              if (how === 'killed after its commit') await commitPage(page)
              throw new RangeError('killed')
            }
          await w
            .pull('book', { full: isFull || !isBegun, ...(how === 'bounded' ? { maxPages: after } : {}) })
            .catch((error: unknown) => expect(error).toBeInstanceOf(RangeError))
          isBegun = true
          w.store.intake.commitPage = commitPage
          w.clock.advance(MINUTE)
        }
        shelf.pages = [...pages]
        const { run } = await full(w)
        expect(run.state).toBe('done')
        expect(await alive(w)).toEqual(listed.toSorted())
        expect(
          (await w.store.deletions.window({ connection: 'book', stream: 'facts', since: 0 })).collected,
        ).toBe(0)
      },
    ),
    { numRuns: 40 },
  )
})

test('a full read that was stopped goes on at its page, by pull --full, by pull, and by the next process', async () => {
  const w = await start()
  const { shelf } = w.sandboxes
  shelf.pages = pagesOf(['k01'], ['k02'], ['k03'], KEYS.slice(3))
  await full(w, { maxPages: 1 })
  w.clock.advance(MINUTE)
  await full(w, { maxPages: 1 })
  await w.pull('book', { maxPages: 1 })
  expect(shelf.asked).toEqual([undefined, '1', '2'])
  const again = await full(w, { restart: true })
  expect(shelf.asked.slice(3)).toEqual([undefined, '1', '2', '3'])
  expect(again.run.counts).toMatchObject({ pages: 4, records: 12 })
  expect(await alive(w)).toEqual(KEYS)
  shelf.asked.length = 0
  await full(w)
  expect(shelf.asked[0]).toBeUndefined()
})

test('what the vendor still has by its key was only left out of the list', async () => {
  const w = await start()
  const asked: string[][] = []
  w.sandboxes.shelf.byKey = (keys) => {
    asked.push(keys)
    return keys.filter((key) => key !== 'k12').map((key) => fact(key))
  }
  w.sandboxes.shelf.pages = pagesOf(KEYS.slice(0, 9))
  const { run } = await full(w)
  expect(asked).toEqual([['k10', 'k11', 'k12']])
  expect(run.counts).toMatchObject({ deleted: 1, changed: 0 })
  expect(await alive(w)).toEqual(KEYS.slice(0, 11))
})

test('a list that is empty by mistake deletes nothing, and asks for nothing by key', async () => {
  const w = await start('{ maxPercent: 50, atLeast: 5 }')
  w.sandboxes.shelf.byKey = () => {
    throw new Error('asked by key')
  }
  w.sandboxes.shelf.pages = pagesOf([])
  const { run } = await full(w)
  expect(run).toMatchObject({ state: 'done', counts: { held: 12 } })
  expect(await alive(w)).toEqual(KEYS)
  expect(await w.store.deletions.holds()).toMatchObject([{ count: 12, known: 12 }])
  w.clock.advance(HOUR)
  w.sandboxes.shelf.pages = pagesOf(KEYS)
  await full(w)
  expect(await w.store.deletions.holds()).toEqual([])
})

test('while some of the list cannot be read, nothing is taken for gone', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = [{ records: [{ key: 'k01', updated_at: 'today' }] }, ...pagesOf(KEYS.slice(1, 9))]
  const { run } = await full(w)
  expect(run.counts).toMatchObject({ failed: 1 })
  expect(await alive(w)).toEqual(expect.arrayContaining(KEYS))
})

test('records that are heard of while it reads are not missed by it', async () => {
  const w = await start()
  const { shelf } = w.sandboxes
  shelf.pages = pagesOf(KEYS.slice(0, 6), KEYS.slice(6, 10))
  await full(w, { maxPages: 1 })
  w.clock.advance(MINUTE)
  await w.say(fact('new'), fact('k11', w.clock.now()))
  await w.work()
  w.clock.advance(MINUTE)
  const { run } = await full(w)
  expect(run.counts).toMatchObject({ deleted: 1 })
  expect(await alive(w)).toEqual([...KEYS.slice(0, 11), 'new'])
})

test('a record that was missing is back when it is listed again as it was', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = pagesOf(KEYS.slice(0, 11))
  await full(w)
  await w.work()
  expect(await alive(w)).toEqual(KEYS.slice(0, 11))
  w.clock.advance(HOUR)
  w.sandboxes.shelf.pages = pagesOf(KEYS)
  expect((await full(w)).run.counts).toMatchObject({ changed: 1, new: 0 })
  expect(await alive(w)).toEqual(KEYS)
})

test('of a stream that does not list everything nothing is gone', async () => {
  const w = await start()
  const stream = w.engine.deps.connections.get('book')!.connector.streams!.facts!
  stream.listsAll = false
  w.sandboxes.shelf.pages = pagesOf(['k01'], ['k02'])
  await full(w, { maxPages: 1 })
  const { run } = await full(w)
  expect(run).toMatchObject({ state: 'done', counts: { records: 1 } })
  expect(await alive(w)).toEqual(KEYS)
})
