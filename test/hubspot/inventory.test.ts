import { expect, test } from 'vitest'
import type { InventoryRecord } from '#kit'
import { type Bench, createBench } from './support.ts'

async function readAll({ destination, ctx }: Bench, object: string, fields: string[]) {
  const records: InventoryRecord[] = []
  for (let page: string | undefined, isLast = false; !isLast; isLast = page === undefined) {
    const answer = await destination.inventory!.page(ctx, { object, fields, ...(page ? { page } : {}) })
    records.push(...answer.records)
    page = answer.next
  }
  return records
}

test('every live record comes once, a hundred a call, with values as mappings write them', async () => {
  const bench = await createBench()
  const made = Array.from({ length: 250 }, (_, i) =>
    bench.portal.create('companies', { name: `Company ${i}`, numberofemployees: String(i) }),
  )
  bench.portal.remove('companies', made[3]!)
  bench.portal.merge('companies', made[5]!, made[6]!)
  const calls = bench.portal.apiCalls
  const records = await readAll(bench, 'companies', ['name', 'numberofemployees', 'createdate'])
  expect(bench.portal.apiCalls - calls).toBeLessThanOrEqual(4)
  expect(records.map(({ crmId }) => crmId)).toEqual(made.filter((id) => id !== made[3] && id !== made[6]))
  expect(records[7]!.fields).toEqual({
    name: 'Company 9',
    numberofemployees: 9,
    createdate: '2026-11-22T00:00:00.000Z',
  })
})

test('more properties than one address holds are read in several calls over the same records', async () => {
  const bench = await createBench()
  const names = Array.from({ length: 200 }, (_, i) => `a_property_with_quite_a_long_name_${i}`)
  const state = bench.portal.dump()
  const [like] = state.properties.companies!.filter(({ name }) => name === 'about_us')
  state.properties.companies!.push(...names.map((name) => ({ ...like!, name })))
  bench.portal.restore(state)
  const id = bench.portal.create('companies', { name: 'Acme', [names[0]!]: 'first', [names[199]!]: 'last' })
  const [record] = await readAll(bench, 'companies', ['name', ...names])
  expect(record).toMatchObject({
    crmId: id,
    fields: { name: 'Acme', [names[0]!]: 'first', [names[199]!]: 'last' },
  })
  expect(Object.keys(record!.fields)).toHaveLength(201)
})

test('companies and deals tell how many contacts belong to them', async () => {
  const bench = await createBench()
  const { portal } = bench
  const company = portal.create('companies', { name: 'Acme' })
  for (const email of ['a@acme-works.com', 'b@acme-works.com'])
    portal.associate('contacts', portal.create('contacts', { email }), 'companies', company)
  const deal = portal.create('deals', { dealname: 'One' })
  portal.associate('deals', deal, 'companies', company)
  expect(await readAll(bench, 'companies', ['name'])).toMatchObject([{ contacts: 2 }])
  expect(await readAll(bench, 'deals', ['hs_primary_associated_company'])).toMatchObject([
    { contacts: 0, fields: { hs_primary_associated_company: Number(company) } },
  ])
})

test('a merge answers the surviving id, which may be a third one; a refusal is a result', async () => {
  const bench = await createBench({ mergeIntoNewId: true })
  const merge = bench.destination.inventory!.merge as Exclude<
    NonNullable<typeof bench.destination.inventory>['merge'],
    { refused: string }
  >
  const [winner, loser] = ['a', 'b'].map((name) => bench.portal.create('companies', { name }))
  const merged = await merge(bench.ctx, { object: 'companies', winner: winner!, loser: loser! })
  expect(merged).toEqual({ status: 'merged', crmId: bench.portal.record('companies', winner!)!.id })
  expect([winner, loser]).not.toContain((merged as { crmId: string }).crmId)
  const again = await merge(bench.ctx, { object: 'companies', winner: winner!, loser: loser! })
  expect(again).toMatchObject({ status: 'failed', error: { kind: 'record' } })
})
