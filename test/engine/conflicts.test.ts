import { expect, test } from 'vitest'
import {
  ACCOUNTS,
  CONTACTS,
  createWorld,
  HUBSPOT_CONTACTS,
  person,
  START,
  type World,
  type WorldOptions,
} from './support.ts'

const ADA = 'ada@acme-works.com'
let version = 0
/** Ada's attributes as the source has them now. */
const ada = (attributes: Record<string, unknown>, key = '1') => ({
  key,
  updated_at: START + ++version,
  says: [person(ADA, { last_name: 'Lovelace', ...attributes })],
})
const contactWith = (fields: string) => `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
match:
  - Email: person.email | lower
fields:
  Email: person.email | lower
  LastName: person.last_name
  ${fields}
`
const world = (fields: string, more: WorldOptions = {}) =>
  createWorld({ mappings: { 'contact.yaml': contactWith(fields) }, ...more })
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!
const edit = (w: World, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit('Contact', String(contact(w).Id), fields)

async function say(w: World, attributes: Record<string, unknown>) {
  await w.say(ada(attributes))
  await w.settle()
}

// ---------------------------------------------------------------- a person's edit

test.each([
  ['if_owned', 'Chief of Engines', 'a value of ours that somebody edited stays'],
  ['if_empty', 'Chief of Engines', 'a value that is there stays'],
  ['once', 'Chief of Engines', 'a value written once is never written again'],
  ['always', 'CEO', 'the hub has the last word'],
])('write: %s: after an edit the CRM holds %s (%s)', async (policy, expected) => {
  const w = await world(`Title: { from: person.title, write: ${policy} }`)
  await say(w, { title: 'CTO' })
  expect(contact(w).Title).toBe('CTO')
  edit(w, { Title: 'Chief of Engines' })
  await say(w, { title: 'CEO' })
  expect(contact(w).Title).toBe(expected)
})

test.each([
  ['if_owned', 'CEO'],
  ['if_empty', 'CTO'],
  ['once', 'CTO'],
  ['always', 'CEO'],
])('write: %s: without an edit a new value of the hub makes it %s', async (policy, expected) => {
  const w = await world(`Title: { from: person.title, write: ${policy} }`)
  await say(w, { title: 'CTO' })
  await say(w, { title: 'CEO' })
  expect(contact(w).Title).toBe(expected)
})

test('an edit is kept although other fields of the record are written in the same call', async () => {
  const w = await world('Title: person.title\n  Department: person.department')
  await say(w, { title: 'CTO', department: 'Engines' })
  edit(w, { Title: 'Chief' })
  await say(w, { title: 'CEO', department: 'Mills' })
  expect(contact(w)).toMatchObject({ Title: 'Chief', Department: 'Mills' })
})

test('an edit that empties a field of ours is an edit', async () => {
  const w = await world('Title: person.title')
  await say(w, { title: 'CTO' })
  edit(w, { Title: null })
  await say(w, { title: 'CEO' })
  expect(contact(w).Title ?? null).toBeNull()
})

test('where the edit says what the hub says, the field is ours again', async () => {
  const w = await world('Title: person.title')
  await say(w, { title: 'CTO' })
  edit(w, { Title: 'CEO' })
  await say(w, { title: 'CEO' })
  await say(w, { title: 'President' })
  expect(contact(w).Title).toBe('President')
})

test('write: hold_on_conflict sets the field aside for a person', async () => {
  const w = await world('Title: { from: person.title, write: hold_on_conflict }')
  await say(w, { title: 'CTO' })
  edit(w, { Title: 'Chief' })
  await say(w, { title: 'CEO' })
  expect(contact(w).Title).toBe('Chief')
  expect((await w.store.quarantine.list({ limit: 9 })).items).toMatchObject([{ field: 'Title', ours: 'CEO' }])
})

// ---------------------------------------------------------------- absent, null, empty

test('what a source no longer speaks of never blanks a field', async () => {
  const w = await world('Title: { from: person.title, write: always, on_null: clear }')
  await say(w, { title: 'CTO' })
  await say(w, {})
  expect(contact(w).Title).toBe('CTO')
})

test.each([
  ['clear', null],
  ['skip', 'CTO'],
])('null with on_null: %s leaves %s', async (onNull, expected) => {
  const w = await world(`Title: { from: person.title, write: always, on_null: ${onNull} }`)
  await say(w, { title: 'CTO' })
  await say(w, { title: null })
  expect(contact(w).Title ?? null).toBe(expected)
})

// ---------------------------------------------------------------- what CRMs do to values

test.each([
  ['text that the CRM trims', '  CTO ', 'CEO', 'Title: person.title', 'CEO'],
  ['numbers that the CRM rounds', '12.345', '99', 'Title__c: { from: "person.title | number" }', 99],
])('%s is no edit', async (_, first, second, field, expected) => {
  const w = await world(field)
  await say(w, { title: first })
  await say(w, { title: second })
  expect(contact(w)[field.split(':')[0]!]).toBe(expected)
})

test('instants that the CRM keeps to the second are no edits', async () => {
  const w = await world('Seen__c: person.last_touch.at')
  const seen = (at: number, key: string) => ({
    key,
    updated_at: START,
    says: [
      person(ADA, { last_name: 'Lovelace' }),
      {
        type: 'touchpoint' as const,
        person: [{ kind: 'email' as const, value: ADA }],
        touchpoint: {
          kind: 'page.viewed',
          occurred_at: at,
          channel: 'website',
          direction: 'inbound' as const,
        },
      },
    ],
  })
  await w.say(seen(START + 123, 'a'))
  await w.settle()
  const first = contact(w).Seen__c
  await w.say(seen(START + 60_456, 'b'))
  await w.settle()
  expect(first).toBeDefined()
  expect(contact(w).Seen__c).not.toBe(first)
})

test('HubSpot answers numbers as text: that is no edit', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings: { 'c.yaml': HUBSPOT_CONTACTS } })
  const visit = (key: string) => ({
    key,
    updated_at: START,
    says: [
      person(ADA),
      {
        type: 'touchpoint' as const,
        person: [{ kind: 'email' as const, value: ADA }],
        touchpoint: {
          kind: 'page.viewed',
          occurred_at: START,
          channel: 'website',
          direction: 'inbound' as const,
        },
      },
    ],
  })
  await w.say(visit('a'))
  await w.settle()
  await w.say(visit('b'))
  await w.settle()
  expect(w.sandboxes.hubspot.records('contacts')[0]!.properties.tributary_visits_30d).toBe('2')
})

