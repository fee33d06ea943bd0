import { expect, test } from 'vitest'
import { contact, createBench, crmIdOf, errorOf } from './support.ts'

test('creates records by our key and updates them on the next write', async () => {
  const { portal, upsert } = await createBench()
  const [first] = await upsert('contacts', [contact('p1', { firstname: 'Ada', lastname: 'Lovelace' })])
  expect(first).toMatchObject({ status: 'written', created: true })
  const [second] = await upsert('contacts', [contact('p1', { jobtitle: 'Countess' })])
  expect(second).toEqual({ status: 'written', crmId: crmIdOf(first), created: false })
  expect(portal.records('contacts')).toEqual([
    {
      id: crmIdOf(first),
      properties: {
        tributary_id: 'p1',
        email: 'p1@example.com',
        firstname: 'Ada',
        lastname: 'Lovelace',
        jobtitle: 'Countess',
      },
    },
  ])
})

test('a hundred records cost one call', async () => {
  const { portal, upsert, sent } = await createBench()
  const operations = Array.from({ length: 100 }, (_, n) => contact(`p${n}`))
  await upsert('contacts', operations)
  expect(sent.map(({ path }) => path)).toEqual(['/crm/objects/2026-09/contacts/batch/upsert'])
  expect(portal.records('contacts')).toHaveLength(100)
})

test('gives every operation its own result although HubSpot answers in another order', async () => {
  const { portal, upsert } = await createBench()
  const operations = Array.from({ length: 50 }, (_, n) => contact(`p${n}`))
  const results = await upsert('contacts', operations)
  results.forEach((result, n) => {
    expect(portal.record('contacts', crmIdOf(result))?.properties.tributary_id).toBe(`p${n}`)
  })
})

test('speaks the numbered API where the connection says so', async () => {
  const { upsert, sent } = await createBench({ config: { apiVersion: 'v3' } })
  const [company] = await upsert('companies', [{ id: 'c', externalId: 'a1', fields: { name: 'Acme' } }])
  await upsert('contacts', [contact('p1', {}, { links: [{ object: 'companies', crmId: crmIdOf(company) }] })])
  expect(sent.map(({ path }) => path)).toEqual([
    '/crm/v3/objects/companies/batch/upsert',
    '/crm/v3/objects/contacts/batch/upsert',
    '/crm/v4/associations/contacts/companies/batch/associate/default',
  ])
})

test('writes known records by id, adopts by setting our key, and creates the rest', async () => {
  const { portal, upsert, sent } = await createBench()
  const known = crmIdOf((await upsert('contacts', [contact('known')]))[0])
  const theirs = portal.create('contacts', { email: 'theirs@example.com' })
  const results = await upsert('contacts', [
    contact('new'),
    contact('known', { jobtitle: 'CEO' }, { crmId: known }),
    contact('theirs', {}, { crmId: theirs, adopt: true }),
  ])
  expect(results.map((result) => result.status === 'written' && result.created)).toEqual([true, false, false])
  expect(portal.record('contacts', known)?.properties).toMatchObject({
    jobtitle: 'CEO',
    tributary_id: 'known',
  })
  expect(portal.record('contacts', theirs)?.properties.tributary_id).toBe('theirs')
  expect(
    sent
      .slice(1)
      .map(({ path }) => path.split('/').at(-1))
      .sort(),
  ).toEqual(['update', 'upsert'])
  expect(portal.records('contacts')).toHaveLength(3)
})

test('numbers, booleans and dates arrive as HubSpot wants them, and null clears', async () => {
  const { portal, upsert } = await createBench()
  const fields = {
    name: 'Acme',
    numberofemployees: 1234567,
    annualrevenue: 0.0000001,
    is_public: false,
    closedate: Date.UTC(2026, 0, 2),
  }
  const [result] = await upsert('companies', [
    { id: 'o1', externalId: 'a1', fields: { ...fields, city: 'Bonn' } },
  ])
  const id = crmIdOf(result)
  expect(portal.record('companies', id)?.properties).toMatchObject({
    numberofemployees: '1234567',
    annualrevenue: '0.0000001',
    is_public: 'false',
    closedate: '2026-01-02T00:00:00.000Z',
    city: 'Bonn',
  })
  await upsert('companies', [{ id: 'o2', externalId: 'a1', fields: { city: null } }])
  expect(portal.record('companies', id)?.properties).not.toHaveProperty('city')
  expect(portal.record('companies', id)?.properties.name).toBe('Acme')
})

test('a number that no CRM can hold fails alone', async () => {
  const { upsert } = await createBench()
  const results = await upsert('companies', [
    { id: 'o1', externalId: 'a1', fields: { name: 'A', numberofemployees: Number.NaN } },
    { id: 'o2', externalId: 'a2', fields: { name: 'B' } },
  ])
  expect(errorOf(results[0])).toMatchObject({
    kind: 'record',
    code: 'record.rejected',
    at: { properties: 'numberofemployees' },
  })
  expect(results[1]).toMatchObject({ status: 'written' })
})

test('text in any script is stored unchanged', async () => {
  const { portal, upsert } = await createBench()
  const names = ['عائشہ خان', 'आरव शर्मा', 'محمد العلي', '王小明', 'Zoë O’Brien 👩🏽‍💻']
  const results = await upsert(
    'contacts',
    names.map((lastname, n) => contact(`p${n}`, { lastname })),
  )
  expect(results.map((result) => portal.record('contacts', crmIdOf(result))?.properties.lastname)).toEqual(
    names,
  )
})

test('a lost answer is repeated and leaves one record', async () => {
  const { portal, upsert } = await createBench()
  portal.fail({ kind: 'lost_after', matches: (request) => request.url.endsWith('/batch/upsert') })
  const [result] = await upsert('contacts', [contact('p1')])
  expect(result).toMatchObject({ status: 'written' })
  expect(portal.records('contacts')).toHaveLength(1)
})

test('when HubSpot stays away after its commit, operations are to be repeated and then change nothing', async () => {
  const { portal, upsert } = await createBench()
  const operations = [contact('p1'), contact('p2')]
  portal.fail({ kind: 'lost_after', times: 4 })
  const lost = await upsert('contacts', operations)
  expect(lost.map(errorOf)).toMatchObject([
    { kind: 'transient', code: 'http.network' },
    { kind: 'transient', code: 'http.network' },
  ])
  const before = portal.snapshot()
  const again = await upsert('contacts', operations)
  expect(again).toMatchObject([{ status: 'written' }, { status: 'written' }])
  expect(portal.snapshot()).toEqual(before)
  expect(portal.records('contacts')).toHaveLength(2)
})

test('an update by the id of a merged record reaches the survivor', async () => {
  const { portal, upsert } = await createBench({ mergeIntoNewId: true })
  const [one, two] = (await upsert('contacts', [contact('p1'), contact('p2')])).map(crmIdOf)
  const survivor = portal.merge('contacts', one!, two!)
  const [result] = await upsert('contacts', [
    { id: 'x', externalId: 'p1', crmId: one!, fields: { jobtitle: 'CFO' } },
  ])
  expect(result).toEqual({ status: 'written', crmId: survivor, created: false })
  expect(portal.record('contacts', survivor)?.properties.jobtitle).toBe('CFO')
})

test('refuses more than a hundred operations before anything is sent', async () => {
  const { upsert, sent } = await createBench()
  await expect(
    upsert(
      'contacts',
      Array.from({ length: 101 }, (_, n) => contact(`p${n}`)),
    ),
  ).rejects.toThrow(RangeError)
  expect(sent).toEqual([])
})
