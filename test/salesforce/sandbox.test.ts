import { expect, test } from 'vitest'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { KEYS, testClock } from './support.ts'

const HOME = 'https://acme.my.salesforce.com'
const DATA = '/services/data/v64.0'

/** The simulator as a bare HTTP client meets it. */
async function org(options = {}) {
  const clock = testClock()
  const sandbox = createSalesforceSandbox({ customFields: KEYS, clock, ...options })
  const send = async (
    path: string,
    init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const headers = new Headers({
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      ...init.headers,
    })
    const body =
      init.body === undefined
        ? {}
        : { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }
    return await sandbox.fetch(new Request(HOME + path, { method: init.method ?? 'GET', headers, ...body }))
  }
  const login = async (host = HOME) => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'sandbox-client',
      client_secret: 'sandbox-secret',
    })
    return await sandbox.fetch(new Request(`${host}/services/oauth2/token`, { method: 'POST', body: form }))
  }
  let token = ''
  token = (await (await login()).json()).access_token
  const query = async (soql: string) => await send(`${DATA}/query?q=${encodeURIComponent(soql)}`)
  return { sandbox, clock, send, login, query }
}

test('the token answer names the address it was asked at, and login.salesforce.com refuses the flow', async () => {
  const { login } = await org()
  expect((await (await login('http://127.0.0.1:4010')).json()).instance_url).toBe('http://127.0.0.1:4010')
  const refused = await login('https://login.salesforce.com')
  expect([refused.status, (await refused.json()).error]).toEqual([400, 'invalid_grant'])
})

