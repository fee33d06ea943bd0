import { expect, test } from 'vitest'
import { applyUndo, undo } from '../../src/engine/undo.ts'
import { planUndo } from '../../src/engine/undo-plan.ts'
import { api } from './api-support.ts'
import {
  ACCOUNTS,
  account,
  CONTACTS,
  createWorld,
  HOUR,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  START,
  touch,
  type World,
  type WorldOptions,
} from './support.ts'

const SIGNAL = new AbortController().signal
const ADA = 'ada@acme-works.com'
const world = (more: WorldOptions = {}) => createWorld({ mappings: { 'contact.yaml': CONTACTS }, ...more })
let version = 0
const ada = (attributes: Record<string, unknown>, more: object[] = []) => ({
  key: 'ada',
  updated_at: START + ++version,
  says: [person(ADA, { last_name: 'Lovelace', ...attributes }), ...more] as never[],
})
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!
const edit = (w: World, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit('Contact', String(contact(w).Id), fields)

/** What is said in an hour of its own, so that it is a run of its own; returns the run. */
async function say(w: World, attributes: Record<string, unknown>): Promise<string> {
  w.clock.advance(HOUR)
  await w.say(ada(attributes))
  await w.settle()
  const [row] = (await w.inspect.runs({ limit: 1, kind: 'deliver' })).items
  return row!.id
}

test('continuous delivery has a run per destination and hour, which is closed with its counts', async () => {
  const w = await world()
  const first = await say(w, { title: 'CTO' })
  const second = await say(w, { title: 'CEO' })
  expect(second).not.toBe(first)
  expect((await w.operations()).map((o) => o.run)).toEqual([first, second])
  expect(await w.store.lookup.run(first)).toMatchObject({
    kind: 'deliver',
    scope: 'salesforce',
    state: 'done',
    counts: { done: 1 },
  })
  expect(await w.store.lookup.run(second)).toMatchObject({ state: 'running' })
})

test('an undo writes back what was there before, and the mapping does not write the value again', async () => {
  const w = await world()
  await say(w, { title: 'Analyst', department: 'Engines', city: 'London' })
  const run = await say(w, { title: 'CTO', department: 'Mills', city: 'London' })
  const { plan, undone } = await undo(w.engine.deps, { run }, SIGNAL)
  expect(plan.records[0]!.fields).toMatchObject(
    [
      { field: 'Department', wrote: 'Mills', now: 'Mills', back: 'Engines', decision: 'undo' },
      { field: 'Title', wrote: 'CTO', back: 'Analyst', decision: 'undo' },
    ].toSorted((a, b) => (a.field < b.field ? 1 : -1)),
  )
  expect(undone).toMatchObject({ fields: 2, failed: 0, waiting: 0, run: { kind: 'undo', state: 'done' } })
  expect(contact(w)).toMatchObject({ Title: 'Analyst', Department: 'Engines' })
  // Something else changes: what was taken back stays, also where the policy is always.
  await say(w, { title: 'CTO', department: 'Mills', city: 'Paris' })
  expect(contact(w)).toMatchObject({ Title: 'Analyst', Department: 'Engines', MailingCity: 'Paris' })
  // Another value is news.
  await say(w, { title: 'CEO', department: 'Mills', city: 'Paris' })
  expect(contact(w)).toMatchObject({ Title: 'CEO', Department: 'Engines' })
})

test('what somebody changed since stays, and is reported with the reason', async () => {
  const w = await world()
  await say(w, { title: 'Analyst', department: 'Engines', city: 'London' })
  const run = await say(w, { title: 'CTO', department: 'Mills', city: 'Paris' })
  edit(w, { Title: 'Chief' })
  await say(w, { title: 'CTO', department: 'Wheels', city: 'Paris' })
  const { plan } = await undo(w.engine.deps, { run }, SIGNAL)
  const reasons = Object.fromEntries(plan.records[0]!.fields.map((f) => [f.field, f.reason ?? f.decision]))
  expect(reasons).toEqual({ Title: 'edited_in_crm', Department: 'written_again', MailingCity: 'undo' })
  expect(contact(w)).toMatchObject({ Title: 'Chief', Department: 'Wheels', MailingCity: 'London' })
})

test('an edit between plan and undo is respected too', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  const run = await say(w, { title: 'CTO' })
  const plan = await planUndo(w.engine.deps, { run }, SIGNAL)
  expect(contact(w).Title).toBe('CTO')
  edit(w, { Title: 'Chief' })
  expect(await applyUndo(w.engine.deps, plan, SIGNAL)).toMatchObject({ fields: 0 })
  expect(contact(w).Title).toBe('Chief')
})

