import { expect, test } from 'vitest'
import { Contribution, type Contribution as Said } from '../../src/model/index.ts'
import { ACCOUNTS, account, createWorld, DAY, person, START } from './support.ts'

const OPPORTUNITIES = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Opportunity }
from: quote
fields:
  AccountId: { lookup: Account, by: account.id, on_miss: skip }
  Name: (account.name ?? person.full_name ?? person.email)
  StageName: { from: "'Prospecting'" }
  CloseDate: quote.created_at | date
  Amount: { from: quote.total | money_major, write: always }
`

const CUSTOMERS = ACCOUNTS.replace(
  'when: account.domain | is_set',
  'when: account.stage == "customer"',
).concat('  Lifetime_Paid__c: { from: billing.lifetime_paid | money_major, write: always }\n')

const CONTACTS_OF_COMPANIES = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  Email: person.email
  LastName: '"Someone"'
  Department: { from: account.industry, write: always }
`

const document = (email: string, value: Record<string, unknown>): Said =>
  Contribution.parse({ type: 'document', person: [{ kind: 'email', value: email }], document: value })

const quote = (email: string): Said =>
  document(email, {
    type: 'quote',
    key: 'Q1',
    status: 'sent',
    currency: 'EUR',
    total: { amount: 10_000, currency: 'EUR' },
    created_at: START - DAY,
  })

const paid = (email: string): Said =>
  document(email, {
    type: 'invoice',
    key: 'I1',
    status: 'paid',
    currency: 'EUR',
    issued_at: START - DAY,
    paid_at: START - DAY,
    total: { amount: 4_200, currency: 'EUR' },
    paid: { amount: 4_200, currency: 'EUR' },
    open: { amount: 0, currency: 'EUR' },
  })

test('a deal follows what becomes known of its buyer and their company', async () => {
  const world = await createWorld({
    mappings: { 'opportunities.yaml': OPPORTUNITIES, 'accounts.yaml': ACCOUNTS },
  })
  const names = () => world.sandboxes.salesforce.records('Opportunity').map((record) => record.Name)
  const email = 'buyer@mailbox.de'
  await world.say({ key: 'quote', says: [person(email), quote(email)] })
  await world.settle()
  expect(names()).toEqual([email])

  await world.say({ key: 'person', says: [person(email, { full_name: 'علی رضا' })] })
  await world.settle()
  expect(names()).toEqual(['علی رضا'])

  await world.say({ key: 'company', says: [account('mailbox.de', { name: 'Mühle & Söhne' })] })
  await world.settle()
  expect(names()).toEqual(['Mühle & Söhne'])
  const [company] = world.sandboxes.salesforce.records('Account')
  expect(world.sandboxes.salesforce.records('Opportunity')[0]!.AccountId).toBe(company!.Id)
  await world.close()
})

test('what a person is billed counts for their company, though only the person is named', async () => {
  const world = await createWorld({ mappings: { 'accounts.yaml': CUSTOMERS } })
  await world.say({ key: 'fact', says: [person('buyer@mailbox.de'), paid('buyer@mailbox.de')] })
  await world.settle()
  expect(world.sandboxes.salesforce.records('Account')).toMatchObject([
    { Website: 'mailbox.de', Lifetime_Paid__c: 42 },
  ])
  await world.close()
})

test('who moves to another company is counted there and no longer where they were', async () => {
  const world = await createWorld({ mappings: { 'accounts.yaml': CUSTOMERS } })
  const employedBy = (domain: string) =>
    person('buyer@mailbox.de', {}, { account: [{ kind: 'domain', value: domain }] })
  await world.say({
    key: 'invoice',
    says: [paid('buyer@mailbox.de'), account('first.de'), account('second.de')],
  })
  await world.say({ key: 'person', says: [employedBy('first.de')] })
  await world.settle()
  await world.say({ key: 'person', says: [employedBy('second.de')], updated_at: START + DAY })
  await world.settle()
  const { items } = await world.inspect.entities({ kind: 'account', limit: 10 })
  const stages = Object.fromEntries(items.map(({ golden, stage }) => [golden.domain, stage]))
  expect(stages).toMatchObject({ 'second.de': 'customer' })
  expect(stages['first.de']).not.toBe('customer')
  await world.close()
})

test('people learn of their company also where the process died while it was projected', async () => {
  const world = await createWorld({ mappings: { 'contacts.yaml': CONTACTS_OF_COMPANIES } })
  await world.say({ key: 'person', says: [person('one@mailbox.de')] })
  await world.settle()

  const { project } = world.store
  const { markPeopleOf } = project
  project.markPeopleOf = async () => {
    throw new Error('died')
  }
  await world.say({ key: 'company', says: [account('mailbox.de', { industry: 'Milling' })] })
  await expect(world.settle()).rejects.toThrow('died')
  project.markPeopleOf = markPeopleOf
  await world.settle()
  expect(world.sandboxes.salesforce.records('Contact')).toMatchObject([{ Department: 'Milling' }])
  await world.close()
})

test('a record that the CRM refused is not sent again because its parent is there', async () => {
  const contacts = CONTACTS_OF_COMPANIES.concat(
    '  AccountId: { lookup: Account, by: account.id, on_miss: skip }\n',
  )
  const world = await createWorld({ mappings: { 'a.yaml': ACCOUNTS, 'c.yaml': contacts } })
  const { clock, sandboxes, say, settle, operations, close } = world
  sandboxes.salesforce.addValidationRule('Contact', () => 'Nobody may enter')
  const member = { ...person('ann@acme.de'), account: [{ kind: 'domain' as const, value: 'acme.de' }] }
  await say({ key: 'a', says: [account('acme.de', { name: 'Acme' }), member as Said] })
  await settle()
  clock.advance(1_000)
  await say({ key: 'b', says: [person('ann@acme.de', { city: 'Bonn' })] })
  await settle()
  expect((await operations('dead')).map(({ object }) => object)).toEqual(['Contact'])
  await close()
})
