import { expect, test } from 'vitest'
import { decideConflict } from '../../src/engine/deciding/quarantine.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { createWorld, DAY, HUBSPOT_CONTACTS, person, type World } from './support.ts'

const ADA = 'ada@acme-works.com'
const MAPPING = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
match:
  - Email: person.email | lower
fields:
  Email: person.email | lower
  LastName: person.last_name
  Title: { from: person.title, write: hold_on_conflict }
  Department: { from: person.department, write: always }
`
const world = (mapping = MAPPING) => createWorld({ mappings: { 'contact.yaml': mapping } })
const say = async (w: World, attributes: Record<string, unknown>) => {
  w.clock.advance(1_000)
  await w.say({ key: ADA, says: [person(ADA, { last_name: 'Lovelace', ...attributes })] })
  await w.settle()
}
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!
const edit = (w: World, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit('Contact', String(contact(w).Id), fields)
const open = async (w: World) => (await w.store.quarantine.list({ limit: 10 })).items

/** Somebody has made Ada Chief; the hub wants her to be CEO. */
async function atOdds(): Promise<World> {
  const w = await world()
  await say(w, { title: 'CTO', department: 'Mills' })
  edit(w, { Title: 'Chief' })
  await say(w, { title: 'CEO', department: 'Engines' })
  return w
}

test('a conflict holds its field; the others are written', async () => {
  const w = await atOdds()
  expect(contact(w)).toMatchObject({ Title: 'Chief', Department: 'Engines' })
  expect(await open(w)).toMatchObject([
    {
      object: 'Contact',
      crmId: contact(w).Id,
      field: 'Title',
      ours: 'CEO',
      theirs: 'Chief',
      written: 'CTO',
      reason: 'edited_in_crm',
      from: expect.stringMatching(/^contact\.yaml:\d+$/),
    },
  ])
})

test('what is accepted is written once; a later edit is a new conflict', async () => {
  const w = await atOdds()
  await decideConflict(w.engine.deps, (await open(w))[0]!.id, 'accept')
  await w.settle()
  expect(contact(w).Title).toBe('CEO')
  expect(await open(w)).toEqual([])
  edit(w, { Title: 'Queen' })
  await say(w, { title: 'COO' })
  expect(contact(w).Title).toBe('Queen')
  expect(await open(w)).toMatchObject([{ ours: 'COO', theirs: 'Queen' }])
})

test('what is kept stays until our value is another one', async () => {
  const w = await atOdds()
  await decideConflict(w.engine.deps, (await open(w))[0]!.id, 'keep')
  await say(w, { title: 'CEO', department: 'Looms' })
  expect(contact(w)).toMatchObject({ Title: 'Chief', Department: 'Looms' })
  expect(await open(w)).toEqual([])
  await say(w, { title: 'COO' })
  expect(contact(w).Title).toBe('Chief')
  expect(await open(w)).toMatchObject([{ ours: 'COO' }])
})

test('accepted is what the person saw: another edit meanwhile asks anew', async () => {
  const w = await atOdds()
  await decideConflict(w.engine.deps, (await open(w))[0]!.id, 'accept')
  edit(w, { Title: 'Countess' })
  await w.settle()
  expect(contact(w).Title).toBe('Countess')
  expect(await open(w)).toMatchObject([{ theirs: 'Countess' }])
})

test('a conflict that people resolve in the CRM is over', async () => {
  const w = await atOdds()
  edit(w, { Title: 'CEO' })
  await say(w, { title: 'CEO', department: 'Looms' })
  expect(await open(w)).toEqual([])
})

test('a value that was there before us is a conflict as well', async () => {
  const w = await world()
  w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'Lovelace', Email: ADA, Title: 'Chief' })
  await say(w, { title: 'CEO' })
  expect(contact(w).Title).toBe('Chief')
  expect(await open(w)).toMatchObject([{ ours: 'CEO', theirs: 'Chief', reason: 'not_ours' }])
})

test('a plan shows what would be held, and puts nothing into quarantine', async () => {
  const w = await world()
  await say(w, { title: 'CTO' })
  edit(w, { Title: 'Chief' })
  w.clock.advance(1_000)
  await w.say({ key: ADA, says: [person(ADA, { last_name: 'Lovelace', title: 'CEO' })] })
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const plan = await makePlan(w.engine, { signal: new AbortController().signal, thresholds: {} })
  expect(plan.operations).toMatchObject([{ action: 'hold' }])
  expect(await open(w)).toEqual([])
})

// ---------------------------------------------------------------- how long an edit holds

test('an edit holds for its time; then a value that is news is written', async () => {
  const w = await world(MAPPING.replace('write: hold_on_conflict', 'edits_hold: 30d'))
  await say(w, { title: 'CTO' })
  edit(w, { Title: 'Chief' })
  await say(w, { title: 'CEO' })
  w.clock.advance(29 * DAY)
  await say(w, { title: 'COO' })
  expect(contact(w).Title).toBe('Chief')
  w.clock.advance(2 * DAY)
  await say(w, { title: 'President' })
  expect(contact(w).Title).toBe('President')
})

test('an edit that is renewed holds from then on', async () => {
  const w = await world(MAPPING.replace('write: hold_on_conflict', 'edits_hold: 30d'))
  await say(w, { title: 'CTO' })
  edit(w, { Title: 'Chief' })
  await say(w, { title: 'CEO' })
  w.clock.advance(20 * DAY)
  edit(w, { Title: 'Queen' })
  await say(w, { title: 'COO' })
  w.clock.advance(20 * DAY)
  await say(w, { title: 'President' })
  expect(contact(w).Title).toBe('Queen')
})

// ---------------------------------------------------------------- stages

const STAGED = (write: string) =>
  `${HUBSPOT_CONTACTS.replace(/ {2}tributary_visits_30d.*\n/, '')}  lifecyclestage: { from: person.title${write} }\n`
test.each([
  ['', 'customer', 'a stage behind the one that it holds is not written'],
  [', write: always', 'lead', 'with write: always the mapping has said so'],
])('a record moves through its stages forward only (%s): %s, %s', async (write, expected) => {
  const w = await createWorld({ use: ['hubspot'], mappings: { 'c.yaml': STAGED(write) } })
  const stage = () => w.sandboxes.hubspot.records('contacts')[0]!.properties.lifecyclestage
  await say(w, { title: 'customer' })
  expect(stage()).toBe('customer')
  await say(w, { title: 'lead' })
  expect(stage()).toBe(expected)
  await say(w, { title: 'evangelist' })
  expect(stage()).toBe('evangelist')
})
