import { expect, test } from 'vitest'
import { replay } from '../../src/engine/replay.ts'
import { toReadBack } from '../../src/engine/sending/sample.ts'
import { api } from './api-support.ts'
import {
  ACCOUNTS,
  account,
  CONTACTS,
  calls,
  createWorld,
  factOf,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  START,
  tell,
  type World,
  type WorldOptions,
} from './support.ts'

const world = (more: WorldOptions = {}) => createWorld({ mappings: { 'contact.yaml': CONTACTS }, ...more })
const ada = (attributes: Record<string, unknown>) => factOf('ada', { last_name: 'Lovelace', ...attributes })
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!
const say = (w: World, attributes: Record<string, unknown>) => tell(w, ada(attributes))
const reads = (w: World) =>
  calls(w.sandboxes.salesforce).filter((call) => /POST .*composite\/sobjects\/Contact$/.test(call)).length

test('what the CRM accepts and does not keep is a state of its own, with field, values and fix', async () => {
  const w = await world()
  await say(w, { title: 'Analyst', city: 'London' })
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await say(w, { title: 'CTO', city: 'Paris' })
  expect(contact(w)).toMatchObject({ Title: 'Analyst', MailingCity: 'Paris' })
  const [lost] = await w.operations('not_stored')
  expect(lost!.error).toMatchObject({ code: 'record.not_stored', at: { field: 'Title' } })
  expect(lost!.error!.message).toContain('Title (sent "CTO", holds "Analyst")')
  expect((await api(w).get('/api/errors')).body.items).toMatchObject([
    { state: 'not_stored', code: 'record.not_stored', count: 1 },
  ])
  expect((await w.inspect.totals()).operations).toContainEqual(
    expect.objectContaining({ state: 'not_stored', count: 1 }),
  )
})

test('such a value is not sent again and again, a new one is, and nobody is thought to have edited it', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await say(w, { title: 'CTO' })
  await say(w, { title: 'CTO', city: 'Paris' })
  expect(await w.operations('not_stored')).toHaveLength(1)
  w.sandboxes.salesforce.revert('Contact', 'Title', false)
  await say(w, { title: 'CEO', city: 'Paris' })
  expect(contact(w)).toMatchObject({ Title: 'CEO', MailingCity: 'Paris' })
})

test('a replay tries it again once the automation is gone', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await say(w, { title: 'CTO' })
  w.sandboxes.salesforce.revert('Contact', 'Title', false)
  w.clock.advance(MINUTE)
  expect(await replay(w.engine.deps, { code: 'record.not_stored' })).toMatchObject({ operations: 1 })
  await w.settle()
  expect(contact(w).Title).toBe('CTO')
  expect(await w.operations('not_stored')).toEqual([])
})

test('a field that is empty on a created record was not stored either', async () => {
  const w = await world()
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await say(w, { title: 'CTO' })
  expect((await w.operations('not_stored'))[0]!.error!.message).toContain('Title')
})

test('what an automation makes of a value, and what a person does in between, is no loss', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  await w.say(ada({ title: 'CTO' }))
  await w.work()
  w.clock.advance(MINUTE)
  await w.work()
  w.sandboxes.salesforce.edit('Contact', String(contact(w).Id), { Title: 'Chief' })
  await w.settle()
  expect(await w.operations('not_stored')).toEqual([])
  await say(w, { title: 'CEO' })
  expect(contact(w).Title).toBe('Chief')
})

test.each(['salesforce', 'hubspot'] as const)(
  '%s keeps what it accepts: nothing is reported',
  async (crm) => {
    const w = await createWorld({
      use: [crm],
      mappings: { 'c.yaml': crm === 'salesforce' ? CONTACTS : HUBSPOT_CONTACTS },
    })
    await say(w, { title: 'CTO', first_name: ' Ada ' })
    await say(w, { title: 'CEO' })
    expect(await w.operations('not_stored')).toEqual([])
    expect(await w.store.repair.unverified(crm)).toEqual([])
  },
)

