import { expect, test } from 'vitest'
import { makePlan } from '../../src/engine/plan.ts'
import { CONTACTS, createWorld, person, START, type WorldOptions } from './support.ts'

const INSERT = CONTACTS.replace('from: person\n', 'from: person\nmode: insert\n')
const world = (more: WorldOptions = {}) => createWorld({ mappings: { 'contact.yaml': INSERT }, ...more })
const ada = (attributes: Record<string, unknown> = {}, at = START) => ({
  key: '1',
  updated_at: at,
  says: [person('ada@acme.de', { last_name: 'Lovelace', ...attributes })],
})

test('mode insert leaves a record alone that is in the CRM already, and says so', async () => {
  const w = await world()
  const { salesforce } = w.sandboxes
  const id = salesforce.edit('Contact', undefined, { LastName: 'Byron', Email: 'ada@acme.de' })
  const writes = { ...salesforce.writes }
  await w.say(ada({ title: 'CTO' }))
  await w.work()
  const plan = await makePlan(w.engine, { signal: new AbortController().signal, thresholds: {} })
  expect(plan.operations).toMatchObject([{ action: 'skip', crmId: id, reason: expect.stringContaining(id) }])

  await w.settle()
  expect(salesforce.writes).toEqual(writes)
  expect(salesforce.records('Contact')).toMatchObject([{ Id: id, LastName: 'Byron' }])
  expect(await w.operations()).toMatchObject([{ state: 'done', error: { code: 'record.exists' } }])

  w.clock.advance(1)
  const calls = salesforce.requests.length
  await w.say(ada({ title: 'CEO' }, START + 1))
  await w.settle()
  expect(salesforce.requests).toHaveLength(calls)
  await w.close()
})

test('several records that match are skipped as one is: nobody has to choose', async () => {
  const w = await world()
  const { salesforce } = w.sandboxes
  salesforce.edit('Contact', undefined, { LastName: 'Byron', Email: 'ada@acme.de' })
  salesforce.edit('Contact', undefined, { LastName: 'King', Email: 'ada@acme.de' })
  await w.say(ada())
  await w.settle()
  expect(salesforce.records('Contact')).toHaveLength(2)
  expect(await w.operations()).toMatchObject([{ state: 'done', error: { code: 'record.exists' } }])
  await w.close()
})

test('mode insert creates what is not there, also where the answer to the first attempt was lost', async () => {
  const w = await world()
  const { salesforce } = w.sandboxes
  salesforce.fail({
    kind: 'lost_after',
    matches: ({ method, url }) => method !== 'GET' && url.includes('/Contact'),
  })
  await w.say(ada())
  await w.settle()
  w.clock.advance(60_000)
  await w.settle()
  expect(salesforce.records('Contact')).toMatchObject([{ LastName: 'Lovelace' }])
  expect((await w.operations()).map(({ state, error }) => ({ state, code: error?.code }))).toEqual([
    { state: 'done', code: undefined },
  ])
  await w.close()
})
