import { expect, test } from 'vitest'
import { Contribution, type Contribution as Said } from '#model'
import { unsureEmployers } from '../../src/engine/projecting/employers.ts'
import { ACCOUNTS, createWorld, person, START, type World } from './support.ts'

const company = (domain: string, attributes: Record<string, unknown>): Said =>
  Contribution.parse({ type: 'account', identifiers: [{ kind: 'domain', value: domain }], attributes })
const BRIGHTWAVE = { name: 'Brightwave GmbH', country: 'DE', city: 'Berlin' }
const JANE = person('jane@gmail.com', { last_name: 'Doe', company_name: 'brightwave', country: 'DE' })

const CONTACTS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  AccountId: { lookup: Account, by: account.id, on_miss: skip }
  Email: person.email | lower
  LastName: person.last_name ?? "Unknown"
  Department: { from: person.account_match.method ?? null, write: always, on_null: clear }
`
const world = () => createWorld({ mappings: { 'm/account.yaml': ACCOUNTS, 'm/contact.yaml': CONTACTS } })

async function found(w: World) {
  const { items } = await w.inspect.entities({ kind: 'person', limit: 10 })
  const accounts = (await w.inspect.entities({ kind: 'account', limit: 10 })).items
  const nameOf = (id: string | undefined) => accounts.find((one) => one.id === id)?.golden.domain
  return Object.fromEntries(items.map(({ golden, account }) => [golden.email, nameOf(account)]))
}
const contact = (w: World) => w.sandboxes.salesforce.records('Contact').map((row) => row.Department ?? null)

test('whoever writes from a free mailbox is led to the company they name, before or after it is known', async () => {
  for (const order of [
    ['company', 'jane'],
    ['jane', 'company'],
  ]) {
    const w = await world()
    for (const key of order) {
      await w.say({ key, says: key === 'jane' ? [JANE] : [company('brightwave-works.com', BRIGHTWAVE)] })
      await w.settle()
    }
    expect(await found(w)).toEqual({ 'jane@gmail.com': 'brightwave-works.com' })
    expect(contact(w)).toEqual(['country'])
    const [row] = w.sandboxes.salesforce.records('Contact')
    expect(row!.AccountId).toBe(w.sandboxes.salesforce.records('Account')[0]!.Id)
    await w.close()
  }
})

test('a second company that may be meant takes the link back, and a person is asked', async () => {
  const w = await world()
  await w.say({ key: 'c', says: [company('brightwave-works.com', BRIGHTWAVE)] })
  await w.say({ key: 'p', says: [JANE] })
  await w.settle()
  await w.say({ key: 'd', says: [company('brightwave-shop.com', BRIGHTWAVE)] })
  await w.settle()
  expect(await found(w)).toEqual({ 'jane@gmail.com': undefined })
  const unsure = await w.store.project.unsureEmployers({ limit: 10 })
  expect(unsure).toMatchObject([{ golden: { email: 'jane@gmail.com' }, employer: { confidence: 0.85 } }])
  expect(unsure[0]!.employer.candidates).toHaveLength(2)
  expect(contact(w)).toEqual([null])

  // One of them turns out to be elsewhere.
  await w.say({
    key: 'd',
    says: [company('brightwave-shop.com', { ...BRIGHTWAVE, country: 'US' })],
    updated_at: START + 9e9,
  })
  await w.settle()
  expect(await found(w)).toEqual({ 'jane@gmail.com': 'brightwave-works.com' })
  expect(await w.store.project.unsureEmployers({ limit: 10 })).toEqual([])

  // Both are one company.
  await w.say({ key: 'd', says: [company('brightwave-shop.com', BRIGHTWAVE)], updated_at: START + 9e9 + 1 })
  await w.settle()
  expect(await found(w)).toEqual({ 'jane@gmail.com': undefined })
  const both = ['brightwave-works.com', 'brightwave-shop.com'].map((value) => ({ kind: 'domain', value }))
  await w.say({
    key: 'e',
    says: [Contribution.parse({ type: 'account', identifiers: both, attributes: {} })],
  })
  await w.settle()
  expect((await found(w))['jane@gmail.com']).toMatch(/^brightwave-/)
  await w.close()
})

test('who has an account of their own is not led elsewhere', async () => {
  const w = await world()
  await w.say({ key: 'c', says: [company('brightwave-works.com', BRIGHTWAVE)] })
  await w.say({
    key: 'p',
    says: [person('max@other-works.com', { company_name: 'Brightwave GmbH', country: 'DE' })],
  })
  await w.settle()
  expect(await found(w)).toEqual({ 'max@other-works.com': 'other-works.com' })
  expect(contact(w)).toEqual(['email_domain'])
  await w.close()
})

test('whoever is asked to decide sees who names which employer, and who may be meant', async () => {
  const w = await world()
  await w.say({
    key: 'c',
    says: [company('brightwave-works.com', { name: 'Brightwave GmbH', city: 'Berlin' })],
  })
  await w.say({ key: 'p', says: [person('jane@gmail.com', { company_name: 'BRIGHTWAVE' })] })
  await w.settle()
  const items = await unsureEmployers(w.engine.deps, { limit: 5 })
  expect(items).toEqual([
    {
      person: expect.stringMatching(/^per_/),
      email: 'jane@gmail.com',
      employer: 'BRIGHTWAVE',
      confidence: 0.6,
      candidates: [
        { id: expect.stringMatching(/^acc_/), name: 'Brightwave GmbH', domain: 'brightwave-works.com' },
      ],
    },
  ])
  await w.close()
})
