import { expect, test } from 'vitest'
import hubspot from '../../connectors/hubspot/index.ts'
import { contact, createBench, errorOf } from './support.ts'

test('a bad record among good ones fails alone', async () => {
  const { portal, upsert, sent } = await createBench()
  const results = await upsert('contacts', [
    contact('p1'),
    contact('p2', { email: 'not an address' }),
    contact('p3', { lifecyclestage: 'king' }),
    contact('p4'),
  ])
  expect(results.map((result) => result.status)).toEqual(['written', 'failed', 'failed', 'written'])
  expect(errorOf(results[1])).toMatchObject({
    kind: 'record',
    code: 'record.rejected',
    vendorCode: 'INVALID_EMAIL',
    at: { properties: 'email' },
  })
  expect(errorOf(results[2])).toMatchObject({
    vendorCode: 'INVALID_OPTION',
    at: { properties: 'lifecyclestage' },
  })
  expect(sent).toHaveLength(1)
  expect(portal.records('contacts')).toHaveLength(2)
})

test('a property that HubSpot does not have fails the records that use it, in two calls', async () => {
  const { upsert, sent } = await createBench()
  const results = await upsert(
    'contacts',
    Array.from({ length: 20 }, (_, n) => contact(`p${n}`, n % 2 ? { shoe_size: '43' } : {})),
  )
  expect(results.map((result) => result.status)).toEqual(
    Array.from({ length: 20 }, (_, n) => (n % 2 ? 'failed' : 'written')),
  )
  expect(errorOf(results[1])).toMatchObject({
    kind: 'record',
    code: 'mapping.unknown_field',
    at: { properties: 'shoe_size' },
  })
  expect(sent.filter(({ path }) => path.endsWith('/batch/upsert'))).toHaveLength(2)
})

test("an admin's rules are named as such", async () => {
  const { portal, upsert } = await createBench()
  portal.addRule({
    kind: 'required',
    object: 'contacts',
    property: 'jobtitle',
    when: { property: 'lifecyclestage', value: 'customer' },
  })
  portal.addRule({
    kind: 'format',
    object: 'contacts',
    property: 'firstname',
    pattern: '^\\p{L}+$',
    code: 'INVALID_ALPHA',
    message: 'Enter only letters',
  })
  const results = await upsert('contacts', [
    contact('p1', { lifecyclestage: 'customer' }),
    contact('p2', { firstname: 'R2D2' }),
    contact('p3', { firstname: 'आरव' }),
  ])
  expect(errorOf(results[0])).toMatchObject({
    kind: 'admin_rule',
    code: 'admin_rule.required',
    at: { properties: 'jobtitle' },
  })
  expect(errorOf(results[1])).toMatchObject({
    kind: 'admin_rule',
    code: 'admin_rule.validation',
    message: expect.stringContaining('Enter only letters'),
  })
  expect(results[2]?.status).toBe('written')
})

test('a culprit that HubSpot does not name is found by halving, its neighbours get through', async () => {
  const { portal, upsert } = await createBench()
  const operations = Array.from({ length: 16 }, (_, n) => contact(`p${n}`))
  const bad = operations[5]!
  const body = {
    status: 'error',
    category: 'VALIDATION_ERROR',
    message: 'Something is wrong with one of them',
    correlationId: 'x',
  }
  const original = portal.fetch
  portal.fetch = async (request) => {
    const text = await request.clone().text()
    return text.includes(`"${bad.id}"`) ? Response.json(body, { status: 400 }) : original(request)
  }
  const results = await upsert('contacts', operations)
  expect(results.filter((result) => result.status === 'written')).toHaveLength(15)
  expect(errorOf(results[5])).toMatchObject({ kind: 'record', code: 'record.rejected' })
})

test('an operation that HubSpot does not mention is to be repeated', async () => {
  const { portal, upsert } = await createBench()
  const at = '2026-01-01T00:00:00Z'
  const answer = {
    status: 'COMPLETE',
    results: [{ id: '77', properties: { tributary_id: 'p2' }, createdAt: at, updatedAt: at, new: true }],
    startedAt: at,
    completedAt: at,
  }
  portal.fail({ kind: 'answer', status: 200, body: answer })
  const results = await upsert('contacts', [contact('p1'), contact('p2')])
  expect(errorOf(results[0])).toMatchObject({ kind: 'transient', code: 'record.no_result' })
  expect(results[1]).toEqual({ status: 'written', crmId: '77', created: true })
})

test('a deleted record answers not found, the others are written', async () => {
  const { portal, upsert } = await createBench()
  const [gone, kept] = (await upsert('contacts', [contact('p1'), contact('p2')])).map((result) =>
    result.status === 'written' ? result.crmId : '',
  )
  portal.remove('contacts', gone!)
  const results = await upsert('contacts', [
    contact('p1', { jobtitle: 'x' }, { crmId: gone! }),
    contact('p2', { jobtitle: 'y' }, { crmId: kept! }),
  ])
  expect(errorOf(results[0])).toMatchObject({ kind: 'record', code: 'record.not_found' })
  expect(results[1]).toMatchObject({ status: 'written', crmId: kept })
})

