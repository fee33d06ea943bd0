import { expect, test } from 'vitest'
import { createHubspotSandbox, type HubspotSandbox } from '../../src/sandbox/hubspot/index.ts'

const call = async (portal: HubspotSandbox, path: string, body?: unknown, token = 'any') => {
  const response = await portal.fetch(
    new Request(`https://api.hubapi.com${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  const json: any = response.status === 204 ? undefined : await response.json()
  return { status: response.status, headers: response.headers, json }
}

const create = (portal: HubspotSandbox, ...inputs: Record<string, string>[]) =>
  call(portal, '/crm/objects/2026-09/contacts/batch/create', {
    inputs: inputs.map((properties) => ({ properties })),
  })

test('a batch of more than a hundred is refused', async () => {
  const portal = createHubspotSandbox()
  const inputs = Array.from({ length: 101 }, (_, n) => ({ email: `p${n}@example.com` }))
  expect(await create(portal, ...inputs)).toMatchObject({
    status: 400,
    json: { category: 'VALIDATION_ERROR' },
  })
  expect(portal.records('contacts')).toEqual([])
})

test('without trace ids one bad input refuses all', async () => {
  const portal = createHubspotSandbox()
  const { status, json } = await create(portal, { email: 'ok@example.com' }, { email: 'bad' })
  expect(status).toBe(400)
  expect(json.errors[0]).toMatchObject({ code: 'INVALID_EMAIL', context: { propertyName: ['email'] } })
  expect(portal.records('contacts')).toEqual([])
})

test('upserts need a unique property, each id once', async () => {
  const portal = createHubspotSandbox()
  const upsert = (inputs: unknown[]) => call(portal, '/crm/v3/objects/contacts/batch/upsert', { inputs })
  expect((await upsert([{ id: 'x', idProperty: 'jobtitle', properties: {} }])).json.message).toContain(
    'non-unique',
  )
  const twice = { id: 'a@example.com', idProperty: 'email', properties: {} }
  expect((await upsert([twice, twice])).json).toMatchObject({ context: { ids: ['a@example.com'] } })
})

test('unknown objects, paths, properties and value types are refused', async () => {
  const portal = createHubspotSandbox()
  expect((await call(portal, '/crm/v3/objects/unicorns')).status).toBe(400)
  expect(
    (
      await portal.fetch(
        new Request('https://api.hubapi.com/nowhere', { headers: { authorization: 'Bearer x' } }),
      )
    ).status,
  ).toBe(404)
  expect((await create(portal, { shoe_size: '4' })).json.errors[0].code).toBe('PROPERTY_DOESNT_EXIST')
  expect((await create(portal, { firstname: 'a', hs_object_id: '4' })).json.errors[0].code).toBe(
    'READ_ONLY_VALUE',
  )
  expect((await create(portal, { firstname: 'a', lifecyclestage: ' lead' })).json.errors[0].code).toBe(
    'LEADING_TRAILING_WHITESPACE',
  )
  expect((await create(portal, { jobtitle: 'a' })).json.errors[0].code).toBe('MISSING_REQUIRED_PROPERTY')
})

test('required rules bind from version 2026-09 on', async () => {
  const portal = createHubspotSandbox()
  portal.addRule({ kind: 'required', object: 'contacts', property: 'jobtitle' })
  const inputs = [{ properties: { email: 'a@example.com' } }]
  expect((await call(portal, '/crm/objects/2026-09/contacts/batch/create', { inputs })).status).toBe(400)
  expect((await call(portal, '/crm/objects/2026-03/contacts/batch/create', { inputs })).status).toBe(201)
})

test('a second contact with an e-mail conflicts and names the first in the message', async () => {
  const portal = createHubspotSandbox()
  const id = portal.create('contacts', { email: 'Ada@example.com' })
  expect(await create(portal, { email: 'ADA@example.com' })).toMatchObject({
    status: 409,
    json: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${id}` },
  })
})

test('unique values are a matter of creation, ten at most', async () => {
  const portal = createHubspotSandbox()
  const property = (name: string, more = {}) =>
    call(portal, '/crm/properties/2026-09/companies', {
      name,
      label: name,
      type: 'string',
      fieldType: 'text',
      groupName: 'companyinformation',
      ...more,
    })
  for (let n = 0; n < 10; n++) expect((await property(`u${n}`, { hasUniqueValue: true })).status).toBe(201)
  expect((await property('u10', { hasUniqueValue: true })).status).toBe(400)
  expect((await property('u1')).json).toMatchObject({ category: 'OBJECT_ALREADY_EXISTS' })
  expect((await property('n', { type: 'number' })).status).toBe(400)
  expect((await property('g', { groupName: 'nope' })).status).toBe(400)
  const patched = await portal.fetch(
    new Request('https://api.hubapi.com/crm/v3/properties/companies/name', {
      method: 'PATCH',
      headers: { authorization: 'Bearer x' },
      body: '{"hasUniqueValue":true}',
    }),
  )
  expect(patched.status).toBe(400)
})

