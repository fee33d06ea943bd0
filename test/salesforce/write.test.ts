import { expect, test } from 'vitest'
import { AuthError, ConfigError, type HubError, RateLimitError, TransientError } from '#kit'
import { connect, errorOf, idOf, KEY, operation } from './support.ts'

test('records without CRM id are upserted by external id, with one call and 18-character ids', async () => {
  const { sandbox, upsert } = connect()
  const results = await upsert('Contact', [
    operation('p1', { LastName: 'Doe', Email: 'jane@acme.example' }),
    operation('p2', { LastName: 'خان', FirstName: 'عائشہ' }),
  ])
  expect(results.map((r) => r.status === 'written' && r.created)).toEqual([true, true])
  expect(idOf(results[0])).toMatch(/^003\w{15}$/)
  expect(sandbox.records('Contact')).toMatchObject([
    { LastName: 'Doe', [KEY]: 'p1' },
    { LastName: 'خان', FirstName: 'عائشہ', [KEY]: 'p2' },
  ])
  expect(sandbox.writes).toEqual({ requests: 1, items: 2 })
})

test('a repeated upsert updates the same record', async () => {
  const { sandbox, upsert } = connect()
  const [first] = await upsert('Account', [operation('a1', { Name: 'Acme' })])
  const [second] = await upsert('Account', [operation('a1', { Name: 'Acme Inc', Industry: null })])
  expect(second).toEqual({ status: 'written', crmId: idOf(first), created: false })
  expect(sandbox.records('Account')).toHaveLength(1)
})

test('null clears a field and an absent field is left alone', async () => {
  const { sandbox, upsert } = connect()
  await upsert('Account', [operation('a1', { Name: 'Acme', Industry: 'Energy', Phone: '+1 555' })])
  await upsert('Account', [operation('a1', { Industry: null })])
  const [account] = sandbox.records('Account')
  expect(account).not.toHaveProperty('Industry')
  expect(account).toMatchObject({ Name: 'Acme', Phone: '+1 555' })
})

test('a field called type in lower case still reaches the record', async () => {
  const { sandbox, upsert } = connect()
  await upsert('Account', [operation('a1', { Name: 'Acme', type: 'Prospect' })])
  expect(sandbox.records('Account')[0]).toMatchObject({ Type: 'Prospect' })
})

test('a mixed batch takes two calls and answers in the order of its operations', async () => {
  const { sandbox, upsert } = connect()
  const known = sandbox.edit('Contact', undefined, { LastName: 'Known' })
  const adopted = sandbox.edit('Contact', undefined, { LastName: 'Adopted' })
  const results = await upsert('Contact', [
    operation('new', { LastName: 'New' }),
    operation('known', { Title: 'CEO' }, { crmId: known }),
    operation('bad', { LastName: 'x'.repeat(81) }),
    operation('adopted', { Title: 'CTO' }, { crmId: adopted.slice(0, 15), adopt: true }),
  ])
  expect(results.map((r) => r.status)).toEqual(['written', 'written', 'failed', 'written'])
  expect(idOf(results[1])).toBe(known)
  expect(idOf(results[3])).toBe(adopted)
  expect(sandbox.record('Contact', known)).not.toHaveProperty(KEY)
  expect(sandbox.record('Contact', adopted)).toMatchObject({ [KEY]: 'adopted', Title: 'CTO' })
  expect(sandbox.writes.requests).toBe(2)
})

test('more than 200 operations are sent in calls of 200', async () => {
  const { sandbox, upsert } = connect()
  const results = await upsert(
    'Contact',
    Array.from({ length: 450 }, (_, i) => operation(`p${i}`, { LastName: `N${i}` })),
  )
  expect(results.every((r) => r.status === 'written')).toBe(true)
  expect(sandbox.writes).toEqual({ requests: 3, items: 450 })
})

test('external ids with characters that break URLs reach the right record', async () => {
  const { sandbox, upsert } = connect()
  const keys = ['a/b?c=1', "O'Brien\\", '100%', 'क ख', '#x&y']
  await upsert(
    'Contact',
    keys.map((id) => operation(id, { LastName: 'Doe' })),
  )
  await upsert(
    'Contact',
    keys.map((id) => operation(id, { LastName: 'Roe' })),
  )
  expect(sandbox.records('Contact').map((record) => record[KEY])).toEqual(keys)
})