test('only the fields that are asked for', async () => {
  const w = await world()
  await say(w, { title: 'Analyst', city: 'London' })
  const run = await say(w, { title: 'CTO', city: 'Paris' })
  await undo(w.engine.deps, { run, only: ['MailingCity'] }, SIGNAL)
  expect(contact(w)).toMatchObject({ Title: 'CTO', MailingCity: 'London' })
})

test('several writes of a run on one record are one change', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  const run = await say(w, { title: 'CTO' })
  w.clock.advance(MINUTE)
  await w.say(ada({ title: 'CEO' }))
  await w.settle()
  const { plan } = await undo(w.engine.deps, { run }, SIGNAL)
  expect(plan.records[0]!.fields).toMatchObject([{ wrote: 'CEO', back: 'Analyst' }])
  expect(contact(w).Title).toBe('Analyst')
})

test('an undo can be undone, and then the mapping is as it was', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  const run = await say(w, { title: 'CTO' })
  const { undone } = await undo(w.engine.deps, { run }, SIGNAL)
  await undo(w.engine.deps, { run: undone.run.id }, SIGNAL)
  expect(contact(w).Title).toBe('CTO')
  await say(w, { title: 'CTO', city: 'Paris' })
  expect(contact(w)).toMatchObject({ Title: 'CTO', MailingCity: 'Paris' })
  await say(w, { title: 'CEO', city: 'Paris' })
  expect(contact(w).Title).toBe('CEO')
})

test('a reference goes back to the record it pointed to', async () => {
  const linked = CONTACTS.replace('fields:\n', 'fields:\n  AccountId: { lookup: Account, by: account.id }\n')
  const w = await world({ mappings: { 'contact.yaml': linked, 'account.yaml': ACCOUNTS } })
  const at = (domain: string) => ({
    key: 'ada',
    updated_at: START + ++version,
    says: [
      account(domain, { name: domain }),
      person(ADA, { last_name: 'Lovelace' }, { account: [{ kind: 'domain', value: domain }] }),
    ],
  })
  w.clock.advance(HOUR)
  await w.say(at('acme-works.com'))
  await w.settle()
  const first = contact(w).AccountId
  w.clock.advance(HOUR)
  await w.say(at('mills-works.com'))
  await w.settle()
  expect(contact(w).AccountId).not.toBe(first)
  const [row] = (await w.inspect.runs({ limit: 1, kind: 'deliver' })).items
  await undo(w.engine.deps, { run: row!.id }, SIGNAL)
  expect(contact(w).AccountId).toBe(first)
  w.clock.advance(HOUR)
  await w.say({
    ...at('mills-works.com'),
    says: [...at('mills-works.com').says, person(ADA, { title: 'CTO' })],
  })
  await w.settle()
  expect(contact(w)).toMatchObject({ AccountId: first, Title: 'CTO' })
})

