import { expect, test } from 'vitest'
import { makePlan } from '../../src/engine/plan.ts'
import { applyUndo } from '../../src/engine/undo.ts'
import { planUndo } from '../../src/engine/undo-plan.ts'
import { createWorld, DAY, MINUTE, person, type World, type WorldOptions } from './support.ts'

const ADA = 'ada@acme-works.com'
const BEN = 'ben.sales@acme.example'
const CLEO = 'cleo.sales@acme.example'
const SIGNAL = new AbortController().signal

const mapping = (owner: string) => `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
match:
  - Email: person.email | lower
fields:
  Email: person.email | lower
  LastName: person.last_name ?? "Unknown"
  Title: person.title
  OwnerId: ${owner}
`

const world = (owner = '{ user: person.owner_email }', options: WorldOptions = {}): Promise<World> =>
  createWorld({ mappings: { 'contact.yaml': mapping(owner) }, ...options })

const addUser = (w: World, email: string, more: Record<string, unknown> = {}): string =>
  w.sandboxes.salesforce.edit('User', undefined, {
    Username: email,
    Email: email,
    FirstName: email.split('.')[0]!,
    LastName: 'Sales',
    IsActive: true,
    ...more,
  })

const say = async (w: World, attributes: Record<string, unknown>, key = ADA) => {
  w.clock.advance(1_000)
  await w.say({ key, says: [person(key, { last_name: 'Lovelace', ...attributes })] })
}
const tell = async (w: World, attributes: Record<string, unknown>) => {
  await say(w, attributes)
  await w.settle()
}
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!

const HUBSPOT = `
apiVersion: tributary/v1
target: { connection: hubspot, object: contacts }
from: person
when: person.email | is_set
fields:
  email: person.email | lower
  hubspot_owner_id: { user: person.owner_email, write: always }
`
const hubspot = (options: WorldOptions['hubspot'] = {}): Promise<World> =>
  createWorld({ use: ['hubspot'], mappings: { 'contacts.yaml': HUBSPOT }, hubspot: options })
const addOwner = (w: World, email: string) =>
  w.sandboxes.hubspot.addOwner(email, { firstName: email.split('.')[0]!, lastName: 'Sales' })
const ownerCalls = (w: World) =>
  w.sandboxes.hubspot.requests.filter(({ path }) => path.startsWith('/crm/owners/')).length

test('a record goes to the user whose e-mail the mapping gives, in whatever case', async () => {
  const w = await world()
  const ben = addUser(w, BEN)
  await tell(w, { owner_email: 'Ben.Sales@Acme.Example' })
  expect(contact(w).OwnerId).toBe(ben)
})

test('another e-mail is another owner; the same one is no news', async () => {
  const w = await world()
  addUser(w, BEN)
  const cleo = addUser(w, CLEO)
  await tell(w, { owner_email: BEN })
  await tell(w, { owner_email: CLEO })
  expect(contact(w).OwnerId).toBe(cleo)
  const before = (await w.operations()).length
  await tell(w, { owner_email: CLEO, city: 'London' })
  expect((await w.operations()).length).toBe(before)
  await tell(w, { owner_email: CLEO, title: 'Countess' })
  const last = (await w.operations()).at(-1)!
  expect(Object.keys(last.fields)).toEqual(['Title'])
})

test('a record that a person gave to somebody else stays with them', async () => {
  const w = await world()
  addUser(w, BEN)
  addUser(w, CLEO)
  await tell(w, { owner_email: BEN })
  const dora = addUser(w, 'dora.sales@acme.example')
  w.sandboxes.salesforce.edit('Contact', String(contact(w).Id), { OwnerId: dora })
  await tell(w, { owner_email: CLEO, title: 'Countess' })
  expect(contact(w)).toMatchObject({ OwnerId: dora, Title: 'Countess' })
})

test('an owner who left is a miss: the record is written without, and the plan says why', async () => {
  const w = await world()
  addUser(w, BEN, { IsActive: false })
  await say(w, { owner_email: BEN, title: 'Countess' })
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const plan = await makePlan(w.engine, { signal: SIGNAL, thresholds: {} })
  expect(plan.operations[0]!.fields).toContainEqual(
    expect.objectContaining({ field: 'OwnerId', decision: 'skip', reason: 'inactive_user' }),
  )
  expect(plan.warnings).toEqual([
    `salesforce Contact.OwnerId: ${BEN} (inactive_user) names no active user, in 1 records`,
  ])
  await w.settle()
  expect(contact(w)).toMatchObject({ Title: 'Countess' })
  expect(contact(w).OwnerId).not.toBe(undefined)
  expect(await w.operations('dead')).toEqual([])
})

