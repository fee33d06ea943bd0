import { expect, test } from 'vitest'
import type { EnrichmentRow } from '../../../src/engine/ports.ts'
import { absorb, type Current, mark, NOW, nextDirty, record } from './builders.ts'

const answer = (more: Partial<EnrichmentRow> = {}): EnrichmentRow => ({
  provider: 'pdl',
  key: 'domain:example.com',
  status: 'hit',
  cost: 0.1,
  at: NOW,
  expiresAt: NOW + 100,
  ...more,
})

export function describeEnrich(current: Current): void {
  const commit = (rows: EnrichmentRow[], more = {}) =>
    current().enrich.commit({ rows, records: [], dirtyDone: [], dirty: [], now: NOW, ...more })
  const known = (now = NOW) => current().enrich.known([{ provider: 'pdl', key: 'domain:example.com' }], now)

  test('an answer is known until it expires, a miss too', async () => {
    await commit([answer({ status: 'miss' }), answer({ key: 'other' })])
    expect(await known()).toEqual([answer({ status: 'miss' })])
    expect(await known(NOW + 100)).toEqual([])
  })

  test('the latest answer counts, and every call is in the ledger', async () => {
    await commit([answer({ status: 'error', cost: 0 }), answer({ at: NOW + 5, cost: 0.25 })])
    await commit([answer({ at: NOW + 5, cost: 0.25 })])
    expect(await known()).toEqual([answer({ at: NOW + 5, cost: 0.25 })])
    expect(await current().enrich.spent('pdl', NOW)).toEqual({ calls: 1, cost: 0.25 })
    expect(await current().enrich.spent('pdl', NOW + 1)).toEqual({ calls: 1, cost: 0.25 })
    expect(await current().enrich.spent('nobody', NOW)).toEqual({ calls: 0, cost: 0 })
  })

  const claimed = (at: number, more: Partial<EnrichmentRow> = {}) =>
    answer({ status: 'asked', cost: 0, at, expiresAt: at + 50, ...more })

  test('a question is claimed once until its claim or its answer expires, and the answer takes the place of the claim', async () => {
    const { enrich } = current()
    const both = await Promise.all([enrich.claim(claimed(NOW)), enrich.claim(claimed(NOW + 1))])
    expect(both.filter(Boolean)).toHaveLength(1)
    const [held] = await known()
    expect(held).toMatchObject({ status: 'asked' })
    await commit([answer({ at: held!.at })])
    expect(await known()).toEqual([answer({ at: held!.at })])
    expect(await enrich.spent('pdl', NOW)).toEqual({ calls: 1, cost: 0.1 })
    expect(await enrich.claim(claimed(NOW + 99))).toBe(false)
    expect(await enrich.claim(claimed(NOW + 100))).toBe(true)
  })

  test('a claim that failed may be made again in the same instant', async () => {
    const { enrich } = current()
    expect(await enrich.claim(claimed(NOW))).toBe(true)
    await commit([claimed(NOW, { status: 'error', expiresAt: NOW })])
    expect(await enrich.claim(claimed(NOW))).toBe(true)
    expect(await known()).toEqual([claimed(NOW)])
  })

  test('no more is claimed than the budget covers; failures and pauses take nothing of it', async () => {
    const { enrich } = current()
    const budget = { calls: 2, since: NOW }
    await commit([answer({ key: '*', status: 'error', cost: 0 }), answer({ key: 'failed', status: 'error' })])
    await commit([answer({ key: 'yesterday', at: NOW - 1 })])
    const keys = ['a', 'b', 'c', 'd']
    const claims = await Promise.all(keys.map((key) => enrich.claim(claimed(NOW, { key }), budget)))
    expect(claims.filter(Boolean)).toHaveLength(2)
    expect(await enrich.claim(claimed(NOW, { key: 'e', provider: 'other' }), budget)).toBe(true)
  })

  test('look-ups are counted by day, without failures', async () => {
    const day = Math.floor(NOW / 86_400_000)
    await commit([answer(), answer({ key: 'b', cost: 0.4 }), answer({ key: 'c', status: 'error' })])
    await commit([
      answer({ key: 'd', at: NOW - 86_400_000 }),
      answer({ key: 'e', at: NOW - 10 * 86_400_000 }),
    ])
    expect(await current().enrich.days('pdl', NOW - 2 * 86_400_000)).toEqual([
      { day: day - 1, calls: 1, cost: 0.1 },
      { day, calls: 2, cost: 0.5 },
    ])
  })

  test('answers become records, and the questions are done', async () => {
    await absorb(current(), {
      dirty: [mark('per_1', { stage: 'enrich' }), mark('per_2', { stage: 'enrich' })],
    })
    const items = await nextDirty(current(), { stage: 'enrich' })
    await commit([answer()], {
      records: [record('example.com', { connection: 'pdl', stream: 'company' })],
      dirtyDone: items,
      dirty: [mark('per_2', { stage: 'enrich', notBefore: NOW + 50 })],
    })
    expect((await current().intake.pendingRecords({ limit: 5 })).map((r) => r.connection)).toEqual(['pdl'])
    expect(await nextDirty(current(), { stage: 'enrich' })).toEqual([])
    expect(await nextDirty(current(), { stage: 'enrich', now: NOW + 50 })).toMatchObject([{ id: 'per_2' }])
  })
}
