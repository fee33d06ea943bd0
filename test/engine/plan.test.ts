import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { drain } from '../../src/engine/schedule.ts'
import type { Thresholds } from '../../src/engine/sending/thresholds.ts'
import { CONTACTS, createWorld, person, START, type World, type WorldOptions } from './support.ts'

const SIGNAL = new AbortController().signal
const ADA = 'ada@acme-works.com'
let version = 0
const ada = (attributes: Record<string, unknown>) => ({
  key: 'ada',
  updated_at: START + ++version,
  says: [person(ADA, { last_name: 'Lovelace', ...attributes })],
})

const world = (more: WorldOptions = {}) => createWorld({ mappings: { 'contact.yaml': CONTACTS }, ...more })
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')
const edit = (w: World, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit('Contact', String(contacts(w)[0]!.Id), fields)
const project = (w: World) =>
  drain(w.engine, { signal: SIGNAL, stages: ['unpack', 'absorb', 'enrich', 'project'] })

async function planOf(w: World, thresholds: Thresholds = {}) {
  await project(w)
  return await makePlan(w.engine, { signal: SIGNAL, thresholds })
}

test('a plan shows of each field what the CRM holds, what we wrote, what is wanted, and the decision with its reason', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO', department: 'R&D', phone: '+4930123' }))
  await w.settle()
  edit(w, { Title: 'Chief of Engines', Department: 'Engines' })
  await w.say(ada({ title: 'CEO', department: 'Board', phone: '+4930999' }))
  const plan = await planOf(w)
  expect(plan.operations).toMatchObject([{ action: 'update', object: 'Contact', crmId: contacts(w)[0]!.Id }])
  const fields = new Map(plan.operations[0]!.fields.map((field) => [field.field, field]))
  expect(fields.get('Title')).toMatchObject({
    before: 'Chief of Engines',
    written: 'CTO',
    after: 'CEO',
    policy: 'if_owned',
    decision: 'skip',
    reason: 'edited_in_crm',
    from: expect.stringMatching(/^contact\.yaml:\d+$/),
  })
  expect(fields.get('Department')).toMatchObject({
    before: 'Engines',
    written: 'R&D',
    after: 'Board',
    decision: 'write',
  })
  expect(fields.get('Phone')).toMatchObject({ before: '+4930123', decision: 'skip', reason: 'not_empty' })
  expect(plan.calls).toMatchObject([
    { destination: 'salesforce', writes: 1, percentOfDay: expect.any(Number) },
  ])
  await w.close()
})

test('a field that has nothing to say and never was ours is no part of a change', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO', city: null }))
  await w.settle()
  await w.say(ada({ title: 'CEO', city: null }))
  const [operation] = (await planOf(w)).operations
  expect(operation!.fields.map(({ field, decision }) => [field, decision])).toEqual([['Title', 'write']])
  await w.close()
})

test('apply sends exactly the plan; a record that was edited since is refused and planned again', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO', department: 'R&D' }))
  await w.settle()
  await w.say(ada({ title: 'CEO', department: 'Board' }))
  const plan = await planOf(w)
  edit(w, { Department: 'Engines' })
  const applied = await applyPlan(w.engine, JSON.parse(JSON.stringify(plan)), {
    signal: SIGNAL,
    run: 'run_1',
  })
  expect(contacts(w)[0]).toMatchObject({ Title: 'CTO', Department: 'Engines' })
  expect(applied).toMatchObject({ sent: 0, stale: [plan.operations[0]!.id] })
  expect(applied.replanned[0]!.fields.find((f) => f.field === 'Department')).toMatchObject({
    before: 'Engines',
    after: 'Board',
  })

  const again = await planOf(w)
  const { sent, stale } = await applyPlan(w.engine, again, { signal: SIGNAL, run: 'run_2' })
  expect({ sent, stale }).toEqual({ sent: 1, stale: [] })
  expect(contacts(w)[0]).toMatchObject({ Title: 'CEO', Department: 'Board' })
  await w.close()
})

test('a record that somebody made in the CRM after the plan is not doubled: the planned creation is stale', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO' }))
  const plan = await planOf(w)
  expect(plan.operations).toMatchObject([{ action: 'create' }])
  w.sandboxes.salesforce.edit('Contact', undefined, { Email: ADA, LastName: 'Lovelace' })
  const applied = await applyPlan(w.engine, plan, { signal: SIGNAL, run: 'run_1' })
  expect(applied).toMatchObject({ sent: 0, replanned: [{ action: 'adopt' }] })
  expect(contacts(w)).toHaveLength(1)
  await w.close()
})

test('an operation whose facts changed since the plan is stale', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO' }))
  const plan = await planOf(w)
  await w.say(ada({ title: 'CEO' }))
  await project(w)
  const applied = await applyPlan(w.engine, plan, { signal: SIGNAL, run: 'run_1' })
  expect(applied).toMatchObject({ sent: 0, replanned: [{ action: 'create' }] })
  expect(contacts(w)).toEqual([])
  await w.close()
})

const OWNED = CONTACTS.replace('  MailingCity: { from: person.city, on_null: clear }\n', '').concat(
  '  OwnerId: { from: person.title, write: always }\n',
)

test.each<[string, Thresholds, RegExp]>([
  ['records created', { maxCreates: 0 }, /1 records would be created; maxCreates is 0/],
  ['fields cleared', { maxNulls: 0 }, /1 fields would be cleared; maxNulls is 0/],
  ['share of the known records', { maxPercent: 40 }, /50\.0 % of the 2 known salesforce Contact records/],
])('a threshold stops: %s', async (_, thresholds, message) => {
  const w = await world()
  const bob = (city: string) => ({
    key: 'bob',
    says: [person('bob@acme-works.com', { last_name: 'Bo', city })],
  })
  await w.say(ada({ city: 'London' }), bob('Berlin'))
  await w.settle()
  await w.say(ada({ city: null }), { key: 'new', says: [person('eve@acme-works.com', { last_name: 'Eve' })] })
  const { exceeded } = await planOf(w, thresholds)
  expect(exceeded).toEqual([expect.stringMatching(message)])
  expect((await planOf(w, { maxCreates: 1, maxNulls: 1, maxPercent: 50 })).exceeded).toEqual([])
  await w.close()
})

test('any change of an owner is above the threshold zero', async () => {
  const w = await world({ mappings: { 'contact.yaml': OWNED } })
  const [one, two] = w.sandboxes.salesforce.records('User').map((user) => String(user.Id))
  await w.say(ada({ title: one }))
  await w.settle()
  await w.say(ada({ title: two }))
  expect((await planOf(w, { maxOwnerChanges: 0 })).exceeded).toEqual([
    '1 records would get another owner; maxOwnerChanges is 0',
  ])
  await w.close()
})