const refusals: [string, string, Record<string, string | number | boolean | null>, string, string, string][] =
  [
    [
      'a missing required field',
      'Lead',
      { Company: 'Acme' },
      'admin_rule',
      'admin_rule.required',
      'REQUIRED_FIELD_MISSING',
    ],
    [
      'a text that is too long',
      'Contact',
      { LastName: 'x'.repeat(81) },
      'admin_rule',
      'admin_rule.validation',
      'STRING_TOO_LONG',
    ],
    [
      'a value outside a restricted picklist',
      'Lead',
      { LastName: 'D', Company: 'A', Status: 'Nope' },
      'admin_rule',
      'admin_rule.validation',
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    ],
    [
      'a bad e-mail address',
      'Contact',
      { LastName: 'D', Email: 'no address' },
      'record',
      'record.rejected',
      'INVALID_EMAIL_ADDRESS',
    ],
    [
      'a reference to nothing',
      'Contact',
      { LastName: 'D', AccountId: '001Hu0000000ZZZIA2' },
      'record',
      'record.not_found',
      'INVALID_CROSS_REFERENCE_KEY',
    ],
    [
      'a reference that is no id',
      'Contact',
      { LastName: 'D', AccountId: 'acme' },
      'record',
      'record.rejected',
      'MALFORMED_ID',
    ],
    [
      'an unknown field',
      'Contact',
      { LastName: 'D', Nope__c: 1 },
      'config',
      'mapping.unknown_field',
      'INVALID_FIELD',
    ],
    [
      'a read-only field',
      'Lead',
      { LastName: 'D', Company: 'A', IsConverted: true },
      'config',
      'mapping.field_not_writable',
      'INVALID_FIELD_FOR_INSERT_UPDATE',
    ],
    [
      'a text where a number belongs',
      'Account',
      { Name: 'A', AnnualRevenue: 'much' },
      'record',
      'record.rejected',
      'JSON_PARSER_ERROR',
    ],
    [
      'a day that does not exist',
      'Opportunity',
      { Name: 'O', StageName: 'Prospecting', CloseDate: '2026-02-30' },
      'record',
      'record.rejected',
      'JSON_PARSER_ERROR',
    ],
  ]

test.each(refusals)(
  '%s is refused for its record alone',
  async (_what, object, fields, kind, code, vendorCode) => {
    const { sandbox, upsert } = connect()
    const good = {
      LastName: 'Good',
      Company: 'Good',
      Name: 'Good',
      StageName: 'Prospecting',
      CloseDate: '2026-11-22',
    }
    const needed = {
      Account: ['Name'],
      Contact: ['LastName'],
      Lead: ['LastName', 'Company'],
      Opportunity: ['Name', 'StageName', 'CloseDate'],
    }[object]!
    const neighbour = Object.fromEntries(Object.entries(good).filter(([name]) => needed.includes(name)))
    const results = await upsert(object, [
      operation('before', neighbour),
      operation('bad', fields),
      operation('after', neighbour),
    ])
    expect(results.map((r) => r.status)).toEqual(['written', 'failed', 'written'])
    const error = errorOf(results[1])
    expect({ kind: error.kind, code: error.code, vendorCode: error.details.vendorCode }).toEqual({
      kind,
      code,
      vendorCode,
    })
    expect(sandbox.records(object)).toHaveLength(2)
  },
)

test('the text of a validation rule and its field reach the error', async () => {
  const { sandbox, upsert } = connect()
  sandbox.addValidationRule('Contact', (record) =>
    record.Title ? undefined : { message: 'Title is needed in our org', field: 'Title' },
  )
  const [result] = await upsert('Contact', [operation('p', { LastName: 'D' })])
  const error = errorOf(result)
  expect(error.kind).toBe('admin_rule')
  expect(error.message).toBe('Title is needed in our org (Title)')
  expect(error.details.at).toMatchObject({ object: 'Contact', field: 'Title' })
})

test('a duplicate rule that alerts lets the save pass, one that blocks names the match', async () => {
  const { sandbox, upsert } = connect()
  const other = sandbox.edit('Contact', undefined, { LastName: 'D', Email: 'd@acme.example' })
  sandbox.setDuplicateRule('Contact', { field: 'Email', action: 'alert' })
  expect(
    (await upsert('Contact', [operation('p1', { LastName: 'D', Email: 'D@acme.example' })]))[0]?.status,
  ).toBe('written')
  sandbox.setDuplicateRule('Contact', { field: 'Email', action: 'block' })
  const error = errorOf(
    (await upsert('Contact', [operation('p2', { LastName: 'D', Email: 'd@acme.example' })]))[0],
  )
  expect(error.code).toBe('admin_rule.duplicate')
  expect(error.details.at?.matches).toContain(other)
})

