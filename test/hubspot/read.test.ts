import { expect, test } from 'vitest'
import hubspot from '../../connectors/hubspot/index.ts'
import { contact, createBench, crmIdOf } from './support.ts'

test('reads any number of records in chunks of a hundred; deleted ones do not answer', async () => {
  const { portal, destination, ctx, upsert, sent } = await createBench()
  const ids: string[] = []
  for (let start = 0; start < 250; start += 50) {
    const operations = Array.from({ length: 50 }, (_, n) =>
      contact(`p${start + n}`, { jobtitle: `t${start + n}` }),
    )
    ids.push(...(await upsert('contacts', operations)).map(crmIdOf))
  }
  portal.remove('contacts', ids[7]!)
  sent.length = 0
  const live = await destination.read(ctx, {
    object: 'contacts',
    crmIds: [...ids, '404'],
    fields: ['jobtitle'],
  })
  expect(sent.filter(({ path }) => path.endsWith('/batch/read'))).toHaveLength(3)
  expect(live.map(({ crmId }) => crmId)).toEqual(ids.filter((_, n) => n !== 7))
  expect(live[100]).toEqual({ crmId: ids[101], externalId: 'p101', fields: { jobtitle: 't101' } })
})

test('values come back in the form in which they are written; no value is null', async () => {
  const { destination, ctx, upsert } = await createBench()
  const fields = {
    name: 'Acme',
    numberofemployees: 12.5,
    is_public: true,
    closedate: '2026-02-03T04:05:06.000Z',
  }
  const [result] = await upsert('companies', [{ id: 'o', externalId: 'a1', fields }])
  const [live] = await destination.read(ctx, {
    object: 'companies',
    crmIds: [crmIdOf(result)],
    fields: [...Object.keys(fields), 'city'],
  })
  expect(live?.fields).toEqual({ ...fields, city: null })
})

test('a merged record says where it went', async () => {
  const { portal, destination, ctx, upsert } = await createBench({ mergeIntoNewId: true })
  const [one, two] = (await upsert('contacts', [contact('p1', { jobtitle: 'CEO' }), contact('p2')])).map(
    crmIdOf,
  )
  const survivor = portal.merge('contacts', one!, two!)
  const live = await destination.read(ctx, { object: 'contacts', crmIds: [one!, two!], fields: ['jobtitle'] })
  expect(live).toEqual([
    { crmId: one, movedTo: survivor, externalId: 'p1', fields: { jobtitle: 'CEO' } },
    { crmId: two, movedTo: survivor, externalId: 'p1', fields: { jobtitle: 'CEO' } },
  ])
})

test('finds contacts by e-mail, primary or secondary, without search', async () => {
  const { portal, destination, ctx, sent } = await createBench()
  const kept = portal.create('contacts', { email: 'one@example.com' })
  portal.merge('contacts', kept, portal.create('contacts', { email: 'two@example.com' }))
  const find = (values: string[]) =>
    destination.find(ctx, { object: 'contacts', field: 'email', values, fields: ['firstname'] })
  expect((await find(['One@example.com'])).map(({ crmId }) => crmId)).toEqual([kept])
  expect((await find(['two@example.com', 'one@example.com'])).map(({ crmId }) => crmId)).toEqual([kept])
  expect(await find(['three@example.com', ''])).toEqual([])
  expect(sent.some(({ path }) => path.endsWith('/search'))).toBe(false)
})

test('finds companies by domain through search, page by page', async () => {
  const { portal, destination, ctx, sent } = await createBench()
  for (let n = 0; n < 450; n++) portal.create('companies', { domain: `d${n % 150}.example` })
  const values = Array.from({ length: 150 }, (_, n) => `D${n}.example`)
  const found = await destination.find(ctx, { object: 'companies', field: 'domain', values, fields: [] })
  expect(found).toHaveLength(450)
  expect(found[0]?.fields).toEqual({ domain: 'd0.example' })
  expect(sent.filter(({ path }) => path.endsWith('/search'))).toHaveLength(3)
})

test('search does not see what was written a moment ago', async () => {
  const { portal, destination, ctx, clock } = await createBench({ searchLagMs: 5000 })
  portal.create('companies', { domain: 'acme.example' })
  const find = () =>
    destination.find(ctx, { object: 'companies', field: 'domain', values: ['acme.example'], fields: [] })
  expect(await find()).toEqual([])
  clock.advance(5000)
  expect(await find()).toHaveLength(1)
})

test('describes types, options, and what may be written', async () => {
  const { destination, ctx } = await createBench()
  const fields = new Map((await destination.describe(ctx, 'contacts')).map((field) => [field.name, field]))
  expect(fields.get('tributary_id')).toMatchObject({ type: 'text', isExternalId: true, isWritable: true })
  expect(fields.get('email')).toMatchObject({ type: 'email', isExternalId: false })
  expect(fields.get('phone')?.type).toBe('phone')
  expect(fields.get('lifecyclestage')).toMatchObject({
    type: 'picklist',
    options: expect.arrayContaining(['lead', 'customer']),
  })
  expect(fields.get('hubspot_owner_id')).not.toHaveProperty('options')
  expect(fields.get('createdate')).toMatchObject({ type: 'datetime', isWritable: false })
  const notes = await destination.describe(ctx, 'notes')
  expect(notes.find(({ name }) => name === 'hs_timestamp')).toMatchObject({
    isRequired: true,
    type: 'datetime',
  })
})

test('check is one call', async () => {
  const { ctx, sent } = await createBench({ setUp: false })
  await hubspot.check!(ctx)
  expect(sent).toHaveLength(1)
})
