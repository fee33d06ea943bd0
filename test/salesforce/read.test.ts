import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '#kit'
import { type Bench, connect, idOf, KEY, operation } from './support.ts'

test('read returns fields by name, in Tributary notation, and leaves deleted records out', async () => {
  const { sandbox, ctx, destination } = connect({
    customFields: {
      Contact: {
        [KEY]: { type: 'string', isExternalId: true, isUnique: true },
        Seen__c: { type: 'datetime' },
        Score__c: { type: 'double' },
      },
    },
  })
  const id = sandbox.edit('Contact', undefined, {
    LastName: 'Doe',
    Seen__c: '2026-11-22T08:30:15.250Z',
    Score__c: 1.5,
    [KEY]: 'p1',
  })
  const gone = sandbox.edit('Contact', undefined, { LastName: 'Gone' })
  sandbox.remove('Contact', gone)
  const live = await destination.read(ctx, {
    object: 'Contact',
    crmIds: [gone, id.slice(0, 15)],
    fields: ['LastName', 'Seen__c', 'Score__c', 'DoNotCall', 'Title'],
  })
  expect(live).toEqual([
    {
      crmId: id,
      externalId: 'p1',
      fields: {
        LastName: 'Doe',
        Seen__c: '2026-11-22T08:30:15.000Z',
        Score__c: 1.5,
        DoNotCall: false,
        Title: null,
      },
    },
  ])
})

test('reading 4,500 records takes three calls', async () => {
  const { sandbox, ctx, destination } = connect()
  const ids = Array.from({ length: 4500 }, (_, i) =>
    sandbox.edit('Contact', undefined, { LastName: `N${i}` }),
  )
  expect(await destination.read(ctx, { object: 'Contact', crmIds: ids, fields: ['LastName'] })).toHaveLength(
    4500,
  )
  expect(sandbox.apiCalls).toBe(3)
})

test('a read may be repeated by the door although it is a POST', async () => {
  const { sandbox, ctx, destination } = connect()
  const id = sandbox.edit('Contact', undefined, { LastName: 'Doe' })
  sandbox.fail({
    kind: 'answer',
    status: 503,
    matches: (r) => r.method === 'POST' && r.url.includes('/composite/'),
  })
  expect(await destination.read(ctx, { object: 'Contact', crmIds: [id], fields: ['LastName'] })).toHaveLength(
    1,
  )
})

test('merged and converted records say where they went', async () => {
  const { sandbox, ctx, destination } = connect()
  const [winner, loser, lead] = [
    sandbox.edit('Contact', undefined, { LastName: 'Winner' }),
    sandbox.edit('Contact', undefined, { LastName: 'Loser' }),
    sandbox.edit('Lead', undefined, { LastName: 'Lead', Company: 'Acme' }),
  ]
  sandbox.merge('Contact', winner, loser)
  const { contactId } = sandbox.convertLead(lead)
  const contacts = await destination.read(ctx, { object: 'Contact', crmIds: [winner, loser], fields: [] })
  const leads = await destination.read(ctx, { object: 'Lead', crmIds: [lead], fields: [] })
  expect(contacts).toEqual([
    { crmId: winner, fields: {} },
    { crmId: loser, fields: {}, movedTo: winner },
  ])
  expect(leads).toEqual([{ crmId: lead, fields: {}, movedTo: contactId, movedToObject: 'Contact' }])
})

test('find compares as the CRM does, oldest first, and skips converted leads', async () => {
  const { sandbox, ctx, clock, destination } = connect()
  const second = () => clock.advance(1000)
  const first = sandbox.edit('Lead', undefined, { LastName: 'A', Company: 'C', Email: 'Jane@Acme.example' })
  second()
  const later = sandbox.edit('Lead', undefined, { LastName: 'B', Company: 'C', Email: 'jane@acme.example' })
  const converted = sandbox.edit('Lead', undefined, {
    LastName: 'C',
    Company: 'C',
    Email: 'jane@acme.example',
  })
  sandbox.convertLead(converted)
  const found = await destination.find(ctx, {
    object: 'Lead',
    field: 'Email',
    values: ['jane@acme.example'],
    fields: ['LastName'],
  })
  expect(found.map((record) => record.crmId)).toEqual([first, later])
})