test('on_miss: hold keeps the record back with the reason, and a replay sends it once the user is there', async () => {
  const w = await world('{ user: person.owner_email, on_miss: hold }')
  await tell(w, { owner_email: BEN })
  expect(w.sandboxes.salesforce.records('Contact')).toEqual([])
  const [held] = await w.operations('held')
  expect(held!.error).toMatchObject({ code: 'record.no_user' })
  expect(held!.error!.message).toMatch(
    /Contact\.OwnerId: no user of the CRM has the e-mail ben\.sales.*contact\.yaml:\d+/,
  )
  const ben = addUser(w, BEN)
  w.clock.advance(2 * MINUTE)
  await w.store.repair.replay({ receipts: [], records: [], operations: [held!.id], now: w.clock.now() })
  await w.settle()
  expect(contact(w).OwnerId).toBe(ben)
})

test('of two users with one e-mail the active one is meant; two active ones are nobody', async () => {
  const w = await world()
  addUser(w, 'ben.old@acme.example', { Email: BEN, IsActive: false })
  const ben = addUser(w, BEN)
  await tell(w, { owner_email: BEN })
  expect(contact(w).OwnerId).toBe(ben)
  addUser(w, 'cleo.one@acme.example', { Email: CLEO })
  addUser(w, 'cleo.two@acme.example', { Email: CLEO })
  w.clock.advance(2 * MINUTE)
  await tell(w, { owner_email: CLEO })
  expect(contact(w).OwnerId).toBe(ben)
})

test('a sandbox, which masks addresses, has the same users', async () => {
  const w = await world()
  const ben = addUser(w, BEN, { Email: `${BEN}.invalid` })
  await tell(w, { owner_email: BEN })
  expect(contact(w).OwnerId).toBe(ben)
})

test('users are read once in ten minutes, sooner only for somebody who is not found', async () => {
  const w = await hubspot()
  for (const email of [BEN, CLEO]) addOwner(w, email)
  await tell(w, { owner_email: BEN })
  await tell(w, { owner_email: CLEO })
  // The active ones and the archived ones.
  expect(ownerCalls(w)).toBe(2)
  w.clock.advance(2 * MINUTE)
  await tell(w, { owner_email: 'nobody@acme.example' })
  await tell(w, { owner_email: 'no.one@acme.example' })
  expect(ownerCalls(w)).toBe(4)
  w.clock.advance(11 * MINUTE)
  await tell(w, { owner_email: BEN })
  expect(ownerCalls(w)).toBe(6)
})

test('more owners than a page holds are read to the last', async () => {
  const w = await hubspot()
  for (let n = 0; n < 501; n++) addOwner(w, `n${n}.sales@acme.example`)
  await tell(w, { owner_email: 'n500.sales@acme.example' })
  const owners = w.sandboxes.hubspot.dump().owners!
  expect(w.sandboxes.hubspot.records('contacts')[0]!.properties.hubspot_owner_id).toBe(owners.at(-1)!.id)
})

test('who names no user costs no call', async () => {
  const w = await hubspot()
  await tell(w, { title: 'Countess' })
  expect(ownerCalls(w)).toBe(0)
})

test('an undo gives the record back to whom it belonged, and what was taken back stays so', async () => {
  const w = await world('{ user: person.owner_email, write: always }')
  const ben = addUser(w, BEN)
  addUser(w, CLEO)
  await tell(w, { owner_email: BEN })
  w.clock.advance(DAY)
  await tell(w, { owner_email: CLEO })
  const run = (await w.operations()).at(-1)!.run!
  const plan = await planUndo(w.engine.deps, { run }, SIGNAL)
  await applyUndo(w.engine.deps, plan, SIGNAL)
  expect(contact(w).OwnerId).toBe(ben)
  await tell(w, { owner_email: CLEO, title: 'Countess' })
  expect(contact(w)).toMatchObject({ OwnerId: ben, Title: 'Countess' })
})

test('HubSpot: the owner, not the user; whoever is archived gets nothing new', async () => {
  const w = await hubspot()
  const owner = addOwner(w, BEN)
  w.sandboxes.hubspot.archiveOwner(addOwner(w, CLEO))
  await tell(w, { owner_email: BEN })
  const ofContact = () => w.sandboxes.hubspot.records('contacts')[0]!.properties.hubspot_owner_id
  expect(ofContact()).toBe(owner)
  await tell(w, { owner_email: CLEO })
  expect(ofContact()).toBe(owner)
})

test('HubSpot: a token that may not read owners stops no contact', async () => {
  const w = await hubspot({ missingScopes: ['crm.objects.owners.read'] })
  await tell(w, { owner_email: BEN })
  expect(w.sandboxes.hubspot.records('contacts')).toHaveLength(1)
})
