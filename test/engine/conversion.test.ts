import { expect, test } from 'vitest'
import { CONTACTS, createWorld, DAY, person, START, touch, type World } from './support.ts'

const LEADS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
when: person.department != "Customers"
fields:
  Email: person.email | lower
  LastName: person.last_name ?? person.email | email_local
  Company: '"Acme"'
  Title: person.title
activities:
  - { kind: page.viewed, as: Task, policy: log_each, subject: "Visited {title}" }
`
/** Contacts of customers, found by e-mail. */
const CUSTOMERS = CONTACTS.replace('when: person.email | is_set', 'when: person.department == "Customers"')
const MAPPINGS = { 'lead.yaml': LEADS, 'contact.yaml': CUSTOMERS }

const crm = (w: World, object: string) => w.sandboxes.salesforce.records(object)
let version = START
const says = (w: World, attributes: Record<string, unknown>) =>
  w.say({
    key: '1',
    says: [person('ada@acme-works.com', { last_name: 'Ada', ...attributes })],
    updated_at: ++version,
  })

async function withLead(): Promise<{ w: World; lead: string }> {
  const w = await createWorld({ mappings: MAPPINGS })
  await says(w, {})
  await w.settle()
  return { w, lead: String(crm(w, 'Lead')[0]!.Id) }
}
const edit = (w: World, object: string, id: string, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit(object, id, fields)

test('a converted lead gets no more writes, and nobody has to decide anything', async () => {
  const { w, lead } = await withLead()
  w.sandboxes.salesforce.convertLead(lead)
  await says(w, { title: 'CTO' })
  await w.settle()
  expect(await w.operations('held')).toEqual([])
  expect(await w.operations('dead')).toEqual([])
  const [done] = (await w.operations('done')).slice(-1)
  expect(done!.error).toMatchObject({ code: 'record.converted' })
  const before = w.sandboxes.salesforce.apiCalls
  await says(w, { title: 'CEO' })
  await w.settle()
  expect(await w.operations('pending')).toEqual([])
  expect(w.sandboxes.salesforce.apiCalls).toBe(before)
})

test('the person’s contact is the one that the conversion made, although its e-mail changed since', async () => {
  const { w, lead } = await withLead()
  const { contactId } = w.sandboxes.salesforce.convertLead(lead)
  edit(w, 'Contact', contactId, { Email: 'ada@private.example' })
  await says(w, { department: 'Customers', title: 'CTO' })
  await w.settle()
  expect(crm(w, 'Contact')).toMatchObject([
    {
      Id: contactId,
      Tributary_Id__c: crm(w, 'Lead')[0]!.Tributary_Id__c,
      Title: 'CTO',
      Department: 'Customers',
      // Somebody's own value.
      Email: 'ada@private.example',
    },
  ])
  expect(await w.operations('held')).toEqual([])
})

test('the conversion is noticed first as well where the lead is written first', async () => {
  const { w, lead } = await withLead()
  const { contactId } = w.sandboxes.salesforce.convertLead(lead)
  edit(w, 'Contact', contactId, { Email: 'ada@private.example' })
  await says(w, { title: 'CTO' })
  await w.settle()
  expect(crm(w, 'Contact')).toHaveLength(1)
  await says(w, { department: 'Customers', title: 'CTO' })
  await w.settle()
  expect(crm(w, 'Contact')).toMatchObject([{ Id: contactId, Department: 'Customers', Title: 'CTO' }])
})

test('a lead that was converted into the contact of somebody else makes no second contact', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say({
    key: 'other',
    says: [person('bob@acme-works.com', { last_name: 'Bob', department: 'Customers' })],
  })
  await says(w, {})
  await w.settle()
  const bob = String(crm(w, 'Contact')[0]!.Id)
  const { contactId } = w.sandboxes.salesforce.convertLead(String(crm(w, 'Lead')[0]!.Id))
  w.sandboxes.salesforce.merge('Contact', bob, contactId)
  await says(w, { department: 'Customers' })
  await w.settle()
  expect(crm(w, 'Contact')).toMatchObject([{ Id: bob, LastName: 'Bob' }])
  expect((await w.operations('held')).map((o) => o.error!.code)).toEqual(['record.duplicate'])
})

test('what the person did while the lead was converted is logged on the contact', async () => {
  const { w, lead } = await withLead()
  await w.say({
    key: 'v',
    says: [touch('ada@acme-works.com', 'page.viewed', w.clock.now(), { title: 'Pricing' })],
  })
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const { contactId } = w.sandboxes.salesforce.convertLead(lead)
  await says(w, { title: 'CTO' })
  await w.settle()
  w.clock.advance(DAY)
  await w.settle()
  expect(crm(w, 'Task')).toMatchObject([{ Subject: 'Visited Pricing', WhoId: contactId }])
})

const DIGEST = '  - { kind: page.viewed, as: Task, policy: daily_digest, subject: "{count} visits" }\n'
const WITH_DIGESTS = {
  'lead.yaml': LEADS.replace(/ {2}- .*\n/, DIGEST),
  'contact.yaml': `${CUSTOMERS.trim()}\nactivities:\n${DIGEST}`,
}
const visit = (w: World, n: number) =>
  w.say({ key: `visit-${n}`, says: [touch('ada@acme-works.com', 'page.viewed', START + n)] })

test('digests of a lead go on at the contact that it became, instead of standing there twice', async () => {
  const w = await createWorld({ mappings: WITH_DIGESTS })
  await says(w, {})
  await visit(w, 1)
  await visit(w, 2)
  await w.settle()
  expect(crm(w, 'Task')).toMatchObject([{ Subject: '2 visits' }])
  const { contactId } = w.sandboxes.salesforce.convertLead(String(crm(w, 'Lead')[0]!.Id))
  await says(w, { department: 'Customers' })
  await w.settle()
  await visit(w, 3)
  w.clock.advance(DAY)
  await w.settle()
  expect(crm(w, 'Task')).toMatchObject([{ Subject: '3 visits', WhoId: contactId }])
})

test('a digest that is on its way to the lead when the person becomes a contact is one at the contact', async () => {
  const w = await createWorld({ mappings: WITH_DIGESTS })
  await says(w, {})
  await w.settle()
  await visit(w, 1)
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  await says(w, { department: 'Customers' })
  await w.settle()
  await visit(w, 2)
  w.clock.advance(DAY)
  await w.settle()
  const [contact] = crm(w, 'Contact')
  expect(crm(w, 'Task')).toMatchObject([{ Subject: '2 visits', WhoId: contact!.Id }])
})
