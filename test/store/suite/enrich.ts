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
    expect(await current().enrich.spent('pdl', NOW)).toEqual({ calls: 2, cost: 0.25 })
    expect(await current().enrich.spent('pdl', NOW + 1)).toEqual({ calls: 1, cost: 0.25 })
    expect(await current().enrich.spent('nobody', NOW)).toEqual({ calls: 0, cost: 0 })
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