// ---------------------------------------------------------------- records that were there before

const stranger = (w: World, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'L', ...fields })

test('a record that people made is adopted: it gets our key, its values stay, its gaps are filled', async () => {
  const w = await world('Title: person.title\n  Department: person.department')
  const id = stranger(w, { Email: 'Ada@Acme-Works.com', Title: 'Chief' })
  await say(w, { title: 'CTO', department: 'Engines' })
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(1)
  const { items } = await w.inspect.entities({ limit: 1, kind: 'person' })
  expect(contact(w)).toMatchObject({
    Id: id,
    LastName: 'L',
    Title: 'Chief',
    Department: 'Engines',
    Tributary_Id__c: items[0]!.id,
  })
})

test.each([
  ['oldest', 0],
  ['newest', 1],
] as const)('of several that match, on_multiple: %s adopts that one', async (which, index) => {
  const w = await createWorld({
    mappings: { 'c.yaml': CONTACTS.replace('quarantine', which) },
  })
  const ids = [stranger(w, { Email: ADA }), stranger(w, { Email: ADA })]
  await say(w, { title: 'CTO' })
  const owned = w.sandboxes.salesforce.records('Contact').filter((r) => r.Tributary_Id__c)
  expect(owned.map((r) => r.Id)).toEqual([ids[index]])
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(2)
})

test('of several that match, on_multiple: quarantine writes none and names them', async () => {
  const w = await createWorld({ mappings: { 'c.yaml': CONTACTS } })
  const ids = [stranger(w, { Email: ADA }), stranger(w, { Email: ADA })]
  await say(w, { title: 'CTO' })
  const [held] = await w.operations('held')
  expect(held!.error).toMatchObject({ code: 'record.ambiguous' })
  for (const id of ids) expect(held!.error!.message).toContain(id)
  expect(w.sandboxes.salesforce.records('Contact').filter((r) => r.Tributary_Id__c)).toEqual([])
})

test('a record that belongs to another entity of ours is not taken from it', async () => {
  const w = await createWorld({ mappings: { 'c.yaml': CONTACTS } })
  const theirs = stranger(w, { Email: ADA, Tributary_Id__c: 'per_somebody_else' })
  await say(w, { title: 'CTO' })
  expect(w.sandboxes.salesforce.record('Contact', theirs)).toMatchObject({
    Tributary_Id__c: 'per_somebody_else',
    LastName: 'L',
  })
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(2)
})

