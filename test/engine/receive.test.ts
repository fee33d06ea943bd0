import { expect, test } from 'vitest'
import type { NewReceipt, Store } from '../../src/engine/ports.ts'
import { createReceiver } from '../../src/engine/receive.ts'
import { testClock } from './support.ts'

const receipt = (id: string): NewReceipt => ({
  id,
  connection: 'website',
  receivedAt: 1,
  headers: {},
  body: '{}',
})

/** Commits end when told to. */
function slowStore() {
  const commits: { ids: string[]; end: (error?: Error) => void }[] = []
  const takeReceipts = (receipts: NewReceipt[]) =>
    new Promise<number>((resolve, reject) => {
      const ids = receipts.map(({ id }) => id)
      commits.push({ ids, end: (error) => (error ? reject(error) : resolve(ids.length)) })
    })
  return { commits, store: { intake: { takeReceipts } } as unknown as Store }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('receipts of one turn share a commit, and those that come meanwhile share the next', async () => {
  const { store, commits } = slowStore()
  const { receive } = createReceiver({ store, clock: testClock() })
  const stored: string[] = []
  const take = (id: string) => receive(receipt(id)).then(() => stored.push(id))
  const all = [take('a'), take('b')]
  await turn()
  expect(commits.map((c) => c.ids)).toEqual([['a', 'b']])
  all.push(take('c'), take('d'))
  await turn()
  expect(commits).toHaveLength(1)
  expect(stored).toEqual([])
  commits[0]!.end()
  await turn()
  expect(stored).toEqual(['a', 'b'])
  expect(commits[1]!.ids).toEqual(['c', 'd'])
  commits[1]!.end()
  await Promise.all(all)
  expect(stored).toEqual(['a', 'b', 'c', 'd'])
})

test('a failed commit refuses its own receipts and none of the next', async () => {
  const { store, commits } = slowStore()
  const { receive } = createReceiver({ store, clock: testClock() })
  const first = receive(receipt('a'))
  await turn()
  const second = receive(receipt('b'))
  commits[0]!.end(new Error('the disk is full'))
  await expect(first).rejects.toThrow('the disk is full')
  await turn()
  commits[1]!.end()
  await second
})

test('where requests cannot wait for each other a receipt is stored at once', async () => {
  const { store, commits } = slowStore()
  const { receive } = createReceiver({ store, clock: testClock(), sharesCommits: false })
  void receive(receipt('a'))
  expect(commits.map((c) => c.ids)).toEqual([['a']])
})

test('a commit holds a bounded number of receipts', async () => {
  const { store, commits } = slowStore()
  const { receive } = createReceiver({ store, clock: testClock() })
  for (let n = 0; n < 300; n++) void receive(receipt(String(n)))
  await turn()
  commits[0]!.end()
  await turn()
  expect(commits.map((c) => c.ids.length)).toEqual([256, 44])
})

test('listeners hear of receipts that are new', async () => {
  const { store, commits } = slowStore()
  const { receive, onStored, flush } = createReceiver({ store, clock: testClock() })
  let heard = 0
  onStored(() => heard++)
  const taken = receive(receipt('a'))
  const flushed = flush()
  commits[0]!.end()
  await Promise.all([taken, flushed])
  expect(heard).toBe(1)
})

test('many receipts at a time are a press, which is over soon after the last of them', async () => {
  const { store, commits } = slowStore()
  const clock = testClock()
  const { receive, isPressed } = createReceiver({ store, clock })
  const few = [1, 2, 3].map((n) => receive(receipt(`few ${n}`)))
  expect(isPressed()).toBe(false)
  await turn()
  commits[0]!.end()
  await Promise.all(few)
  expect(isPressed()).toBe(false)
  const many = Array.from({ length: 20 }, (_, n) => receive(receipt(`many ${n}`)))
  expect(isPressed()).toBe(true)
  await turn()
  await turn()
  commits[1]!.end()
  await Promise.all(many)
  await turn()
  expect(isPressed()).toBe(true)
  clock.advance(100)
  expect(isPressed()).toBe(false)
})

test('a receipt that comes at the very end of a commit is stored as well', async () => {
  for (let microtasks = 0; microtasks < 10; microtasks++) {
    const { store, commits } = slowStore()
    const { receive } = createReceiver({ store, clock: testClock() })
    void receive(receipt('first'))
    await turn()
    commits[0]!.end()
    for (let n = 0; n < microtasks; n++) await Promise.resolve()
    void receive(receipt('last'))
    await turn()
    await turn()
    expect(commits.map((c) => c.ids)).toEqual([['first'], ['last']])
  }
})
