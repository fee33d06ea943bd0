import { expect, test } from 'vitest'
import type { ChangesRequest, LiveRecord } from '#kit'
import { type Bench, createBench } from './support.ts'

const FIELDS = ['email', 'jobtitle']

/** Every page of a poll, and how many calls it took. */
async function poll(bench: Bench, more: Partial<ChangesRequest> = {}) {
  const records: LiveRecord[] = []
  let page: string | undefined
  let pages = 0
  do {
    const answer = await bench.destination.changes!.page(bench.ctx, {
      object: 'contacts',
      since: 0,
      fields: FIELDS,
      deletions: false,
      ...(page === undefined ? {} : { page }),
      ...more,
    })
    records.push(...answer.records)
    page = answer.next
    pages++
  } while (page !== undefined)
  return { records, pages }
}
const create = (bench: Bench, count: number) =>
  Array.from({ length: count }, (_, i) => bench.portal.create('contacts', { email: `p${i}@acme.com` }))

test('a change comes with the values, our key and its time', async () => {
  const bench = await createBench()
  const [old, edited] = create(bench, 2)
  bench.clock.advance(60_000)
  const since = bench.clock.now()
  bench.portal.edit('contacts', edited!, { jobtitle: 'Chief', tributary_id: 'per_1' })
  expect((await poll(bench, { since })).records).toEqual([
    {
      crmId: edited,
      externalId: 'per_1',
      fields: { email: 'p1@acme.com', jobtitle: 'Chief' },
      modifiedAt: since,
    },
  ])
  expect((await poll(bench)).records.map((r) => r.crmId)).toEqual([old, edited])
})

test.each([
  [0, 1],
  [199, 1],
  [450, 5],
])('%i records of one instant are all read, in %i calls', async (count, calls) => {
  const bench = await createBench()
  const ids = create(bench, count)
  const { records, pages } = await poll(bench)
  expect(new Set(records.map((r) => r.crmId))).toEqual(new Set(ids))
  expect(pages).toBe(calls)
})

test('records that change while pages are read are not skipped, and more than 10,000 come through', async () => {
  const bench = await createBench()
  const ids: string[] = []
  for (let i = 0; i < 10_400; i++) {
    if (i % 50 === 0) bench.clock.advance(1_000)
    ids.push(bench.portal.create('contacts', { email: `p${i}@acme.com` }))
  }
  const seen = new Map<string, LiveRecord>()
  let page: string | undefined
  do {
    const answer = await bench.destination.changes!.page(bench.ctx, {
      object: 'contacts',
      since: 0,
      fields: FIELDS,
      deletions: false,
      ...(page === undefined ? {} : { page }),
    })
    for (const record of answer.records) seen.set(record.crmId, record)
    // People work on while we read: what was first goes last.
    const next = ids[seen.size % ids.length]!
    bench.clock.advance(10)
    if (seen.size < 9_000) bench.portal.edit('contacts', next, { jobtitle: 'busy' })
    page = answer.next
  } while (page !== undefined)
  expect(seen.size).toBe(ids.length)
  for (const { id, properties } of bench.portal.records('contacts'))
    expect(seen.get(id)!.fields.jobtitle ?? undefined).toBe(properties.jobtitle)
})

test.each([false, true])(
  'merged records lead to the survivor (into a new id: %s)',
  async (mergeIntoNewId) => {
    const bench = await createBench({ mergeIntoNewId })
    const [a, b] = create(bench, 2)
    const survivor = bench.portal.merge('contacts', a!, b!)
    const gone = (await poll(bench)).records.filter((r) => r.movedTo)
    expect(gone.map((r) => [r.crmId, r.movedTo]).sort()).toEqual(
      (mergeIntoNewId ? [a, b] : [b]).map((id) => [id, survivor]).sort(),
    )
  },
)

test('archived records come where they are asked for, however many', async () => {
  const bench = await createBench()
  const ids = create(bench, 130)
  for (const id of ids) bench.portal.remove('contacts', id)
  expect((await poll(bench)).records).toEqual([])
  const { records } = await poll(bench, { deletions: true })
  expect(records).toHaveLength(130)
  expect(records.every((r) => r.isDeleted)).toBe(true)
})