test('every API answer carries the usage header; sessions end by themselves', async () => {
  const { send, clock } = await org({ dailyLimit: 100 })
  await send(`${DATA}/limits`)
  const second = await send(`${DATA}/limits`)
  expect(second.headers.get('sforce-limit-info')).toBe('api-usage=2/100')
  expect((await second.json()).DailyApiRequests).toEqual({ Max: 100, Remaining: 98 })
  clock.advance(3 * 3_600_000)
  const late = await send(`${DATA}/limits`)
  expect(late.status).toBe(401)
  expect(await late.json()).toEqual([
    { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
  ])
})

test('the daily limit counts 24 hours back', async () => {
  const { send, clock, login, sandbox } = await org({ dailyLimit: 1 })
  expect((await send(`${DATA}/limits`)).status).toBe(200)
  expect((await send(`${DATA}/limits`)).status).toBe(403)
  clock.advance(25 * 3_600_000)
  const token = (await (await login()).json()).access_token
  const answer = await sandbox.fetch(
    new Request(`${HOME}${DATA}/limits`, { headers: { authorization: `Bearer ${token}` } }),
  )
  expect(answer.status).toBe(200)
})

const collection = (records: unknown[]) => ({ allOrNone: false, records })
const contact = (fields: object) => ({ attributes: { type: 'Contact' }, ...fields })

test.each([
  [
    'more than 200 records',
    400,
    'EXCEEDED_ID_LIMIT',
    'Tributary_Id__c',
    collection(Array.from({ length: 201 }, (_, i) => contact({ Tributary_Id__c: `${i}`, LastName: 'D' }))),
  ],
  [
    'a record without type',
    400,
    'INVALID_INPUT',
    'Tributary_Id__c',
    collection([{ Tributary_Id__c: '1', LastName: 'D' }]),
  ],
  [
    'another type than the URI',
    400,
    'INVALID_INPUT',
    'Tributary_Id__c',
    collection([{ attributes: { type: 'Lead' }, Tributary_Id__c: '1' }]),
  ],
  ['a field that is no external id', 404, 'NOT_FOUND', 'LastName', collection([contact({ LastName: 'D' })])],
  ['broken JSON', 400, 'JSON_PARSER_ERROR', 'Tributary_Id__c', '{"records": ['],
])('a collection with %s is refused as a whole', async (_what, status, code, field, body) => {
  const { sandbox, send } = await org()
  const answer = await send(`${DATA}/composite/sobjects/Contact/${field}`, { method: 'PATCH', body })
  expect([answer.status, (await answer.json())[0].errorCode]).toEqual([status, code])
  expect(sandbox.records('Contact')).toHaveLength(0)
})

test('an Id in an upsert and a missing key fail their record', async () => {
  const { send } = await org()
  const body = collection([
    contact({ Id: '003Hu000000000FIAQ', Tributary_Id__c: '1', LastName: 'D' }),
    contact({ LastName: 'D' }),
    contact({ Tributary_Id__c: '3', LastName: 'D' }),
  ])
  const results = await (
    await send(`${DATA}/composite/sobjects/Contact/Tributary_Id__c`, { method: 'PATCH', body })
  ).json()
  expect(
    results.map(
      (r: { success: boolean; errors: { statusCode: string }[] }) => r.errors[0]?.statusCode ?? r.success,
    ),
  ).toEqual(['INVALID_FIELD', 'MISSING_ARGUMENT', true])
})

test.each([
  ['SELECT Id FROM Contact WHERE LastName = Doe', 'MALFORMED_QUERY'],
  ["SELECT Id FROM Contact WHERE LastName = 'x\\q'", 'MALFORMED_QUERY'],
  ["SELECT Id FROM Contact WHERE LastName = 'a' AND Title = 'b' OR Email = 'c'", 'MALFORMED_QUERY'],
  ['SELECT FROM Contact', 'MALFORMED_QUERY'],
  ["SELECT Id FROM Contact WHERE LastName = 'x", 'MALFORMED_QUERY'],
  ['SELECT Nope FROM Contact', 'INVALID_FIELD'],
  ['SELECT Id FROM Contact WHERE DoNotCall = 1', 'INVALID_FIELD'],
  ["SELECT Id FROM Contact WHERE Description = 'x'", 'INVALID_FIELD'],
  ['SELECT Id FROM Nothing', 'INVALID_TYPE'],
])('%s is refused with %s', async (soql, code) => {
  const { query } = await org()
  const answer = await query(soql)
  expect([answer.status, (await answer.json())[0].errorCode]).toEqual([400, code])
})

test('conditions, order and limit hold', async () => {
  const { sandbox, query } = await org()
  for (const [name, employees] of [
    ['Acme', 10],
    ['Beta', 200],
    ['Ämter', null],
    ['acme two', 50],
  ] as const) {
    sandbox.edit('Account', undefined, { Name: name, NumberOfEmployees: employees })
  }
  const names = async (rest: string) =>
    (await (await query(`SELECT Name FROM Account ${rest}`)).json()).records.map(
      (record: { Name: string }) => record.Name,
    )
  expect(await names("WHERE Name LIKE 'acme%' ORDER BY NumberOfEmployees DESC")).toEqual(['acme two', 'Acme'])
  expect(await names("WHERE NumberOfEmployees >= 50 AND (NOT Name = 'beta')")).toEqual(['acme two'])
  expect(
    await names('WHERE NumberOfEmployees = null OR NumberOfEmployees = 200 ORDER BY Name LIMIT 1'),
  ).toEqual(['Beta'])
  expect(await names("WHERE Name NOT IN ('Acme', 'Beta') ORDER BY Name")).toHaveLength(2)
  expect((await (await query('SELECT COUNT() FROM Account')).json()).totalSize).toBe(4)
})

test('a URL beyond 16 kB is refused', async () => {
  const { query } = await org()
  expect((await query(`SELECT Id FROM Contact WHERE LastName = '${'x'.repeat(17_000)}'`)).status).toBe(414)
})

test('a merge moves references and frees the unique key of the loser', async () => {
  const { sandbox } = await org()
  const [winner, loser] = ['W', 'L'].map((name) =>
    sandbox.edit('Account', undefined, { Name: name, Tributary_Id__c: name }),
  )
  const contactId = sandbox.edit('Contact', undefined, { LastName: 'D', AccountId: loser })
  sandbox.merge('Account', winner!, loser!)
  expect(sandbox.record('Contact', contactId)?.AccountId).toBe(winner)
  expect(sandbox.edit('Account', undefined, { Name: 'New', Tributary_Id__c: 'L' })).not.toBe(loser)
})

test('a conversion makes a contact and takes the tasks along', async () => {
  const { sandbox } = await org()
  const lead = sandbox.edit('Lead', undefined, { LastName: 'D', Company: 'Acme', Email: 'd@acme.example' })
  const task = sandbox.edit('Task', undefined, { Subject: 'S', WhoId: lead })
  const { contactId, accountId } = sandbox.convertLead(lead)
  expect(sandbox.record('Task', task)).toMatchObject({ WhoId: contactId })
  expect(sandbox.record('Contact', contactId)).toMatchObject({
    Email: 'd@acme.example',
    AccountId: accountId,
  })
  expect(sandbox.record('Lead', lead)).toMatchObject({ IsConverted: true, ConvertedContactId: contactId })
})

test("a person's edit changes who and when, not the counters of the API", async () => {
  const { sandbox, clock } = await org()
  const id = sandbox.edit('Account', undefined, { Name: 'Acme' })
  const before = sandbox.record('Account', id)
  clock.advance(60_000)
  sandbox.edit('Account', id, { Name: 'Acme Inc' })
  expect(sandbox.record('Account', id)?.SystemModstamp).not.toBe(before?.SystemModstamp)
  expect(sandbox.apiCalls).toBe(0)
  expect(sandbox.writes).toEqual({ requests: 0, items: 0 })
})

test('ids follow the key prefix and carry a valid suffix', async () => {
  const { sandbox, send } = await org()
  const id = sandbox.edit('Opportunity', undefined, {
    Name: 'O',
    StageName: 'Closed Won',
    CloseDate: '2026-11-22',
  })
  expect(id).toMatch(/^006\w{15}$/)
  const short = await send(`${DATA}/sobjects/Opportunity/${id.slice(0, 15)}?fields=Name,IsWon`)
  expect(await short.json()).toMatchObject({ Name: 'O', IsWon: true })
})