test('the first records of a mapping version are all read back, then a share; none where it is switched off', async () => {
  const w = await world({ config: 'verify: { first: 3, sample: 10% }' })
  const operations = Array.from({ length: 2_000 }, (_, i) => ({
    id: `op_${((i * 2_654_435_761) % 2 ** 32).toString(16).padStart(32, '0')}`,
    kind: 'upsert',
    object: 'Contact',
    mapping: 'h1',
  })) as never[]
  const first = await toReadBack(w.engine.deps, operations.slice(0, 3))
  expect(first).toHaveLength(3)
  const rest = await toReadBack(w.engine.deps, operations.slice(3))
  expect(rest.length).toBeGreaterThan(120)
  expect(rest.length).toBeLessThan(280)
  const off = await world({ config: 'verify: { first: 0, sample: 0% }' })
  expect(await toReadBack(off.engine.deps, operations)).toEqual([])
  await say(off, { title: 'CTO' })
  expect(reads(off)).toBe(0)
})

test('many records are read back in one call', async () => {
  const w = await world()
  await w.say(
    ...Array.from({ length: 150 }, (_, i) => ({
      key: `p${i}`,
      updated_at: START,
      says: [person(`p${i}@acme-works.com`, { last_name: `L${i}` })],
    })),
  )
  await w.settle()
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(150)
  expect(reads(w)).toBe(1)
})

test('a CRM that is down is asked another time', async () => {
  const w = await world({ with: { salesforce: 'limits: { attempts: 1 }' } })
  let isDown = true
  w.sandboxes.salesforce.fail({
    kind: 'answer',
    status: 503,
    times: Number.POSITIVE_INFINITY,
    matches: ({ method, url }) => isDown && method === 'POST' && url.endsWith('/composite/sobjects/Contact'),
  })
  await w.say(ada({ title: 'CTO' }))
  await w.settle()
  expect(contact(w).Title).toBe('CTO')
  expect(await w.store.repair.unverified('salesforce')).toMatchObject([{ object: 'Contact', count: 1 }])
  isDown = false
  w.clock.advance(MINUTE)
  await w.settle()
  expect(await w.store.repair.unverified('salesforce')).toEqual([])
})

test('a CRM that asks for patience is not asked about the next object either', async () => {
  const w = await createWorld({
    mappings: { 'contact.yaml': CONTACTS, 'account.yaml': ACCOUNTS },
    with: { salesforce: 'limits: { attempts: 1 }' },
  })
  const refused: string[] = []
  w.sandboxes.salesforce.fail({
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '50' },
    times: Number.POSITIVE_INFINITY,
    matches({ method, url }) {
      const isReadBack = method === 'POST' && /composite\/sobjects\/\w+$/.test(url)
      if (isReadBack) refused.push(url)
      return isReadBack
    },
  })
  await w.say({
    key: 'ada',
    updated_at: START,
    says: [account('acme-works.com', { name: 'Acme' }), person('ada@acme-works.com', { last_name: 'L' })],
  })
  await w.settle()
  expect(await w.store.repair.unverified('salesforce')).toHaveLength(2)
  expect(refused).toHaveLength(1)
})

test('nothing is read back while the day’s calls run short; it is when they are back', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  const { salesforce } = w.sandboxes
  // The hub does not know yet: it learns of it by the write that is to be read back.
  salesforce.setDailyLimit(salesforce.apiCalls + 3)
  await say(w, { title: 'CTO' })
  expect(contact(w).Title).toBe('CTO')
  expect(await w.store.repair.unverified('salesforce')).toHaveLength(1)
  salesforce.setDailyLimit(1_000_000)
  w.clock.advance(16 * MINUTE)
  await w.settle()
  expect(await w.store.repair.unverified('salesforce')).toEqual([])
})