test('a thousand values are found in queries short enough for a URL, across pages', async () => {
  const { sandbox, ctx, destination } = connect()
  const emails = Array.from({ length: 1000 }, (_, i) => `person.number.${i}@some-company-${i % 7}.example`)
  for (const email of emails)
    for (let copy = 0; copy < 3; copy++) sandbox.edit('Contact', undefined, { LastName: 'D', Email: email })
  const found = await destination.find(ctx, {
    object: 'Contact',
    field: 'Email',
    values: emails,
    fields: ['Email'],
  })
  expect(found).toHaveLength(3000)
  expect(sandbox.requests.every((request) => request.status === 200)).toBe(true)
})

test('an answer of more than 2,000 rows is read to its end', async () => {
  const { sandbox, ctx, destination } = connect()
  for (let i = 0; i < 4100; i++) sandbox.edit('Contact', undefined, { LastName: 'Same' })
  const found = await destination.find(ctx, {
    object: 'Contact',
    field: 'LastName',
    values: ['Same'],
    fields: [],
  })
  expect(new Set(found.map((record) => record.crmId)).size).toBe(4100)
  expect(sandbox.apiCalls).toBe(3)
})

test('any text is found by the value it was stored with', async () => {
  const { sandbox, ctx, destination } = connect()
  const values = [
    "O'Brien\\",
    '\\',
    "'; DELETE",
    'a"b',
    'عائشہ خان',
    'आदित्य',
    '李小龍',
    'ب\u200Fa',
    "%_\\'",
    'a\nb',
  ]
  for (const value of values) sandbox.edit('Contact', undefined, { LastName: value })
  for (const value of values) {
    const found = await destination.find(ctx, {
      object: 'Contact',
      field: 'LastName',
      values: [value],
      fields: ['LastName'],
    })
    expect(found.map((record) => record.fields.LastName)).toEqual([value])
  }
})

test('property: a value never leaves its SOQL literal', async () => {
  const { sandbox, ctx, destination } = connect()
  const text = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 40 })
    .filter((s) => s.trim() === s && !/[\ud800-\udfff]/.test(s))
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      const id = sandbox.edit('Contact', undefined, { LastName: value })
      const found = await destination.find(ctx, {
        object: 'Contact',
        field: 'LastName',
        values: [value],
        fields: [],
      })
      sandbox.remove('Contact', id)
      expect(found.map((record) => record.crmId)).toEqual([id])
    }),
    { numRuns: 200 },
  )
})

test('no ids and no values cost no call', async () => {
  const { sandbox, ctx, destination } = connect()
  expect(await destination.read(ctx, { object: 'Contact', crmIds: [], fields: ['LastName'] })).toEqual([])
  expect(await destination.find(ctx, { object: 'Contact', field: 'Email', values: [], fields: [] })).toEqual(
    [],
  )
  expect(sandbox.apiCalls).toBe(0)
})

test('an unknown field in a read names itself, and a name that is no name is never sent', async () => {
  const { sandbox, ctx, destination } = connect()
  const id = sandbox.edit('Contact', undefined, { LastName: 'D' })
  await expect(
    destination.read(ctx, { object: 'Contact', crmIds: [id], fields: ['Nope__c'] }),
  ).rejects.toThrow(/Nope__c/)
  const before = sandbox.apiCalls
  const injected = destination.find(ctx, {
    object: 'Contact',
    field: 'Email = null OR Id',
    values: ['x'],
    fields: [],
  })
  await expect(injected).rejects.toBeInstanceOf(ConfigError)
  expect(sandbox.apiCalls).toBe(before)
})

