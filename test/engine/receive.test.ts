import { expect, test } from 'vitest'
import type { NewReceipt, Store } from '../../src/engine/ports.ts'
import { createReceiver } from '../../src/engine/receive.ts'

const receipt = (id: string): NewReceipt => ({ id, connection: 'website', receivedAt: 1, headers: {}, body: '{}' })

/** Commits end when told to. */
function slowStore() {
  const commits: { ids: string[]; end: (error?: Error) => void }[] = []
  const takeReceipts = (receipts: NewReceipt[]) =>
    new Promise<string[]>((resolve, reject) => {
      const ids = receipts.map(({ id }) => id)
      commits.push({ ids, end: (error) => (error ? reject(error) : resolve(ids)) })
    })
  return { commits, store: { intake: { takeReceipts } } as unknown as Store }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('receipts of one turn share a commit, and those that come meanwhile share the next', async () => {
  const { store, commits } = slowStore()
  const { receive, isQuiet } = createReceiver({ store })
  const stored: string[] = []
  const take = (id: string) => receive(receipt(id)).then(() => stored.push(id))
  const all = [take('a'), take('b')]
  await turn()
  expect(commits.map((c) => c.ids)).toEqual([['a', 'b']])
  all.push(take('c'), take('d'))
  await turn()
  expect(commits).toHaveLength(1)
  expect(stored).toEqual([])
  expect(isQuiet()).toBe(false)
  commits[0]!.end()
  await turn()
  expect(stored).toEqual(['a', 'b'])
  expect(commits[1]!.ids).toEqual(['c', 'd'])
  commits[1]!.end()
  await Promise.all(all)
  await turn()
  expect(isQuiet()).toBe(true)
})

test('a failed commit refuses its own receipts and none of the next', async () => {
  const { store, commits } = slowStore()
  const { receive } = createReceiver({ store })
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
  const { receive } = createReceiver({ store, sharesCommits: false })
  void receive(receipt('a'))
  expect(commits.map((c) => c.ids)).toEqual([['a']])
})

test('a commit holds a bounded number of receipts', async () => {
  const { store, commits } = slowStore()
  const { receive } = createReceiver({ store })
  for (let n = 0; n < 300; n++) void receive(receipt(String(n)))
  await turn()
  commits[0]!.end()
  await turn()
  expect(commits.map((c) => c.ids.length)).toEqual([256, 44])
})

test('listeners hear of receipts that are new', async () => {
  const { store, commits } = slowStore()
  const { receive, onStored, flush } = createReceiver({ store })
  let heard = 0
  onStored(() => heard++)
  const taken = receive(receipt('a'))
  const flushed = flush()
  commits[0]!.end()
  await Promise.all([taken, flushed])
  expect(heard).toBe(1)
})
