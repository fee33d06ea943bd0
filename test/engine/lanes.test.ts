import { expect, test } from 'vitest'
import {
  CONTACTS,
  createWorld,
  type Fact,
  HUBSPOT_CONTACTS,
  person,
  START,
  touch,
  type World,
} from './support.ts'

const MAPPINGS = { 'contact.yaml': CONTACTS }
const VISITS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  LastName: person.last_name ?? person.email | email_local
  Visits__c: { from: touchpoints | where(kind = "page.viewed") | since("30d") | count, write: always }
activities:
  - { kind: form.submitted, as: Task, subject: "Form {title}" }
  - { kind: email.clicked, as: Task, policy: daily_digest, subject: "Clicked ({count})" }
  - { kind: page.viewed, as: Task, policy: counter_only, subject: "Visited" }
`

const lead = (email: string) => ({
  type: 'identify',
  userId: email,
  anonymousId: `anon-${email}`,
  messageId: `m-${email}`,
  traits: { email, name: 'Ada Lovelace' },
})
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')

/** Runs at the times at which the Node host would wake up, until something has been sent. Returns how long it took. */
async function untilSent(w: World, longest: number): Promise<number> {
  const start = w.clock.now()
  const { writes } = w.sandboxes.salesforce
  for (;;) {
    await w.work()
    if (w.sandboxes.salesforce.writes.items > writes.items) return w.clock.now() - start
    const wake = await w.store.control.nextWake(w.clock.now())
    const elapsed = w.clock.now() - start
    if (wake === undefined || wake - start > longest)
      throw new Error(
        `nothing was sent within ${longest} ms; next wake ${wake === undefined ? 'never' : wake - start}`,
      )
    w.clock.advance(Math.max(wake - w.clock.now(), 20))
    if (elapsed > longest) throw new Error(`nothing was sent within ${elapsed} ms`)
  }
}

test('an inbound lead is in the CRM within its second', async () => {
  const w = await createWorld({ use: ['website', 'salesforce'], mappings: MAPPINGS })
  await w.event(lead('ada@acme-works.com'))
  await w.work()
  expect(contacts(w)).toEqual([])
  expect(await untilSent(w, 1_000)).toBeLessThanOrEqual(1_000)
  expect(contacts(w)).toHaveLength(1)
})

test('an inbound lead is in the CRM within its second although a provider is asked about it first', async () => {
  const w = await createWorld({
    use: ['website', 'inference', 'people-data-labs', 'salesforce'],
    mappings: MAPPINGS,
  })
  await w.event(lead('ada@acme-works.com'))
  expect(await untilSent(w, 1_000)).toBeLessThanOrEqual(1_000)
})

test('billing changes leave within ten seconds, and not before: they wait for company', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.bill({ key: '1', says: [person('ada@acme-works.com')] })
  await w.settle()
  await w.bill({ key: '1', says: [person('ada@acme-works.com', { title: 'CTO' })], updated_at: START + 1 })
  const waited = await untilSent(w, 10_000)
  expect(waited).toBeGreaterThan(1_000)
  expect(waited).toBeLessThanOrEqual(10_000)
})

test('touchpoints leave within a minute, and not before', async () => {
  const w = await createWorld({ mappings: { 'contact.yaml': VISITS } })
  await w.say({ key: '1', says: [person('ada@acme-works.com')] })
  await w.settle()
  await w.say({ key: 'v', says: [touch('ada@acme-works.com', 'page.viewed', START)] })
  const waited = await untilSent(w, 60_000)
  expect(waited).toBeGreaterThan(10_000)
  expect(waited).toBeLessThanOrEqual(60_000)
  expect(contacts(w)).toMatchObject([{ Visits__c: 1 }])
})

test('lane deadlines are configurable', async () => {
  const w = await createWorld({ mappings: MAPPINGS, config: 'lanes: { touchpoint: 5s }' })
  await w.say({ key: '1', says: [person('ada@acme-works.com')] })
  await w.settle()
  await w.say({ key: '1', says: [person('ada@acme-works.com', { title: 'CTO' })], updated_at: START + 1 })
  expect(await untilSent(w, 5_000)).toBeLessThanOrEqual(5_000)
})

const many = (count: number, from = 0): Fact[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `k${from + i}`,
    says: [person(`p${from + i}@acme-works.com`, { last_name: `P${from + i}` })],
  }))

test('a full batch leaves at once, a part-filled one waits for its deadline', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const before = w.sandboxes.salesforce.writes.requests
  await w.say(...many(450))
  await w.work()
  expect(contacts(w)).toHaveLength(400)
  expect(w.sandboxes.salesforce.writes.requests - before).toBe(2)
  await w.work()
  expect(contacts(w)).toHaveLength(400)
  w.clock.advance(60_001)
  await w.work()
  expect(contacts(w)).toHaveLength(450)
  expect(w.sandboxes.salesforce.writes.requests - before).toBe(3)
})

test('a backfill may still become one bulk job: it waits for its deadline, full batches too', async () => {
  const w = await createWorld({ mappings: MAPPINGS, with: { salesforce: 'bulkThreshold: 500' } })
  const records = many(600).map((f) => ({ updated_at: START, ...f }))
  w.sandboxes.shelf.pages = [{ records: records.slice(0, 450) }, { records: records.slice(450) }]
  await w.pull('book', { maxPages: 1 })
  await w.work()
  expect(contacts(w)).toEqual([])
  await w.pull('book')
  await w.work()
  expect(contacts(w)).toEqual([])
  w.clock.advance(60_001)
  await w.work()
  expect(w.sandboxes.salesforce.bulkJobs()).toMatchObject([{ object: 'Contact', operation: 'upsert' }])
})

test('a part-filled batch takes along what is not due yet', async () => {
  const w = await createWorld({ use: ['website', 'salesforce'], mappings: MAPPINGS })
  const before = w.sandboxes.salesforce.writes.requests
  await w.say(...many(50))
  await w.work()
  await w.event(lead('ada@acme-works.com'))
  await untilSent(w, 1_000)
  expect(contacts(w)).toHaveLength(51)
  expect(w.sandboxes.salesforce.writes.requests - before).toBe(1)
})

test('HubSpot batches hold a hundred', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings: { 'contacts.yaml': HUBSPOT_CONTACTS } })
  w.sandboxes.shelf.pages = [{ records: many(250).map((f) => ({ updated_at: START, ...f })) }]
  await w.pull('book')
  await w.work()
  expect(w.sandboxes.hubspot.records('contacts')).toHaveLength(200)
})

test('a thousand page views of one person are one operation with one changed field, and no activity', async () => {
  const w = await createWorld({ mappings: { 'contact.yaml': VISITS } })
  await w.say({ key: '1', says: [person('ada@acme-works.com')] })
  await w.settle()
  for (let i = 0; i < 1000; i += 50) {
    const views = Array.from({ length: 50 }, (_, j) => ({
      key: `v${i + j}`,
      says: [touch('ada@acme-works.com', 'page.viewed', START + i + j)],
    }))
    await w.say(...views)
    w.clock.advance(20)
    await w.work()
  }
  expect(await w.operations('pending')).toMatchObject([{ object: 'Contact', kind: 'upsert' }])
  const [pending] = await w.operations('pending')
  expect(Object.keys(pending!.fields)).toEqual(['Visits__c'])
  const before = w.sandboxes.salesforce.writes
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Visits__c: 1000 }])
  expect(w.sandboxes.salesforce.writes).toEqual({ requests: before.requests + 1, items: before.items + 1 })
  expect(w.sandboxes.salesforce.records('Task')).toEqual([])
  expect((await w.inspect.totals()).touchpoints).toBe(1000)
})

test('activities follow their policy: one each, or one a day with the count', async () => {
  const w = await createWorld({ mappings: { 'contact.yaml': VISITS } })
  await w.say({
    key: '1',
    says: [
      person('ada@acme-works.com'),
      touch('ada@acme-works.com', 'form.submitted', START, { slot: 'a', title: 'Demo' }),
      touch('ada@acme-works.com', 'form.submitted', START + 5, { slot: 'b', title: 'Price' }),
      touch('ada@acme-works.com', 'email.clicked', START, { slot: 'a' }),
      touch('ada@acme-works.com', 'email.clicked', START + 5, { slot: 'b' }),
      touch('ada@acme-works.com', 'page.viewed', START),
    ],
  })
  await w.settle()
  const subjects = () =>
    w.sandboxes.salesforce
      .records('Task')
      .map((t) => t.Subject)
      .sort()
  expect(subjects()).toEqual(['Clicked (2)', 'Form Demo', 'Form Price'])
  // The day brings more: the digest is sent once more, when the day is over.
  await w.say({ key: '2', says: [touch('ada@acme-works.com', 'email.clicked', START + 9)] })
  await w.work()
  w.clock.advance(11 * 3_600_000)
  await w.work()
  expect(subjects()).toContain('Clicked (2)')
  w.clock.advance(2 * 3_600_000)
  await w.work()
  expect(subjects()).toEqual(['Clicked (3)', 'Form Demo', 'Form Price'])
})
