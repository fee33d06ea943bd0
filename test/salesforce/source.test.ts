import { afterEach, expect, test } from 'vitest'
import {
  ACCOUNTS,
  CONTACTS,
  createWorld,
  DAY,
  HOUR,
  MINUTE,
  person,
  START,
  type World,
  type WorldOptions,
} from '../engine/support.ts'

const ALL = 'pull: [accounts, contacts, leads, opportunities, campaign_members, tasks, events]'
let w: World
afterEach(() => w.close())

const LEADS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
when: person.stage == "lead" and person.email | is_set
match: [{ Email: person.email | lower }]
defaults: { write: if_owned }
fields:
  Email: person.email | lower
  LastName: person.last_name ?? "Unknown"
  Company: account.name ?? "Unknown"
  Title: person.title
`

const open = async (options: WorldOptions = {}): Promise<World> => {
  w = await createWorld({
    mappings: { 'contact.yaml': CONTACTS, 'account.yaml': ACCOUNTS },
    with: { salesforce: ALL },
    ...options,
  })
  return w
}

/** Time passes, the org is read, and everything is sent. */
const round = async (): Promise<number> => {
  w.clock.advance(10 * MINUTE)
  const before = w.sandboxes.salesforce.writes.items
  for (const { failure } of await w.pull('salesforce')) if (failure) throw failure
  await w.settle()
  return w.sandboxes.salesforce.writes.items - before
}

const golden = async (email: string) => {
  const { items } = await w.store.inspect.entities({ kind: 'person', limit: 100 })
  return items.find(({ golden: own }) => String(own.email).toLowerCase() === email)?.golden
}

test('people, companies, sales and activities of the org become canonical ones', async () => {
  await open({ mappings: {} })
  const org = w.sandboxes.salesforce
  const account = org.edit('Account', undefined, {
    Name: 'Lahore Textiles',
    Website: 'https://www.lahore-textiles.pk',
    NumberOfEmployees: 120,
    BillingCountry: 'Pakistan',
  })
  const contact = org.edit('Contact', undefined, {
    FirstName: 'عائشہ',
    LastName: 'خان',
    Email: 'Ayesha@lahore-textiles.pk',
    AccountId: account,
    MailingCountry: 'Deutschland',
    MobilePhone: '+92 300 1234567',
    HasOptedOutOfEmail: true,
  })
  const sale = org.edit('Opportunity', undefined, {
    Name: 'Looms',
    AccountId: account,
    StageName: 'Prospecting',
    CloseDate: '2026-12-31',
    Amount: 1200.5,
  })
  org.edit('OpportunityContactRole', undefined, { OpportunityId: sale, ContactId: contact, IsPrimary: true })
  w.clock.advance(HOUR)
  org.edit('Opportunity', sale, { StageName: 'Negotiation/Review' })
  w.clock.advance(HOUR)
  org.edit('Opportunity', sale, { Amount: 1300 })
  org.edit('Opportunity', sale, { StageName: 'Closed Won' })
  const fair = org.edit('Campaign', undefined, { Name: 'Fair 2026', Type: 'Trade Show' })
  org.edit('CampaignMember', undefined, { CampaignId: fair, ContactId: contact, Status: 'Responded' })
  org.edit('Task', undefined, {
    Subject: 'Called back',
    TaskSubtype: 'Call',
    CallType: 'Inbound',
    CallDurationInSeconds: 90,
    WhoId: contact,
    Status: 'Completed',
  })
  org.edit('Task', undefined, { Subject: 'Still to do', WhoId: contact })
  const at = (ms: number) => new Date(w.clock.now() + ms).toISOString()
  org.edit('Event', undefined, {
    Subject: 'Visit',
    StartDateTime: at(-2 * HOUR),
    EndDateTime: at(-HOUR),
    WhoId: contact,
  })
  org.edit('Event', undefined, {
    Subject: 'Next visit',
    StartDateTime: at(DAY),
    EndDateTime: at(DAY + HOUR),
    WhoId: contact,
  })
  await round()

  expect(await golden('ayesha@lahore-textiles.pk')).toMatchObject({
    first_name: 'عائشہ',
    last_name: 'خان',
    phone: '+92 300 1234567',
    country: 'DE',
    owner_email: 'sam.sales@acme.example',
    consent: { marketing: 'denied' },
  })
  const companies = await w.store.inspect.entities({ kind: 'account', limit: 10 })
  expect(companies.items.map((item) => item.golden)).toMatchObject([
    { name: 'Lahore Textiles', domain: 'lahore-textiles.pk', employees: 120, country: 'PK' },
  ])
  const [ayesha] = (await w.store.inspect.entities({ kind: 'person', limit: 10 })).items
  const [deal] = await w.store.lookup.documents({
    kind: 'person',
    root: ayesha!.id,
    types: ['deal'],
    limit: 5,
  })
  expect(deal!.document).toMatchObject({
    status: 'won',
    title: 'Looms',
    amount: { amount: 130_000, currency: 'USD' },
    stages: [
      { stage: 'Prospecting', at: START },
      { stage: 'Negotiation/Review', at: START + HOUR },
      { stage: 'Closed Won', at: START + 2 * HOUR },
    ],
    closed_at: START + 2 * HOUR,
    owner_email: 'sam.sales@acme.example',
  })
  const timeline = async () =>
    (await w.store.inspect.touchpoints({ person: ayesha!.id, limit: 50 })).items
      .map(({ kind }) => kind)
      .sort()
  const known = [
    'call.completed',
    'campaign.joined',
    'campaign.responded',
    'deal.created',
    'deal.stage_changed',
    'deal.won',
    'meeting.held',
  ]
  expect(await timeline()).toEqual(known)
  // A meeting is told when it is over, although nobody touches it then.
  w.clock.advance(2 * DAY)
  await round()
  expect(await timeline()).toEqual([...known, 'meeting.held'].sort())
})

test('nothing is read of an org that is not named as a source', async () => {
  await open({ with: {} })
  w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'Doe', Email: 'jane@acme.example' })
  const before = w.sandboxes.salesforce.apiCalls
  expect(await w.pull('salesforce')).toEqual([])
  expect(w.sandboxes.salesforce.apiCalls).toBe(before)
})

test('whom only the org knows is not written back to it; who is heard of elsewhere is, by id', async () => {
  await open()
  const org = w.sandboxes.salesforce
  const id = org.edit('Contact', undefined, {
    FirstName: 'Jane',
    LastName: 'Doe',
    Email: 'jane@acme.example',
  })
  expect(await round()).toBe(0)
  expect(org.record('Contact', id)).not.toHaveProperty('Tributary_Id__c')

  // Her address changes in the org: whoever says the old one still means her record.
  org.edit('Contact', id, { Email: 'jane.doe@acme.example' })
  expect(await round()).toBe(0)
  await w.say({ key: 'f1', says: [person('jane@acme.example', { title: 'CFO', department: 'Finance' })] })
  await w.settle()
  expect(org.records('Contact')).toHaveLength(1)
  expect(org.record('Contact', id)).toMatchObject({ Title: 'CFO', Department: 'Finance', FirstName: 'Jane' })
  expect(org.record('Contact', id)).toHaveProperty('Tributary_Id__c')
  expect(await round()).toBe(0)
  expect(await round()).toBe(0)
})

test('an enricher that answers about whom only the org knows is nobody else who knows them', async () => {
  await open({ use: ['salesforce', 'inference'] })
  w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'Doe', Email: 'jane@brightwave-labs.de' })
  expect(await round()).toBe(0)
  w.clock.advance(HOUR)
  expect(await round()).toBe(0)
  const { items } = await w.store.inspect.entities({ kind: 'account', limit: 5 })
  expect(items.map(({ golden: own }) => own.name)).toEqual(['Brightwave Labs'])
})

test('what we wrote is no word of the org: its source may take it back and change it', async () => {
  await open()
  const org = w.sandboxes.salesforce
  await w.say({
    key: 'f1',
    says: [person('jane@acme.example', { last_name: 'Doe', title: 'CFO', phone: '1' })],
  })
  await w.settle()
  for (let i = 0; i < 3; i++) expect(await round()).toBe(0)
  await w.say({ key: 'f1', says: [person('jane@acme.example', { last_name: 'Doe', title: 'CEO' })] })
  await w.settle()
  expect(org.records('Contact')).toMatchObject([{ Title: 'CEO', Phone: '1' }])
  // The phone has no source any more, although the org still holds it.
  expect(await round()).toBe(0)
  expect(await golden('jane@acme.example')).toEqual(
    expect.objectContaining({ title: 'CEO', last_name: 'Doe' }),
  )
  expect(await golden('jane@acme.example')).not.toHaveProperty('phone')
})

test("a person's edit in the org is news to everybody else, and stays", async () => {
  await open({
    use: ['salesforce', 'hubspot'],
    mappings: { 'contact.yaml': CONTACTS, 'hubspot.yaml': HUBSPOT },
  })
  const { salesforce: org, hubspot } = w.sandboxes
  await w.say({ key: 'f1', says: [person('jane@acme.example', { last_name: 'Doe', title: 'CFO' })] })
  await w.settle()
  await round()
  org.edit('Contact', String(org.records('Contact')[0]!.Id), { Title: 'President' })
  await round()
  expect(hubspot.records('contacts')).toMatchObject([{ properties: { jobtitle: 'President' } }])
  expect(org.records('Contact')).toMatchObject([{ Title: 'President' }])
  // Another value of the same field, later, from elsewhere: HubSpot's is ours, the org's is not.
  w.clock.advance(HOUR)
  await w.say({ key: 'f1', says: [person('jane@acme.example', { last_name: 'Doe', title: 'Chair' })] })
  await w.settle()
  expect(hubspot.records('contacts')).toMatchObject([{ properties: { jobtitle: 'Chair' } }])
  expect(org.records('Contact')).toMatchObject([{ Title: 'President' }])
  expect(await round()).toBe(0)
  expect(await round()).toBe(0)
})

test('our own write does not make old values of the org look new', async () => {
  await open()
  const org = w.sandboxes.salesforce
  const id = org.edit('Contact', undefined, {
    FirstName: 'Anna',
    LastName: 'Doe',
    Email: 'anna@acme.example',
  })
  await round()
  w.clock.advance(HOUR)
  await w.say({ key: 'f1', says: [person('anna@acme.example', { first_name: 'Anne' })] })
  await w.settle()
  expect(await golden('anna@acme.example')).toMatchObject({ first_name: 'Anne' })
  w.clock.advance(HOUR)
  await w.say({ key: 'f2', says: [person('anna@acme.example', { title: 'CFO' })] })
  await w.settle()
  expect(org.record('Contact', id)).toMatchObject({ Title: 'CFO', FirstName: 'Anna' })
  await round()
  expect(await golden('anna@acme.example')).toMatchObject({ first_name: 'Anne', title: 'CFO' })
})

test('nobody who is a contact there becomes a lead too; a lead goes on as a contact', async () => {
  await open({ mappings: { 'lead.yaml': LEADS } })
  const org = w.sandboxes.salesforce
  org.edit('Contact', undefined, { LastName: 'Doe', Email: 'jane@acme.example' })
  const lead = org.edit('Lead', undefined, { LastName: 'Roe', Company: 'Acme', Email: 'rick@acme.example' })
  await round()
  await w.say(
    { key: 'f1', says: [person('jane@acme.example', { title: 'CFO' })] },
    { key: 'f2', says: [person('rick@acme.example', { title: 'CTO' })] },
  )
  await w.settle()
  expect(org.records('Lead')).toHaveLength(1)
  expect(org.record('Lead', lead)).toMatchObject({ Title: 'CTO' })

  const { contactId } = org.convertLead(lead)
  org.edit('Contact', contactId, { Email: 'rick.roe@acme.example' })
  await round()
  await w.say({ key: 'f3', says: [person('rick.roe@acme.example', { title: 'CEO' })] })
  await w.settle()
  expect(org.records('Lead').filter((row) => !row.IsConverted)).toEqual([])
  const people = (await w.store.inspect.entities({ kind: 'person', limit: 10 })).items
  expect(people.filter(({ golden: own }) => own.last_name === 'Roe')).toHaveLength(1)
})

test('a merge makes one person of two, a deletion takes back what the record said', async () => {
  await open({ mappings: {} })
  const org = w.sandboxes.salesforce
  const one = org.edit('Contact', undefined, { LastName: 'Doe', Title: 'CFO', Email: 'jane@acme.example' })
  const two = org.edit('Contact', undefined, { LastName: 'Doe', Email: 'jd@other.example' })
  const three = org.edit('Contact', undefined, { LastName: 'Gone', Email: 'gone@acme.example' })
  await round()
  const people = async () => (await w.store.inspect.entities({ kind: 'person', limit: 10 })).items
  expect(await people()).toHaveLength(3)
  org.merge('Contact', one, two)
  org.remove('Contact', three)
  await round()
  const left = await people()
  expect(left).toHaveLength(2)
  expect(left.map(({ golden: own }) => own.last_name ?? null).sort()).toEqual(['Doe', null])
})

test('activities that we logged there do not come back, those of people are not logged again', async () => {
  const activities = `
