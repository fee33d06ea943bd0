import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ObjectSpec } from '#kit'
import { locksOf, schedule } from '../../src/engine/deciding/locks.ts'
import type { ReadyOperation } from '../../src/engine/deciding/prepared.ts'
import { ACCOUNTS, CONTACTS, createWorld, MINUTE, person, type World } from './support.ts'

const spec = { locks: ['AccountId', 'WhatId'] } as ObjectSpec

const ready = (id: string, locks: string[] | undefined, wasLocked = false): ReadyOperation =>
  ({
    operation: { id, ...(wasLocked ? { error: { code: 'record.locked' } } : {}) },
    ...(locks ? { locks } : {}),
  }) as ReadyOperation

test('a write locks the parent that its record has and the one that it gets', () => {
  const known = (live: Record<string, string | null>) => ({
    isNew: false,
    live: { AccountId: null, WhatId: null, ...live },
  })
  expect(locksOf(spec, { AccountId: 'b' }, known({ AccountId: 'a' }))).toEqual(['b', 'a'])
  expect(locksOf(spec, { Title: 'x' }, known({ WhatId: 'o' }))).toEqual(['o'])
  expect(locksOf(spec, { AccountId: 'b' }, { isNew: true, live: undefined })).toEqual(['b'])
  expect(locksOf(spec, { AccountId: 'b' }, { isNew: false, live: undefined })).toBeUndefined()
  expect(locksOf({} as ObjectSpec, { AccountId: 'b' }, known({}))).toEqual([])
})

const parents = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 2 }), {
  nil: undefined,
  freq: 20,
})

test('property: no parent is in two chains, every operation is in one batch, batches are full where they can be', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(parents, fc.boolean()), { maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      (drawn, size) => {
        const items = drawn.map(([locks, wasLocked], n) => ready(`o${n}`, locks ?? undefined, wasLocked))
        const { chains, alone } = schedule(items, size, true)
        const batches = [...chains.flat(), ...alone]
        expect(
          batches
            .flat()
            .map((i) => i.operation.id)
            .sort(),
        ).toEqual(items.map((i) => i.operation.id).sort())
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(size)
        const seen = new Map<string, number>()
        chains.forEach((chain, place) => {
          for (const item of chain.flat()) {
            for (const lock of item.locks ?? ['unknown']) {
              expect(seen.get(lock) ?? place).toBe(place)
              seen.set(lock, place)
            }
          }
        })
        const free = items.filter((item) => !item.operation.error)
        expect(chains.flat()).toHaveLength(Math.ceil(free.length / size))
        for (const batch of alone) expect(batch.every((i) => i.operation.error)).toBe(true)
      },
    ),
  )
})

test('a thousand contacts of small companies leave in as few batches as without parents', () => {
  const items = Array.from({ length: 1_000 }, (_, n) => ready(`o${n}`, [`acc${n % 300}`]))
  const { chains } = schedule(items, 200, true)
  expect(chains.flat()).toHaveLength(5)
  expect(chains.length).toBeGreaterThan(2)
})

const MAPPINGS = {
  'account.yaml': ACCOUNTS,
  'contact.yaml': `${CONTACTS}  AccountId: { lookup: Account, by: account.id, on_miss: hold }\n`,
}

/** Accounts of the write calls that were under way together, and the most calls at once. */
function watchWrites(w: World, fewest: number): { overlaps: string[]; most: () => number } {
  const { salesforce } = w.sandboxes
  const { fetch } = salesforce
  const under = new Map<object, Set<string>>()
  const overlaps: string[] = []
  let most = 0
  salesforce.fetch = async (request) => {
    const isWrite = request.method === 'PATCH' && request.url.includes('composite/sobjects')
    if (!isWrite) return fetch(request)
    const { records } = (await request.clone().json()) as { records: { AccountId?: string }[] }
    const own = new Set(records.flatMap((record) => record.AccountId ?? []))
    for (const others of under.values()) overlaps.push(...[...own].filter((id) => others.has(id)))
    under.set(request, own)
    most = Math.max(most, under.size)
    // Others get their turn while this one is under way: until as many are as must be, once.
    for (let turn = 0; turn < (most < fewest ? 20_000 : 50) && !(turn > 50 && most >= fewest); turn++)
      await new Promise(setImmediate)
    const response = await fetch(request)
    under.delete(request)
    return response
  }
  return { overlaps, most: () => most }
}

test.each([
  [1, 1, 1],
  [4, 2, 4],
])(
  'with writeConcurrency %i, %i to %i batches are under way at once, never two with one account',
  async (configured, fewest, highest) => {
    const w = await createWorld({
      mappings: MAPPINGS,
      with: { salesforce: `writeConcurrency: ${configured}\n    limits: { concurrency: 8 }` },
    })
    await w.say(
      ...Array.from({ length: 900 }, (_, n) => ({
        key: `k${n}`,
        says: [person(`p${n}@acme-${n % 90}.com`, { last_name: `P${n}` })],
      })),
    )
    const { overlaps, most } = watchWrites(w, fewest)
    await w.settle()
    w.clock.advance(MINUTE)
    await w.settle()
    expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(900)
    expect(overlaps).toEqual([])
    expect(most()).toBeGreaterThanOrEqual(fewest)
    expect(most()).toBeLessThanOrEqual(highest)
  },
)

test('records that were locked go after all others, with nothing else under way', async () => {
  const w = await createWorld({ mappings: MAPPINGS, with: { salesforce: 'writeConcurrency: 4' } })
  const facts = (title: string, at: number) =>
    Array.from({ length: 30 }, (_, n) => ({
      key: `k${n}`,
      says: [person(`p${n}@acme-${n}.com`, { last_name: `P${n}`, title })],
      updated_at: at,
    }))
  await w.say(...facts('A', w.clock.now()))
  await w.settle()
  const { salesforce } = w.sandboxes
  const ids = salesforce
    .records('Contact')
    .slice(0, 3)
    .map((record) => String(record.Id))
  for (const id of ids) salesforce.lock(id)
  await w.say(...facts('B', w.clock.now() + 1))
  await w.settle()
  expect(salesforce.records('Contact').filter((record) => record.Title === 'A')).toHaveLength(3)
  w.clock.advance(MINUTE)
  await w.settle()
  expect(salesforce.records('Contact').every((record) => record.Title === 'B')).toBe(true)
})