test.each(['salesforce', 'hubspot'] as const)(
  '%s: records that the run created are listed, and archived only when asked to',
  async (crm) => {
    const w = await world({
      use: [crm],
      mappings: { 'c.yaml': crm === 'salesforce' ? CONTACTS : HUBSPOT_CONTACTS },
    })
    const count = () =>
      crm === 'salesforce'
        ? w.sandboxes.salesforce.records('Contact').length
        : w.sandboxes.hubspot.records('contacts').length
    const run = await say(w, { title: 'CTO' })
    const listed = await undo(w.engine.deps, { run }, SIGNAL)
    expect(listed.plan.created).toMatchObject([{ decision: 'keep' }])
    expect(count()).toBe(1)
    const { undone } = await undo(w.engine.deps, { run, deleteCreated: true }, SIGNAL)
    expect(undone).toMatchObject({ archived: 1, failed: 0 })
    expect(count()).toBe(0)
    await say(w, { title: 'CEO' })
    expect(count()).toBe(0)
  },
)

test('a created record that somebody edited is not archived; its timeline entries are', async () => {
  const w = await world({
    mappings: {
      'contact.yaml': `${CONTACTS}activities:\n  - { kind: form.submitted, as: Task, subject: "Form" }\n`,
    },
  })
  w.clock.advance(HOUR)
  await w.say(ada({ title: 'CTO' }, [touch(ADA, 'form.submitted', START)]))
  await w.settle()
  expect(w.sandboxes.salesforce.records('Task')).toHaveLength(1)
  edit(w, { Title: 'Chief' })
  const [row] = (await w.inspect.runs({ limit: 1, kind: 'deliver' })).items
  const { plan } = await undo(w.engine.deps, { run: row!.id, deleteCreated: true }, SIGNAL)
  expect(plan.created.find((c) => c.object === 'Contact')).toMatchObject({
    decision: 'keep',
    edited: ['Title'],
  })
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(1)
  expect(w.sandboxes.salesforce.records('Task')).toHaveLength(0)
})

test('a CRM that is down leaves the undo waiting; it goes on by itself', async () => {
  const w = await world({ with: { salesforce: 'limits: { attempts: 1 }' } })
  await say(w, { title: 'Analyst' })
  const run = await say(w, { title: 'CTO' })
  const plan = await planUndo(w.engine.deps, { run }, SIGNAL)
  w.sandboxes.salesforce.fail({ kind: 'answer', status: 503, times: 1 })
  expect(await applyUndo(w.engine.deps, plan, SIGNAL)).toMatchObject({ waiting: 1 })
  w.clock.advance(HOUR)
  await w.settle()
  expect(contact(w).Title).toBe('Analyst')
  await say(w, { title: 'CTO', city: 'Paris' })
  expect(contact(w)).toMatchObject({ Title: 'Analyst', MailingCity: 'Paris' })
})

test('the API plans with dry_run and undoes without', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  const run = await say(w, { title: 'CTO' })
  const { get, post } = api(w)
  const planned = await post('/api/undo', { run, dry_run: true })
  expect(planned).toMatchObject({ status: 202, body: { kind: 'undo', state: 'running' } })
  await w.settle()
  expect((await get(`/api/runs/${planned.body.id}`)).body).toMatchObject({
    state: 'done',
    plan: { totals: { fields: 1 } },
    counts: {},
  })
  expect(contact(w).Title).toBe('CTO')
  const { body } = await post('/api/undo', { run })
  await w.settle()
  expect((await get(`/api/runs/${body.id}`)).body).toMatchObject({ state: 'done', counts: { fields: 1 } })
  expect(contact(w).Title).toBe('Analyst')
  const { body: why } = await api(w).get(`/api/why/salesforce/Contact/${contact(w).Id}?field=Title`)
  expect(why.fields[0]).toMatchObject({
    written: { value: 'Analyst', withheld: { value: 'CTO', because: 'undone' } },
    desired: { value: 'CTO' },
    operation: { run: body.id, fields: { Title: { policy: 'undo', before: 'CTO' } } },
  })
  expect((await post('/api/undo', { run: 'run_none' })).status).toBe(404)
})