test('two of ours that match one record do not both adopt it', async () => {
  const w = await createWorld({
    mappings: {
      'a.yaml': ACCOUNTS.replace('Website: account.domain\non', 'Name: account.name\non'),
    },
  })
  w.sandboxes.salesforce.edit('Account', undefined, { Name: 'Acme' })
  const company = (domain: string) => ({
    key: domain,
    updated_at: START,
    says: [
      {
        type: 'account' as const,
        identifiers: [{ kind: 'domain' as const, value: domain }],
        attributes: { name: 'Acme' },
      },
    ],
  })
  await w.say(company('acme-works.com'), company('acme-mills.com'))
  await w.settle()
  const keys = w.sandboxes.salesforce.records('Account').map((r) => r.Tributary_Id__c)
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(2)
  expect(await w.operations('dead')).toEqual([])
})

test('mode: update adopts and updates, but creates nothing', async () => {
  const w = await createWorld({ mappings: { 'c.yaml': CONTACTS.replace('match:', 'mode: update\nmatch:') } })
  await say(w, { title: 'CTO' })
  expect(w.sandboxes.salesforce.records('Contact')).toEqual([])
  stranger(w, { Email: ADA })
  await say(w, { title: 'CEO' })
  expect(w.sandboxes.salesforce.records('Contact')).toMatchObject([{ LastName: 'L', Title: 'CEO' }])
})

test("HubSpot's contact with our e-mail as its second address is adopted, not collided with", async () => {
  const w = await createWorld({ use: ['hubspot'], mappings: { 'c.yaml': HUBSPOT_CONTACTS } })
  const { hubspot } = w.sandboxes
  const kept = hubspot.create('contacts', { email: 'ada@home.example', firstname: 'Ada' })
  const merged = hubspot.create('contacts', { email: ADA })
  hubspot.merge('contacts', kept, merged)
  await say(w, { title: 'CTO' })
  expect(await w.operations('dead')).toEqual([])
  expect(hubspot.records('contacts')).toHaveLength(1)
  expect(hubspot.record('contacts', kept)!.properties).toMatchObject({
    email: 'ada@home.example',
    jobtitle: 'CTO',
    tributary_id: expect.stringMatching(/^per_/),
  })
})

// ---------------------------------------------------------------- deleted and merged

test('a record that people deleted is not created again, and says so', async () => {
  const w = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { 'c.yaml': CONTACTS, 'h.yaml': HUBSPOT_CONTACTS },
  })
  await say(w, { title: 'CTO' })
  w.sandboxes.salesforce.remove('Contact', String(contact(w).Id))
  w.sandboxes.hubspot.remove('contacts', w.sandboxes.hubspot.records('contacts')[0]!.id)
  await say(w, { title: 'CEO' })
  await say(w, { title: 'President' })
  expect(w.sandboxes.salesforce.records('Contact')).toEqual([])
  expect(w.sandboxes.hubspot.records('contacts')).toEqual([])
  expect((await w.operations('held')).every((o) => o.error!.code === 'record.not_found')).toBe(true)
  expect(await w.operations('held')).toHaveLength(4)
})

test('a record that was merged away is followed to the one that survived', async () => {
  const w = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { 'c.yaml': CONTACTS, 'h.yaml': HUBSPOT_CONTACTS },
  })
  await say(w, { title: 'CTO' })
  const { salesforce, hubspot } = w.sandboxes
  const winner = stranger(w, { Email: 'other@acme-works.com' })
  salesforce.merge('Contact', winner, String(contact(w).Id))
  const kept = hubspot.create('contacts', { email: 'other@acme-works.com' })
  hubspot.merge('contacts', kept, hubspot.records('contacts').find((r) => r.properties.email === ADA)!.id)
  await say(w, { title: 'CTO', department: 'Engines' })
  await say(w, { title: 'CTO', first_name: 'Ada', department: 'Mills' })
  expect(salesforce.records('Contact')).toMatchObject([{ Id: winner, Department: 'Mills' }])
  expect(hubspot.records('contacts')).toMatchObject([{ properties: { firstname: 'Ada' } }])
  const projections = (await w.inspect.entity(
    (
      await w.inspect.entities({ limit: 1, kind: 'person' })
    ).items[0]!.id,
  ))!.projections
  expect(projections.find((p) => p.destination === 'salesforce')!.crmId).toBe(winner)
})
