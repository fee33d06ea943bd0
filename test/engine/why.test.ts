import { expect, test } from 'vitest'
import { explain } from '../../src/engine/why.ts'
import { api } from './api-support.ts'
import { CONTACTS, compile, createWorld, DAY, MINUTE, person, START, touch, type World } from './support.ts'

const ADA = 'ada@acme-works.com'
const FIELDS = `${CONTACTS}  Visits__c: touchpoints | where(kind = "page.viewed") | since("30d") | count
  MRR__c: billing.mrr | money_major
  LeadSource: person.first_touch.channel
`
const world = () =>
  createWorld({
    use: ['salesforce', 'inference'],
    mappings: { 'contact.yaml': FIELDS },
    config: 'enrich: { order: [inference] }',
  })
let version = 0
const ada = (attributes: Record<string, unknown>, key = 'ada', more: object[] = []) => ({
  key,
  updated_at: START + ++version,
  says: [person(ADA, { last_name: 'Lovelace', ...attributes }), ...more] as never[],
})
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!
const why = (w: World, field?: string, id = String(contact(w).Id)) =>
  explain(w.engine.deps, { destination: 'salesforce', object: 'Contact', id, ...(field ? { field } : {}) })

test('a value is led back to operation, mapping line, claims in their order, identity and raw record', async () => {
  const w = await world()
  await w.say(ada({ title: 'Analyst' }, 'old'))
  await w.settle()
  w.clock.advance(MINUTE)
  await w.say(ada({ title: 'CTO' }, 'new'))
  await w.settle()
  const { fields, crmId, entity } = await why(w, 'Title')
  expect(crmId).toBe(contact(w).Id)
  const [title] = fields
  expect(title).toMatchObject({
    field: 'Title',
    written: { value: 'CTO' },
    desired: { value: 'CTO', policy: 'if_owned' },
    operation: { state: 'done', fields: { Title: { before: 'Analyst', after: 'CTO' } } },
    deliveries: [{ status: 'written' }],
    mapping: { file: 'contact.yaml', isCurrent: true, text: '  Title: person.title' },
    inputs: [
      {
        kind: 'claims',
        path: 'person.title',
        entity,
        claims: [
          {
            value: 'CTO',
            key: 'new',
            connection: 'book',
            stream: 'facts',
            method: 'asserted',
            receipt: expect.any(String),
            identity: { root: entity, identifiers: [{ kind: 'email', value: ADA }] },
          },
          { value: 'Analyst', key: 'old', lostBy: 'recency' },
        ],
      },
    ],
  })
  const input = title!.inputs[0]!
  expect(input.kind === 'claims' && input.claims[0]).not.toHaveProperty('lostBy')
})

test('the record is found by CRM id, external id and entity, and by an id that was merged away', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  const { externalId, crmId } = await why(w)
  for (const id of [externalId, crmId!]) expect((await why(w, 'Title', id)).crmId).toBe(crmId)
  const winner = w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'L', Email: 'x@y.example' })
  w.sandboxes.salesforce.merge('Contact', winner, crmId!)
  await w.say(ada({ title: 'CEO' }))
  await w.settle()
  expect((await why(w, 'Title', crmId!)).crmId).toBe(winner)
  await expect(why(w, 'Title', 'nobody')).rejects.toMatchObject({ code: 'request.not_found' })
  await expect(why(w, 'Colour', externalId)).rejects.toMatchObject({ code: 'request.not_found' })
})

test('the mapping is shown as it was when it asked for the value', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO', department: 'Engines' }))
  await w.settle()
  w.mappings.current = compile({
    'contact.yaml': FIELDS.replace('Title: person.title', 'Title: person.department'),
  })
  const [title] = (await why(w, 'Title')).fields
  expect(title).toMatchObject({
    desired: { value: 'Engines' },
    mapping: { isCurrent: false, text: '  Title: person.title' },
    inputs: [{ path: 'person.title' }],
  })
  const { body } = await api(w).get(`/api/mapping-versions/${title!.mapping!.hash}`)
  expect(body).toMatchObject({ file: 'contact.yaml', text: FIELDS })
})

