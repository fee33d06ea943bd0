import { expect, test } from 'vitest'
import { CONTACTS, calls, createWorld, type Fact, MINUTE, person, type World } from './support.ts'

const UNMATCHED = CONTACTS.replace(/match:.*?on_multiple/s, 'on_multiple')
const MAPPINGS = { 'contact.yaml': UNMATCHED }
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')
const fact = (name: string, attributes: Record<string, unknown> = {}): Fact => ({
  key: name,
  says: [person(`${name}@acme-works.com`, { last_name: name, ...attributes })],
})
const long = 'L'.repeat(100)

// ---------------------------------------------------------------- duplicate rules

test('a record that a duplicate rule finds is adopted instead of refused; people’s values stay', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const { salesforce } = w.sandboxes
  const id = salesforce.edit('Contact', undefined, { LastName: 'Lovelace', Email: 'ada@acme-works.com' })
  salesforce.setDuplicateRule('Contact', { field: 'Email', action: 'block' })
  await w.say(fact('ada', { title: 'CTO' }))
  await w.settle()
  const [done] = await w.operations('done')
  expect(contacts(w)).toMatchObject([
    { Id: id, Tributary_Id__c: done!.externalId, LastName: 'Lovelace', Title: 'CTO' },
  ])
  expect(await w.operations('dead')).toEqual([])
})

test('a duplicate that belongs to another entity of ours, or one of several, is not adopted', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const { salesforce } = w.sandboxes
  await w.say(fact('ada', { title: 'CTO' }))
  await w.settle()
  for (const n of [1, 2]) salesforce.edit('Contact', undefined, { LastName: `Twin ${n}`, Title: 'Twin' })
  salesforce.setDuplicateRule('Contact', { field: 'Title', action: 'block' })
  await w.say(fact('bob', { title: 'CTO' }))
  await w.settle()
  await w.say(fact('eve', { title: 'Twin' }))
  await w.settle()
  expect(contacts(w)).toHaveLength(3)
  expect((await w.operations('dead')).map((o) => o.error!.code)).toEqual([
    'admin_rule.duplicate',
    'admin_rule.duplicate',
  ])
})

test('two of ours that match one record: one adopts it, the other is told', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const { salesforce } = w.sandboxes
  salesforce.edit('Contact', undefined, { LastName: 'Shared', Title: 'CTO' })
  salesforce.setDuplicateRule('Contact', { field: 'Title', action: 'block' })
  await w.say(fact('ada', { title: 'CTO' }), fact('bob', { title: 'CTO' }))
  await w.settle()
  expect(contacts(w)).toHaveLength(1)
  expect(await w.operations('done')).toHaveLength(1)
  expect((await w.operations('dead')).map((o) => o.error!.code)).toEqual(['admin_rule.duplicate'])
})

// ---------------------------------------------------------------- what fields allow

test('a refusal names field, value, limit and line of the mapping, and the next one costs no call', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say(fact('ada', { last_name: long }))
  await w.settle()
  const line = UNMATCHED.split('\n').findIndex((text) => text.includes('LastName')) + 1
  const [dead] = await w.operations('dead')
  expect(dead!.error).toMatchObject({
    code: 'admin_rule.validation',
    vendorCode: 'STRING_TOO_LONG',
    at: { object: 'Contact', field: 'LastName', mapping: `contact.yaml:${line}` },
  })
  expect(dead!.error!.message).toContain(
    `holds 80 characters at most, and "${'L'.repeat(80)}…" has 100 (contact.yaml:${line})`,
  )
  calls(w.sandboxes.salesforce)
  await w.say(fact('bob', { last_name: long }))
  await w.settle()
  expect(calls(w.sandboxes.salesforce)).toEqual([])
  expect((await w.operations('dead')).map((o) => o.error!.message)).toEqual([
    dead!.error!.message,
    dead!.error!.message,
  ])
})

test('a rule that was changed in the CRM is asked again after a while', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say(fact('ada', { last_name: long }))
  await w.settle()
  w.clock.advance(6 * MINUTE)
  calls(w.sandboxes.salesforce)
  await w.say(fact('bob', { last_name: long }))
  await w.settle()
  expect(calls(w.sandboxes.salesforce)).toContain(
    'PATCH /services/data/v64.0/composite/sobjects/Contact/Tributary_Id__c',
  )
})

test('an object that refuses nothing is never described', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  calls(w.sandboxes.salesforce)
  await w.say(fact('ada'), fact('bob'))
  await w.settle()
  expect(calls(w.sandboxes.salesforce).filter((call) => call.includes('describe'))).toEqual([])
})

test('a restricted picklist says what it takes, a required field that it is empty', async () => {
  const lead = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
fields:
  Email: person.email
  LastName: person.last_name
  Company: person.city
  Status: person.department
`
  const w = await createWorld({ mappings: { 'lead.yaml': lead } })
  await w.say(fact('ada', { department: 'Nonsense', city: 'Acme' }))
  await w.settle()
  await w.say(fact('bob', { department: 'Working - Contacted' }))
  await w.settle()
  const messages = (await w.operations('dead')).map((o) => o.error!.message)
  expect(messages[0]).toMatch(
    /^Lead.Status does not take "Nonsense"; allowed are "Open - Not Contacted", "Working - Contacted", .* \(lead.yaml:9\)$/,
  )
  expect(messages[1]).toMatch(/^Lead.Company is required by the CRM and has no value/)
})

test('an inactive owner is learned from the first refusal', async () => {
  const mapping = UNMATCHED.replace('fields:', 'fields:\n  OwnerId: person.country')
  const w = await createWorld({ mappings: { 'contact.yaml': mapping } })
  const { salesforce } = w.sandboxes
  const owner = salesforce.edit('User', undefined, {
    Username: 'gone@acme.example',
    LastName: 'Gone',
    Email: 'gone@acme.example',
    IsActive: false,
  })
  await w.say(fact('ada', { country: owner }))
  await w.settle()
  const before = salesforce.writes.items
  await w.say(fact('bob', { country: owner }), fact('eve'))
  await w.settle()
  expect(salesforce.writes.items - before).toBe(1)
  const errors = (await w.operations('dead')).map((o) => o.error!)
  expect(errors.map((e) => e.code)).toEqual(['admin_rule.owner', 'admin_rule.owner'])
  expect(errors[1]!.message).toContain(`Contact.OwnerId names ${owner}, who is not active`)
})
