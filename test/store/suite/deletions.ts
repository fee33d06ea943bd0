import { expect, test } from 'vitest'
import type { DeletionCommit, NewRecord } from '../../../src/engine/ports.ts'
import { absorb, type Current, NOW, record } from './builders.ts'

const SCOPE = { connection: 'stripe-eu', stream: 'customers' }

export function describeDeletions(current: Current): void {
  const commit = (
    records: NewRecord[],
    more: { deletions?: DeletionCommit; now?: number; seen?: string[] },
  ) => current().intake.commitPage({ ...SCOPE, records, now: NOW, ...more })
  const gone = (...keys: string[]) =>
    keys.map((key) =>
      record(key, { hash: `deleted:${NOW}`, body: 'null', isDeleted: true, receipt: `r-${key}` }),
    )
  const store = async (...keys: string[]) => {
    await commit(
      keys.map((key) => record(key)),
      { now: NOW - 10 },
    )
    await absorb(current(), { records: await current().intake.pendingRecords({ limit: 100 }) })
  }
  const deleted = async () =>
    (await current().intake.pendingRecords({ limit: 100 })).flatMap((r) => (r.isDeleted ? [r] : []))

  test('collected deletions wait, and are applied with the page that settles them', async () => {
    await store('a', 'b', 'c')
    await commit([], { deletions: { collected: gone('a') } })
    expect(await deleted()).toEqual([])
    expect(await current().deletions.window({ ...SCOPE, since: 0 })).toEqual({
      applied: 0,
      collected: 1,
      isHeld: false,
    })
    await commit([], { deletions: { collected: gone('b'), settle: { ...SCOPE, as: 'applied' } } })
    const [a] = await deleted()
    expect(a).toEqual({
      ...gone('a')[0],
      hash: `deleted:${NOW}:deleted`,
      isUpdate: true,
      ...(a?.receipt === undefined ? { receipt: undefined } : {}),
    })
    expect((await deleted()).map(({ key }) => key)).toEqual(['a', 'b'])
    expect(await current().deletions.window({ ...SCOPE, since: NOW })).toMatchObject({ applied: 2 })
    expect(await current().deletions.window({ ...SCOPE, since: NOW + 1 })).toMatchObject({ applied: 0 })
    expect(await current().deletions.countAlive(SCOPE)).toBe(1)
    expect(await current().deletions.areAlive([record('a'), record('c'), record('x')])).toEqual([
      false,
      true,
      false,
    ])
  })

  test('a hold keeps its time and reason, is paged, and is released in portions', async () => {
    const { deletions } = current()
    await store('a', 'b', 'c', 'd')
    const hold = { ...SCOPE, at: NOW, known: 4, reason: 'too much' }
    const settle = { ...SCOPE, as: 'held' as const }
    await commit([], { deletions: { collected: gone('a', 'b'), settle, holds: [hold] } })
    await commit([], { deletions: { held: gone('c'), holds: [{ ...hold, at: NOW + 5, reason: 'other' }] } })
    expect(await deletions.holds()).toEqual([{ ...hold, count: 3, sample: ['a', 'b', 'c'] }])
    const page = await deletions.held({ ...SCOPE, limit: 2 })
    expect(page.items).toEqual([
      { key: 'a', at: NOW },
      { key: 'b', at: NOW },
    ])
    expect(await deletions.held({ ...SCOPE, limit: 2, after: page.next! })).toEqual({
      items: [{ key: 'c', at: NOW }],
    })
    expect(await deletions.held({ ...SCOPE, stream: 'invoices', limit: 2 })).toEqual({ items: [] })
    expect(await deletions.release({ ...SCOPE, now: NOW, limit: 2 })).toEqual({ applied: 2, more: true })
    expect(await deletions.holds()).toMatchObject([{ count: 1 }])
    expect(await deletions.release({ ...SCOPE, now: NOW, limit: 2 })).toEqual({ applied: 1, more: false })
    expect(await deletions.holds()).toEqual([])
    expect((await deleted()).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
    expect(await deletions.window({ ...SCOPE, since: 0 })).toEqual({
      applied: 0,
      collected: 0,
      isHeld: false,
    })
  })

  test('what waits is refuted by a later look only, and dropped without a trace', async () => {
    const { deletions } = current()
    await store('a', 'b', 'c')
    const hold = { ...SCOPE, at: NOW, known: 3, reason: 'too much' }
    await commit([], { deletions: { held: gone('a', 'b'), holds: [hold] } })
    await commit([record('a')], { deletions: { refutedAt: NOW } })
    expect(await deletions.holds()).toMatchObject([{ count: 2 }])
    await commit([record('a')], { deletions: { refutedAt: NOW + 1 } })
    expect(await deletions.holds()).toMatchObject([{ count: 1, sample: ['b'] }])
    expect(await deletions.drop(SCOPE)).toBe(1)
    expect(await deletions.holds()).toEqual([])
    expect(await deleted()).toEqual([])
  })

  test('an old deletion that is released does not touch what is newer', async () => {
    await store('a')
    await commit([], {
      deletions: { held: gone('a'), holds: [{ ...SCOPE, at: NOW, known: 1, reason: 'too much' }] },
    })
    await commit([record('a', { version: NOW + 1, hash: 'newer' })], {})
    await current().deletions.release({ ...SCOPE, now: NOW, limit: 9 })
    expect(await deleted()).toEqual([])
  })

  test('what a full read has not seen is found, unless it is new, changed, or waits', async () => {
    const { fullReads, intake } = current()
    await store('a', 'b', 'c', 'd', 'invalid:x')
    await fullReads.begin({ ...SCOPE, now: NOW })
    expect(await fullReads.since(SCOPE)).toBe(NOW)
    expect(await fullReads.since({ ...SCOPE, stream: 'invoices' })).toBeUndefined()
    await commit([record('a')], { seen: ['a'], now: NOW + 1 })
    await commit([record('b', { hash: 'changed', version: NOW + 2 }), record('new')], { now: NOW + 2 })
    const request = { ...SCOPE, since: NOW }
    expect(await fullReads.unseen({ ...request, limit: 9 })).toEqual([
      { key: 'c', version: NOW },
      { key: 'd', version: NOW },
    ])
    expect(await fullReads.unseen({ ...request, limit: 1, after: 'c' })).toMatchObject([{ key: 'd' }])
    expect(await fullReads.countUnseen(request)).toEqual({ unseen: 2, unreadable: 0 })
    await commit([], { seen: ['invalid:y', 'c'] })
    expect(await fullReads.countUnseen(request)).toEqual({ unseen: 1, unreadable: 1 })
    await intake.commitPage({ ...SCOPE, records: [], cursor: { since: 1 }, endsFull: true, now: NOW })
    expect(await fullReads.since(SCOPE)).toBeUndefined()
    expect(await intake.readCursor('stripe-eu', 'customers')).toEqual({ since: 1 })
    await fullReads.begin({ ...SCOPE, now: NOW + 9 })
    expect((await fullReads.countUnseen({ ...SCOPE, since: NOW + 9 })).unreadable).toBe(0)
    expect(await intake.readCursor('stripe-eu', 'customers')).toBeUndefined()
  })
}