test('limits carry headers and their own 429 bodies, and roll on', async () => {
  let now = 1_000_000
  const portal = createHubspotSandbox({ clock: { now: () => now }, tenSecondLimit: 2, dailyLimit: 5 })
  const get = () => call(portal, '/crm/v3/objects/contacts')
  const first = await get()
  expect(first.headers.get('x-hubspot-ratelimit-max')).toBe('2')
  expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('1')
  expect(first.headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('4')
  now += 6000
  expect((await get()).status).toBe(200)
  expect(await get()).toMatchObject({ status: 429, json: { policyName: 'TEN_SECONDLY_ROLLING' } })
  now += 4000
  expect((await get()).status).toBe(200)
  expect((await get()).status).toBe(429)
  now += 60_000
  await get()
  await get()
  now += 60_000
  expect(await get()).toMatchObject({ status: 429, json: { policyName: 'DAILY' } })
  now += 86_400_000
  expect((await get()).status).toBe(200)
})

test('search pages, filters and ends where HubSpot ends', async () => {
  const portal = createHubspotSandbox({ searchPerSecond: Infinity })
  for (let n = 0; n < 30; n++)
    portal.create('companies', { name: `Company ${n}`, numberofemployees: String(n) })
  const search = (body: unknown) => call(portal, '/crm/v3/objects/companies/search', body)
  const filters = [{ propertyName: 'numberofemployees', operator: 'GTE', value: '9' }]
  const page = await search({ filterGroups: [{ filters }], limit: 20, properties: ['name'] })
  expect(page.json.total).toBe(21)
  expect(page.json.paging.next.after).toBe('20')
  expect(page.headers.get('x-hubspot-ratelimit-max')).toBeNull()
  expect((await search({ limit: 201 })).status).toBe(400)
  expect((await search({ limit: 200, after: 9900 })).status).toBe(400)
  expect((await search({ filterGroups: Array(6).fill({ filters }) })).status).toBe(400)
  expect((await search({ filterGroups: [{ filters: Array(7).fill(filters[0]) }] })).status).toBe(400)
})

test('people can edit, and HubSpot refuses them nonsense too', () => {
  const portal = createHubspotSandbox()
  const id = portal.create('contacts', { email: 'a@example.com' })
  portal.edit('contacts', id, { jobtitle: 'CEO', email: '' })
  expect(portal.record('contacts', id)).toEqual({ id, properties: { jobtitle: 'CEO' } })
  expect(() => portal.edit('contacts', id, { lifecyclestage: 'king' })).toThrow('allowed options')
})

test('a dump is JSON, and a portal restored from it goes on as if nothing had happened', async () => {
  const portal = createHubspotSandbox()
  const [one, two, three] = ['a', 'b', 'c'].map((name) =>
    portal.create('contacts', { email: `${name}@example.com` }),
  )
  const company = portal.create('companies', { name: 'Acme' })
  await call(portal, '/crm/v4/associations/contacts/companies/batch/associate/default', {
    inputs: [{ from: { id: one }, to: { id: company } }],
  })
  portal.merge('contacts', one!, two!)
  portal.remove('contacts', three!)
  const copy = createHubspotSandbox()
  copy.restore(JSON.parse(JSON.stringify(portal.dump())))
  expect(copy.dump()).toEqual(portal.dump())
  expect(copy.snapshot()).toEqual(portal.snapshot())
  expect(copy.record('contacts', two!)?.id).toBe(one)
  expect(copy.record('contacts', three!)).toBeUndefined()
  expect((await create(copy, { email: 'b@example.com' })).status).toBe(409)
  expect((await create(copy, { email: 'c@example.com' })).status).toBe(201)
  expect(copy.associations()).toEqual([`contacts ${one} → companies ${company}`])
})

test('the snapshot does not tell in which order or with which ids records came', () => {
  const one = createHubspotSandbox()
  const two = createHubspotSandbox()
  const people = ['a', 'b', 'c'].map((name) => ({ email: `${name}@example.com`, firstname: name }))
  for (const person of people) one.create('contacts', person)
  two.remove('contacts', two.create('contacts', { firstname: 'gone' }))
  for (const person of [...people].reverse())
    two.create('contacts', { firstname: person.firstname, email: person.email })
  expect(two.snapshot()).toEqual(one.snapshot())
  two.edit('contacts', two.records('contacts')[0]!.id, { jobtitle: 'x' })
  expect(two.snapshot()).not.toEqual(one.snapshot())
})

test('counts calls and writes', async () => {
  const portal = createHubspotSandbox()
  await create(portal, { email: 'a@example.com' }, { email: 'b@example.com' })
  await create(portal, { email: 'nonsense' })
  expect(portal.apiCalls).toBe(2)
  expect(portal.writes).toEqual({ created: 2, updated: 0, archived: 0, associated: 0 })
})