test('an alerting duplicate rule blocks where the connection does not allow the save', async () => {
  const { sandbox, upsert } = connect({}, { allowDuplicateSave: false })
  sandbox.edit('Contact', undefined, { LastName: 'D', Email: 'd@acme.example' })
  sandbox.setDuplicateRule('Contact', { field: 'Email', action: 'alert' })
  expect(
    errorOf((await upsert('Contact', [operation('p', { LastName: 'D', Email: 'd@acme.example' })]))[0]).code,
  ).toBe('admin_rule.duplicate')
})

test('a locked record is transient and passes on repetition', async () => {
  const { sandbox, upsert } = connect()
  const account = idOf((await upsert('Account', [operation('a', { Name: 'Acme' })]))[0])
  sandbox.lock(account)
  const [locked] = await upsert('Contact', [operation('p', { LastName: 'D', AccountId: account })])
  expect(errorOf(locked)).toBeInstanceOf(TransientError)
  expect(errorOf(locked).code).toBe('record.locked')
  expect((await upsert('Contact', [operation('p', { LastName: 'D', AccountId: account })]))[0]?.status).toBe(
    'written',
  )
})

test('deleted, converted and duplicated records are told apart', async () => {
  const { sandbox, upsert } = connect()
  const [gone, lead, holder] = [
    sandbox.edit('Contact', undefined, { LastName: 'Gone' }),
    sandbox.edit('Lead', undefined, { LastName: 'Lead', Company: 'Acme' }),
    sandbox.edit('Contact', undefined, { LastName: 'Other' }),
  ]
  sandbox.remove('Contact', gone)
  sandbox.convertLead(lead)
  await upsert('Contact', [operation('taken', { LastName: 'Holder' })])
  const deleted = errorOf((await upsert('Contact', [operation('x', { Title: 'T' }, { crmId: gone })]))[0])
  const converted = errorOf((await upsert('Lead', [operation('y', { Title: 'T' }, { crmId: lead })]))[0])
  const duplicate = errorOf(
    (await upsert('Contact', [operation('taken', {}, { crmId: holder, adopt: true })]))[0],
  )
  expect([deleted.details.vendorCode, deleted.code]).toEqual(['ENTITY_IS_DELETED', 'record.not_found'])
  expect([converted.details.vendorCode, converted.code]).toEqual([
    'CANNOT_UPDATE_CONVERTED_LEAD',
    'record.not_found',
  ])
  expect([duplicate.details.vendorCode, duplicate.code]).toEqual(['DUPLICATE_VALUE', 'record.duplicate'])
})

test('one key twice in a batch is written once', async () => {
  const { sandbox, upsert } = connect()
  const results = await upsert('Contact', [
    operation('p', { LastName: 'One' }),
    operation('p', { LastName: 'Two' }),
  ])
  expect(results.map((r) => r.status)).toEqual(['written', 'failed'])
  expect(sandbox.records('Contact')).toHaveLength(1)
})

test('an operation without external id fails alone', async () => {
  const { upsert } = connect()
  const results = await upsert('Contact', [
    operation('', { LastName: 'None' }),
    operation('p', { LastName: 'One' }),
  ])
  expect(results.map((r) => r.status)).toEqual(['failed', 'written'])
})

test('records that get no result are transient failures', async () => {
  const { sandbox, upsert } = connect()
  sandbox.fail({
    kind: 'answer',
    status: 200,
    matches: (r) => r.method === 'PATCH',
    body: [{ id: '003Hu000000000FIAQ', success: true, errors: [], created: true }],
  })
  const results = await upsert('Contact', [
    operation('p1', { LastName: 'A' }),
    operation('p2', { LastName: 'B' }),
  ])
  expect(results[0]?.status).toBe('written')
  expect(errorOf(results[1])).toBeInstanceOf(TransientError)
  expect(errorOf(results[1]).code).toBe('record.no_result')
})