test('describe tells types, lengths, rights, options and references', async () => {
  const { ctx, destination } = connect()
  const fields = new Map((await destination.describe(ctx, 'Lead')).map((field) => [field.name, field]))
  expect(fields.get('LastName')).toMatchObject({
    type: 'text',
    isRequired: true,
    isWritable: true,
    maxLength: 80,
  })
  expect(fields.get('Status')).toMatchObject({
    type: 'picklist',
    isRequired: false,
    options: expect.arrayContaining(['Working - Contacted']),
  })
  expect(fields.get('Industry')).not.toHaveProperty('options')
  expect(fields.get('IsConverted')).toMatchObject({ type: 'boolean', isWritable: false, isRequired: false })
  expect(fields.get('OwnerId')).toMatchObject({ type: 'reference', references: ['User'] })
  expect(fields.get(KEY)).toMatchObject({ isExternalId: true, maxLength: 255 })
  expect((await destination.describe(ctx, 'Task')).find((field) => field.name === KEY)?.isExternalId).toBe(
    true,
  )
  expect(
    (await destination.describe(ctx, 'Task')).find((field) => field.name === 'TaskSubtype')?.isWritable,
  ).toBe(false)
})

test('a touchpoint becomes a completed task of its person and company', async () => {
  const { sandbox, ctx, destination, upsert } = connect()
  const account = idOf((await upsert('Account', [operation('a', { Name: 'Acme' })]))[0])
  const contact = idOf((await upsert('Contact', [operation('c', { LastName: 'D', AccountId: account })]))[0])
  const lead = idOf((await upsert('Lead', [operation('l', { LastName: 'D', Company: 'C' })]))[0])
  const touch = {
    externalId: 't',
    kind: 'email.clicked',
    subject: `${'x'.repeat(254)}😀`,
    body: 'b'.repeat(40_000),
    occurredAt: Date.UTC(2026, 0, 31, 23, 59),
    direction: 'inbound' as const,
    count: 1,
  }
  const activity = destination.objects.Task!.activity!
  const company = { object: 'Account', crmId: account }
  const results = await destination.upsert(ctx, 'Task', [
    operation(
      't1',
      activity({ ...touch, on: { object: 'Contact', crmId: contact }, account: company }).fields,
    ),
    operation('t2', activity({ ...touch, on: { object: 'Lead', crmId: lead }, account: company }).fields),
    operation('t3', activity({ ...touch, on: company }).fields),
  ])
  expect(results.map((r) => r.status)).toEqual(['written', 'written', 'written'])
  const [ofContact, ofLead, ofAccount] = sandbox.records('Task')
  expect(ofContact).toMatchObject({
    WhoId: contact,
    WhatId: account,
    AccountId: account,
    ActivityDate: '2026-01-31',
    Status: 'Completed',
    Subject: 'x'.repeat(254),
  })
  expect(ofContact?.Description).toHaveLength(32_000)
  expect(ofLead).toMatchObject({ WhoId: lead })
  expect(ofLead).not.toHaveProperty('WhatId')
  expect(ofAccount).toMatchObject({ WhatId: account })
})

test('a task of a lead that also relates to an account is refused by the CRM', async () => {
  const { sandbox, upsert } = connect()
  const account = sandbox.edit('Account', undefined, { Name: 'Acme' })
  const lead = sandbox.edit('Lead', undefined, { LastName: 'D', Company: 'C' })
  const [result] = await upsert('Task', [operation('t', { Subject: 'S', WhoId: lead, WhatId: account })])
  expect(result).toMatchObject({
    status: 'failed',
    error: { details: { vendorCode: 'FIELD_INTEGRITY_EXCEPTION' } },
  })
})

test('an org with person accounts is told apart by its fields', async () => {
  const caveatsOf = async (bench: Bench, object: string) =>
    bench.destination.caveats!(object, await bench.destination.describe(bench.ctx, object))
  const plain = connect()
  const people = connect({ personAccounts: true })
  for (const object of ['Account', 'Contact', 'Lead']) expect(await caveatsOf(plain, object)).toEqual([])
  expect(await caveatsOf(people, 'Account')).toEqual([expect.stringContaining('person accounts')])
  expect(await caveatsOf(people, 'Contact')).toEqual([expect.stringContaining('through their account')])
  expect(await caveatsOf(people, 'Lead')).toEqual([])
})