test('counts name the days they are made of and nothing else; first touches their touchpoint', async () => {
  const w = await world()
  await w.say(
    ada({}, 'ada', [touch(ADA, 'page.viewed', START - DAY), touch(ADA, 'email.clicked', START)]),
    { key: 'more', updated_at: START, says: [touch(ADA, 'page.viewed', START - DAY + MINUTE)] },
    { key: 'old', updated_at: START, says: [touch(ADA, 'page.viewed', START - 40 * DAY)] },
  )
  await w.settle()
  const [visits] = (await why(w, 'Visits__c')).fields
  expect(visits!.written!.value).toBe(2)
  expect(visits!.inputs).toMatchObject([{ kind: 'touchpoints', path: 'touchpoints', count: 2 }])
  expect(visits!.inputs[0]).toHaveProperty('buckets.length', 1)
  const [source] = (await why(w, 'LeadSource')).fields
  expect(source!.inputs).toMatchObject([
    { kind: 'touch', touchpoint: expect.stringMatching(/^tp_/), origin: { key: 'old', connection: 'book' } },
  ])
})

test('billing totals name their documents with the records they were read from', async () => {
  const w = await world()
  const subscription = {
    type: 'document' as const,
    person: [{ kind: 'email' as const, value: ADA }],
    document: {
      type: 'subscription' as const,
      key: 'sub_1',
      status: 'active',
      currency: 'EUR',
      mrr: { amount: 4900, currency: 'EUR' },
      started_at: START - DAY,
      plan: 'Pro',
    },
  }
  await w.bill({
    key: 'sub_1',
    updated_at: START,
    says: [person(ADA, { last_name: 'Lovelace' }), subscription as never],
  })
  await w.settle()
  const [mrr] = (await why(w, 'MRR__c')).fields
  expect(mrr).toMatchObject({
    written: { value: 49 },
    inputs: [
      {
        kind: 'documents',
        documents: [{ document: { key: 'sub_1' }, origin: { connection: 'billing-book', key: 'sub_1' } }],
      },
    ],
  })
})

test('who was merged is explained by the identifier that did it', async () => {
  const w = await world()
  const other = 'ada@home.example'
  await w.say(ada({ title: 'CTO' }, 'work'), {
    key: 'home',
    updated_at: START,
    says: [person(other, { first_name: 'Ada' })],
  })
  await w.settle()
  await w.say({
    key: 'both',
    updated_at: START,
    says: [
      {
        type: 'person',
        identifiers: [
          { kind: 'email', value: ADA },
          { kind: 'email', value: other },
        ],
        attributes: {},
      },
    ],
  })
  await w.settle()
  const id = (await w.inspect.entities({ kind: 'person', limit: 5 })).items[0]!.id
  const explained = await Promise.all(['Title', 'FirstName'].map((field) => why(w, field, id)))
  const judgements = explained.flatMap((e) =>
    e.fields
      .flatMap((f) => f.inputs.flatMap((i) => (i.kind === 'claims' ? i.claims : [])))
      .flatMap((c) => c.identity.judgements),
  )
  expect(judgements).toMatchObject([{ verdict: 'same', by: 'identifier:email' }])
})

test('the API tells the same, every id resolves, and a value from a provider names its call', async () => {
  const w = await createWorld({
    use: ['salesforce', 'inference'],
    mappings: { 'contact.yaml': FIELDS.replace('person.city', 'person.country') },
    config: 'enrich: { order: [inference] }',
  })
  await w.say(ada({ title: 'CTO', phone: '+44 20 7946 0018' }))
  await w.settle()
  const { get } = api(w)
  const { body } = await get(`/api/why/salesforce/Contact/${contact(w).Id}`)
  const of = (field: string) => body.fields.find((f: { field: string }) => f.field === field)
  const title = of('Title')
  expect(title).toMatchObject({ written: { value: 'CTO' }, desired: { value: 'CTO' } })
  const [claim] = title.inputs[0].claims
  const urls = [
    `/api/operations/${title.operation.id}`,
    `/api/mapping-versions/${title.mapping.hash}`,
    `/api/records/${encodeURIComponent(claim.record)}`,
    `/api/receipts/${claim.receipt}`,
    `/api/people/${body.entity}`,
    `/api/judgements?entity=${body.entity}`,
  ]
  const inferred = of('MailingCity')
  const guess = inferred.inputs[0].claims[0]
  expect(guess).toMatchObject({ method: 'inferred', enrichment: { provider: 'inference', status: 'hit' } })
  urls.push(`/api/enrichments?provider=inference&key=${encodeURIComponent(guess.enrichment.key)}`)
  for (const url of urls) expect([url, (await get(url)).status]).toEqual([url, 200])
  expect((await get('/api/why/salesforce/Contact/nobody')).status).toBe(404)
})