test('without our unique property the connection is told to run setup', async () => {
  const { upsert } = await createBench({ setUp: false })
  await expect(upsert('contacts', [contact('p1'), contact('p2')])).rejects.toMatchObject({
    kind: 'config',
    code: 'config.rejected',
    message: expect.stringContaining('tributary setup hs --apply'),
  })
})

test('a wrong token stops with an auth error', async () => {
  const { portal, ctx, upsert } = await createBench({ token: 'another', setUp: false })
  await expect(upsert('contacts', [contact('p1')])).rejects.toMatchObject({
    kind: 'auth',
    code: 'auth.rejected',
  })
  await expect(hubspot.check!(ctx)).rejects.toMatchObject({ kind: 'auth', code: 'auth.rejected' })
  expect(portal.records('contacts')).toEqual([])
})

test('a missing scope is named', async () => {
  const { upsert } = await createBench({ missingScopes: ['crm.objects.companies.write'] })
  await expect(
    upsert('companies', [{ id: 'o', externalId: 'a1', fields: { name: 'Acme' } }]),
  ).rejects.toMatchObject({
    kind: 'auth',
    code: 'auth.forbidden',
    details: { at: { scopes: 'crm.objects.companies.write' } },
  })
})

test('waits as long as Retry-After asks and goes on', async () => {
  const { portal, upsert, clock } = await createBench()
  const body = {
    status: 'error',
    errorType: 'RATE_LIMIT',
    policyName: 'TEN_SECONDLY_ROLLING',
    message: 'slow down',
  }
  portal.fail({ kind: 'answer', status: 429, headers: { 'retry-after': '7' }, body })
  const [result] = await upsert('contacts', [contact('p1')])
  expect(result).toMatchObject({ status: 'written' })
  expect(clock.slept).toEqual([7000])
})

test('a rate limit that stays is thrown as such, nothing was sent', async () => {
  const { upsert } = await createBench({ tenSecondLimit: 0, setUp: false })
  await expect(upsert('contacts', [contact('p1')])).rejects.toMatchObject({
    kind: 'rate_limit',
    code: 'http.rate_limited',
    details: { vendorCode: 'TEN_SECONDLY_ROLLING' },
  })
})

test('a used up day is another code than a burst', async () => {
  const { upsert } = await createBench({ dailyLimit: 0, setUp: false })
  await expect(upsert('contacts', [contact('p1')])).rejects.toMatchObject({
    kind: 'rate_limit',
    code: 'http.quota_exhausted',
    details: { vendorCode: 'DAILY', retryAfterMs: 900_000 },
  })
})

test.each([
  [423, { status: 'error', message: 'locked' }, 'transient', 'record.locked'],
  [477, { status: 'error', message: 'moving' }, 'transient', 'http.server_error'],
  [502, { status: 'error', message: 'oops' }, 'transient', 'http.server_error'],
  [404, { status: 'error', category: 'OBJECT_NOT_FOUND', message: 'x' }, 'record', 'record.not_found'],
  [
    409,
    { status: 'error', category: 'CONFLICT', message: 'x', context: { existingId: ['9'] } },
    'record',
    'record.duplicate',
  ],
  [
    400,
    { category: 'VALIDATION_ERROR', errors: [{ code: 'MISSING_REQUIRED_PROPERTY', message: 'x' }] },
    'admin_rule',
    'admin_rule.required',
  ],
  [
    400,
    {
      category: 'VALIDATION_ERROR',
      message:
        'Property values were not valid: [{"isValid":false,"error":"INVALID_DATE","name":"d","message":"x"}]',
    },
    'record',
    'record.rejected',
  ],
  [400, { category: 'VALIDATION_ERROR', message: 'Invalid input JSON' }, 'record', 'record.rejected'],
])('status %i becomes the right class', (status, body, kind, code) => {
  expect(hubspot.classify!(status, new Headers(), JSON.stringify(body))).toMatchObject({ kind, code })
})

test('the id of the other record is kept where HubSpot gives it as data', () => {
  const body = JSON.stringify({
    category: 'CONFLICT',
    message: 'Contact already exists. Existing ID: 8',
    context: { existingId: ['9'] },
  })
  expect(hubspot.classify!(409, new Headers(), body)?.details.at).toEqual({ existing_id: '9' })
})

test('an answer that is not from HubSpot is left to the status table', () => {
  expect(hubspot.classify!(502, new Headers(), '<html>bad gateway</html>')).toBeUndefined()
})