activities:
  - { kind: [form.submitted, call.completed], as: Task, subject: "{kind}" }
`
  await open({ mappings: { 'contact.yaml': CONTACTS + activities } })
  const org = w.sandboxes.salesforce
  await w.say({
    key: 'f1',
    says: [
      person('jane@acme.example', { last_name: 'Doe' }),
      {
        type: 'touchpoint',
        person: [{ kind: 'email', value: 'jane@acme.example' }],
        touchpoint: { kind: 'form.submitted', occurred_at: START, channel: 'website', direction: 'inbound' },
      },
    ],
  })
  await w.settle()
  expect(org.records('Task')).toHaveLength(1)
  const contact = String(org.records('Contact')[0]!.Id)
  org.edit('Task', undefined, { Subject: 'Call', TaskSubtype: 'Call', WhoId: contact, Status: 'Completed' })
  for (let i = 0; i < 3; i++) expect(await round()).toBe(0)
  expect(org.records('Task')).toHaveLength(2)
})

test('a read that is cut into pages misses nothing and says nothing twice', async () => {
  await open({ mappings: {} })
  const org = w.sandboxes.salesforce
  for (let i = 0; i < 4_100; i++)
    org.edit('Lead', undefined, { LastName: `Lead ${i}`, Company: 'Acme', Email: `l${i}@acme.example` })
  const [first] = await w.pull('salesforce', { stream: 'leads', maxPages: 1 })
  expect(first!.run.counts).toMatchObject({ records: 2_000, changed: 2_000, pages: 1 })
  const [rest] = await w.pull('salesforce', { stream: 'leads' })
  expect(rest!.run.counts).toMatchObject({ records: 2_100, changed: 2_100, pages: 2 })
  w.clock.advance(MINUTE)
  const [again] = await w.pull('salesforce', { stream: 'leads' })
  expect(again!.run.counts).toMatchObject({ changed: 0 })
})

const HUBSPOT = `
apiVersion: tributary/v1
target: { connection: hubspot, object: contacts }
from: person
when: person.email | is_set
match: [{ email: person.email | lower }]
fields:
  email: person.email | lower
  lastname: person.last_name
  jobtitle: person.title
`
