import { expect, test } from 'vitest'
import { replay } from '../../src/engine/replay.ts'
import { inspectDeadLetter } from '../../src/engine/sending/dead-letters.ts'
import { api } from './api-support.ts'
import { CONTACTS, createWorld, MINUTE, person, START, type World } from './support.ts'

const ADA = 'ada@acme-works.com'
const world = () => createWorld({ mappings: { 'contact.yaml': CONTACTS } })
let version = 0
const ada = (attributes: Record<string, unknown>) => ({
  key: 'ada',
  updated_at: START + ++version,
  says: [person(ADA, { last_name: 'Lovelace', ...attributes })],
})
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')

/** A validation rule that refuses everybody whose title is as given, until it is switched off. */
function refuseTitle(w: World, title: string): { off(): void } {
  let isOn = true
  w.sandboxes.salesforce.addValidationRule('Contact', (record) =>
    isOn && record.Title === title ? `${title} is not a title` : undefined,
  )
  return { off: () => (isOn = false) }
}

test('a dead operation is replayed once its reason is gone', async () => {
  const w = await world()
  const rule = refuseTitle(w, 'CTO')
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  const [dead] = await w.operations('dead')
  expect(dead!.error!.code).toBe('admin_rule.validation')
  rule.off()
  w.clock.advance(MINUTE)
  await w.settle()
  expect(contacts(w)).toEqual([])
  expect(await replay(w.engine.deps, { code: 'admin_rule.validation' })).toMatchObject({ operations: 1 })
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Title: 'CTO' }])
  expect(await w.operations('dead')).toEqual([])
})

test('a replay sends what is known now, never what the operation held', async () => {
  const w = await world()
  await w.say(ada({ title: 'Analyst' }))
  await w.settle()
  const rule = refuseTitle(w, 'CTO')
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  const [dead] = await w.operations('dead')
  await w.say(ada({ title: 'CEO' }))
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Title: 'CEO' }])
  rule.off()
  await replay(w.engine.deps, { operation: dead!.id })
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Title: 'CEO' }])
  expect(await w.operations('dead')).toEqual([])
})

test('an operation that still fails is dead again, and the other reasons are left alone', async () => {
  const w = await world()
  refuseTitle(w, 'CTO')
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  expect(await replay(w.engine.deps, { code: 'record.not_found' })).toMatchObject({ operations: 0 })
  expect(await replay(w.engine.deps, {}, { isDry: true })).toMatchObject({ operations: 1 })
  expect(await w.operations('superseded')).toEqual([])
  w.clock.advance(MINUTE)
  await replay(w.engine.deps, {})
  await w.settle()
  expect(await w.operations('dead')).toHaveLength(1)
  expect(await w.operations('superseded')).toHaveLength(1)
})

test('a dead receipt is unpacked again, and its records name it', async () => {
  const w = await world()
  await w.engine.receiver.receive({
    id: 'rcp_1',
    connection: 'book',
    receivedAt: START,
    headers: { 'x-signature': 'abc' },
    body: '{"facts":"none"}',
  })
  await w.settle()
  expect(await inspectDeadLetter(w.engine.deps, 'rcp_1')).toMatchObject({
    stage: 'receipt',
    error: { code: 'record.invalid' },
  })
  expect(await replay(w.engine.deps, { code: 'record.invalid' })).toMatchObject({ receipts: 1, records: 0 })
  await w.settle()
  expect(await w.store.lookup.receipt('rcp_1')).toMatchObject({ state: 'dead' })
  await w.say(ada({}))
  await w.settle()
  const record = await w.store.lookup.record({ connection: 'book', stream: 'facts', key: 'ada' })
  expect(await w.store.lookup.receipt(record!.receipt!)).toMatchObject({ connection: 'book', state: 'done' })
})

test('an old receipt that is replayed does not overwrite what came after it', async () => {
  const w = await world()
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  const { receipt } = (await w.store.lookup.record({ connection: 'book', stream: 'facts', key: 'ada' }))!
  await w.say(ada({ title: 'CEO' }))
  await w.settle()
  expect(await replay(w.engine.deps, { receipt: receipt! })).toMatchObject({ receipts: 1 })
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Title: 'CEO' }])
})

test('a dead record is absorbed again', async () => {
  const w = await world()
  await w.say({ key: 'bad', updated_at: START, says: [{ type: 'person', identifiers: 'none' } as never] })
  await w.settle()
  const id = 'book/facts/bad'
  expect(await inspectDeadLetter(w.engine.deps, id)).toMatchObject({
    stage: 'record',
    record: { state: 'dead' },
  })
  expect(await replay(w.engine.deps, { record: id })).toMatchObject({ records: 1 })
  expect(await w.store.lookup.record({ connection: 'book', stream: 'facts', key: 'bad' })).toMatchObject({
    state: 'pending',
  })
  await expect(replay(w.engine.deps, { record: 'book/facts/none' })).rejects.toMatchObject({
    code: 'request.not_found',
  })
})

test('a timeline entry is sent again as it is, once', async () => {
  const w = await createWorld({
    mappings: {
      'contact.yaml': `${CONTACTS}activities:\n  - { kind: form.submitted, as: Task, subject: "Form" }\n`,
    },
  })
  let isOn = true
  w.sandboxes.salesforce.addValidationRule('Task', () => (isOn ? 'no tasks today' : undefined))
  await w.say({
    ...ada({}),
    says: [
      person(ADA, { last_name: 'Lovelace' }),
      {
        type: 'touchpoint',
        person: [{ kind: 'email', value: ADA }],
        touchpoint: { kind: 'form.submitted', occurred_at: START, channel: 'website', direction: 'inbound' },
      },
    ],
  })
  await w.settle()
  expect(await w.operations('dead')).toMatchObject([{ kind: 'activity' }])
  isOn = false
  await replay(w.engine.deps, {})
  await w.settle()
  expect(w.sandboxes.salesforce.records('Task')).toHaveLength(1)
})

test('the API groups errors, shows request and answer, and replays', async () => {
  const w = await world()
  const rule = refuseTitle(w, 'CTO')
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  const { get, post } = api(w)
  const { body: errors } = await get('/api/errors')
  expect(errors.items).toMatchObject([
    {
      stage: 'operation',
      connection: 'salesforce',
      subject: 'Contact',
      state: 'dead',
      code: 'admin_rule.validation',
      count: 1,
      title: 'A validation rule of the CRM refused the record',
      example: expect.stringContaining('CTO is not a title'),
    },
  ])
  const [dead] = await w.operations('dead')
  const { body: detail } = await get(`/api/dead-letters/${dead!.id}`)
  expect(detail.deliveries[0]).toMatchObject({ status: 'failed', excerpt: expect.stringContaining('CTO') })
  expect(JSON.parse(detail.deliveries[0].request)).toMatchObject({ fields: { Title: 'CTO' } })
  expect((await get('/api/dead-letters/none')).status).toBe(404)
  rule.off()
  w.clock.advance(MINUTE)
  expect((await post('/api/replay', { operation: dead!.id, colour: 'red' })).body).toMatchObject({
    status: 400,
    errors: [{ field: 'colour' }],
  })
  const { body: replayed } = await post('/api/replay', { operation: dead!.id })
  expect(replayed).toMatchObject({ operations: 1 })
  expect((await get(`/api/runs/${replayed.run}`)).body).toMatchObject({
    kind: 'replay',
    counts: { operations: 1 },
  })
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Title: 'CTO' }])
})
