import { expect, test } from 'vitest'
import type { InventoryRecord } from '#kit'
import { type Bench, connect } from './support.ts'

async function readAll({ destination, ctx }: Bench, object: string, fields: string[]) {
  const records: InventoryRecord[] = []
  let calls = 0
  for (let page: string | undefined, isLast = false; !isLast; isLast = page === undefined) {
    const answer = await destination.inventory!.page(ctx, { object, fields, ...(page ? { page } : {}) })
    records.push(...answer.records)
    page = answer.next
    calls++
  }
  return { records, calls, ids: records.map(({ crmId }) => crmId) }
}

test('every record comes once, whatever is made and changed meanwhile', async () => {
  const bench = connect()
  const { sandbox, destination, ctx } = bench
  const made = Array.from({ length: 4_001 }, (_, i) =>
    sandbox.edit('Account', undefined, { Name: `Account ${i}`, Industry: i % 2 ? 'Energy' : null }),
  )
  const first = await destination.inventory!.page(ctx, { object: 'Account', fields: ['Name'] })
  expect(first.records).toHaveLength(2_000)
  sandbox.edit('Account', made[0], { Name: 'Renamed' })
  sandbox.remove('Account', made[1]!)
  const second = await destination.inventory!.page(ctx, {
    object: 'Account',
    fields: ['Name'],
    page: first.next!,
  })
  const third = await destination.inventory!.page(ctx, {
    object: 'Account',
    fields: ['Name'],
    page: second.next!,
  })
  expect(third.next).toBeUndefined()
  const ids = [first, second, third].flatMap(({ records }) => records.map(({ crmId }) => crmId))
  expect(new Set(ids).size).toBe(4_001)
  expect(ids).toEqual(expect.arrayContaining([made[0], made[4_000]]))
})

test('what is merged, deleted or converted is left out', async () => {
  const bench = connect()
  const { sandbox } = bench
  const lead = (LastName: string) => sandbox.edit('Lead', undefined, { LastName, Company: 'Acme' })
  const [stays, converted, deleted, loser] = ['a', 'b', 'c', 'd'].map(lead)
  sandbox.convertLead(converted!)
  sandbox.remove('Lead', deleted!)
  sandbox.merge('Lead', stays!, loser!)
  expect((await readAll(bench, 'Lead', ['LastName'])).ids).toEqual([stays])
})

test('people who are accounts are neither accounts nor contacts', async () => {
  const bench = connect({ personAccounts: true })
  const company = bench.sandbox.edit('Account', undefined, { Name: 'Acme' })
  const { records } = await readAll(bench, 'Account', ['Name', 'IsPersonAccount'])
  expect(records).toMatchObject([{ crmId: company, fields: { Name: 'Acme' } }])
  const page = { records: [{ IsPersonAccount: true, Id: '001Hu00000000AAIA2' }], done: true }
  bench.sandbox.fail({
    kind: 'answer',
    status: 200,
    body: page,
    matches: ({ url }) => url.includes('/query'),
  })
  expect((await readAll(bench, 'Account', ['Name', 'IsPersonAccount'])).records).toEqual([])
})

test('more fields than one address holds are read in several queries over the same records', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `A_field_with_quite_a_long_name_${i}__c`)
  const Account = Object.fromEntries(names.map((name) => [name, { type: 'string' as const, length: 20 }]))
  const bench = connect({ customFields: { Account } })
  const ids = ['x', 'y'].map((value) =>
    bench.sandbox.edit('Account', undefined, { Name: value, [names[0]!]: value, [names[299]!]: `${value}!` }),
  )
  const { records } = await readAll(bench, 'Account', ['Name', ...names])
  expect(records.map(({ crmId }) => crmId)).toEqual(ids)
  expect(records.map(({ fields }) => [fields.Name, fields[names[0]!], fields[names[299]!]])).toEqual([
    ['x', 'x', 'x!'],
    ['y', 'y', 'y!'],
  ])
  expect(Object.keys(records[0]!.fields)).toHaveLength(301)
})

test('an org in which nothing is set up can be looked through', async () => {
  const bench = connect({ customFields: {} })
  const id = bench.sandbox.edit('Contact', undefined, { LastName: 'Ada', Email: 'ada@acme-works.com' })
  const { inventory } = bench.destination
  expect((await readAll(bench, 'Contact', ['LastName'])).ids).toEqual([id])
  const read = await inventory!.read(bench.ctx, { object: 'Contact', crmIds: [id], fields: ['LastName'] })
  expect(read).toEqual([{ crmId: id, fields: { LastName: 'Ada' } }])
  const query = { object: 'Contact', field: 'Email', values: ['ada@acme-works.com'], fields: ['Email'] }
  expect(await inventory!.find(bench.ctx, query)).toMatchObject([{ crmId: id }])
})

test('opportunities tell how many contacts belong to them', async () => {
  const bench = connect()
  const { sandbox } = bench
  const contact = sandbox.edit('Contact', undefined, { LastName: 'Ada' })
  const [one, other] = ['one', 'other'].map((Name) =>
    sandbox.edit('Opportunity', undefined, { Name, StageName: 'Prospecting', CloseDate: '2026-12-24' }),
  )
  sandbox.edit('OpportunityContactRole', undefined, { OpportunityId: one, ContactId: contact })
  const { records } = await readAll(bench, 'Opportunity', ['Name'])
  expect(records.map(({ crmId, contacts }) => [crmId, contacts])).toEqual([
    [one, 1],
    [other, 0],
  ])
})