test('a request that Salesforce cannot parse is halved until the bad record stands alone', async () => {
  const { sandbox, upsert } = connect()
  sandbox.fail({
    kind: 'answer',
    status: 400,
    times: 2,
    matches: (r) => r.method === 'PATCH',
    body: [{ message: 'Unexpected character', errorCode: 'JSON_PARSER_ERROR' }],
  })
  const results = await upsert(
    'Contact',
    ['a', 'b', 'c', 'd'].map((id) => operation(id, { LastName: id })),
  )
  expect(results.map((r) => r.status)).toEqual(['written', 'written', 'written', 'written'])
  expect(sandbox.writes.requests).toBe(3)
})

test('an answer lost after the write leaves one record when the write is repeated', async () => {
  const { sandbox, upsert } = connect()
  await upsert('Account', [operation('warm', { Name: 'Up' })])
  sandbox.fail({ kind: 'lost_after', matches: (r) => r.method === 'PATCH' })
  const [lost] = await upsert('Contact', [operation('p', { LastName: 'Doe' })])
  expect(errorOf(lost)).toBeInstanceOf(TransientError)
  const [again] = await upsert('Contact', [operation('p', { LastName: 'Doe' })])
  expect(again).toMatchObject({ status: 'written', created: false })
  expect(sandbox.records('Contact')).toHaveLength(1)
})

test('an expired session is renewed once and the write goes through', async () => {
  const { sandbox, upsert } = connect()
  await upsert('Account', [operation('a', { Name: 'A' })])
  sandbox.expireTokens()
  expect((await upsert('Account', [operation('b', { Name: 'B' })]))[0]?.status).toBe('written')
  expect(sandbox.requests.filter((r) => r.path === '/services/oauth2/token')).toHaveLength(2)
})

test('a session that is refused again is an AuthError, not a refresh storm', async () => {
  const { sandbox, upsert } = connect()
  sandbox.fail({
    kind: 'answer',
    status: 401,
    times: 100,
    matches: (r) => r.method === 'PATCH',
    body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
  })
  await expect(upsert('Account', [operation('a', { Name: 'A' })])).rejects.toBeInstanceOf(AuthError)
  expect(sandbox.requests).toHaveLength(4)
})

test('a spent daily quota stops the connection for a while', async () => {
  const { sandbox, upsert, door } = connect({ dailyLimit: 1 })
  await upsert('Account', [operation('a', { Name: 'A' })])
  const error = await upsert('Account', [operation('b', { Name: 'B' })]).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ code: 'http.quota_exhausted', details: { retryAfterMs: 900_000 } })
  expect(door.usage.quota['sforce-limit-info']).toBe('api-usage=1/1')
  expect(sandbox.apiCalls).toBe(1)
})

test('too many concurrent requests are a short pause, told apart by the usage header', async () => {
  const { sandbox, clock, upsert } = connect()
  const start = clock.now()
  const limit = (times: number) =>
    sandbox.fail({
      kind: 'answer',
      status: 403,
      times,
      matches: (r) => r.method === 'PATCH',
      headers: { 'Sforce-Limit-Info': 'api-usage=5/1000' },
      body: [{ message: 'ConcurrentPerOrgLongTxn Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
    })
  limit(1)
  expect((await upsert('Account', [operation('a', { Name: 'A' })]))[0]?.status).toBe('written')
  expect(clock.now() - start).toBe(10_000)
  limit(4)
  const error = await upsert('Account', [operation('b', { Name: 'B' })]).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'http.rate_limited', details: { retryAfterMs: 10_000 } })
})

test('an org without the external id field is a configuration error', async () => {
  const { upsert } = connect({ customFields: {} })
  const error = await upsert('Account', [operation('a', { Name: 'A' })]).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect((error as HubError).message).toContain('tributary setup')
})

test('known records are updated without running assignment rules', async () => {
  const { sandbox, ctx, destination } = connect()
  const seen: (string | null)[] = []
  const fetch = sandbox.fetch
  sandbox.fetch = async (request) => {
    if (request.method === 'PATCH') seen.push(request.headers.get('sforce-auto-assign'))
    return await fetch(request)
  }
  const id = sandbox.edit('Lead', undefined, { LastName: 'L', Company: 'C' })
  await destination.upsert(ctx, 'Lead', [
    operation('n', { LastName: 'N', Company: 'C' }),
    operation('k', { Title: 'T' }, { crmId: id }),
  ])
  expect(seen).toEqual(['TRUE', 'FALSE'])
})
