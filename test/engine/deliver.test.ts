import { expect, test } from 'vitest'
import { deliver } from '../../src/engine/deliver.ts'
import { drain } from '../../src/engine/schedule.ts'
import { TransientError } from '../../src/kit/index.ts'
import {
  ACCOUNTS,
  CONTACTS,
  calls,
  compile,
  createWorld,
  DAY,
  type Fact,
  HOUR,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  START,
  setUpCrms,
  type World,
} from './support.ts'

const SIGNAL = new AbortController().signal
const MAPPINGS = { 'contact.yaml': CONTACTS }
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')
const many = (count: number): Fact[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `k${i}`,
    says: [person(`p${i}@acme-works.com`, { last_name: `P${i}` })],
  }))

/** Runs the stages at every time something is due, for `ms`; where nothing can be done, less and less often. */
async function live(w: World, ms: number): Promise<void> {
  const end = w.clock.now() + ms
  for (let step = 500; w.clock.now() < end; ) {
    const { done } = await drain(w.engine, { signal: SIGNAL })
    const now = w.clock.now()
    const wake = await w.store.control.nextWake(now)
    if (wake === undefined) break
    step = done > 0 ? 500 : Math.min(step * 2, 10 * MINUTE)
    w.clock.advance(wake > now ? wake - now : step)
  }
  w.clock.advance(Math.max(0, end - w.clock.now()))
}

// ---------------------------------------------------------------- items

test('one bad record of two hundred is a dead letter with its field and reason; the others are written', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const facts = many(200)
  facts[77] = { key: 'k77', says: [person('p77@acme-works.com', { last_name: 'L'.repeat(100) })] }
  await w.say(...facts)
  await w.settle()
  expect(contacts(w)).toHaveLength(199)
  const { items } = await w.inspect.deadLetters({ limit: 10 })
  expect(items).toMatchObject([
    {
      stage: 'operation',
      connection: 'salesforce',
      error: { code: 'admin_rule.validation', vendorCode: 'STRING_TOO_LONG' },
    },
  ])
  expect(JSON.stringify(items[0]!.error)).toContain('LastName')
})

test("an administrator's rule is quoted in the dead letter", async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  w.sandboxes.salesforce.addValidationRule('Contact', (record) =>
    record.Title === 'CTO' ? 'We sell to no CTOs' : undefined,
  )
  await w.say(
    { key: '1', says: [person('a@acme-works.com', { last_name: 'A', title: 'CTO' })] },
    { key: '2', says: [person('b@acme-works.com', { last_name: 'B' })] },
  )
  await w.settle()
  expect(contacts(w)).toMatchObject([{ LastName: 'B' }])
  expect((await w.operations('dead')).map((o) => o.error!.message)).toEqual([
    expect.stringContaining('We sell to no CTOs'),
  ])
})

test('a locked record is tried again with growing waits and is a dead letter after the last attempt', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say({ key: '1', says: [person('a@acme-works.com', { last_name: 'A' })] })
  await w.settle()
  w.sandboxes.salesforce.lock(String(contacts(w)[0]!.Id), 1_000)
  await w.say({ key: '1', says: [person('a@acme-works.com', { last_name: 'B' })], updated_at: START + 1 })
  await live(w, 5 * DAY)
  const [dead] = await w.operations('dead')
  expect(dead).toMatchObject({
    attempts: 12,
    error: { code: 'record.locked', vendorCode: 'UNABLE_TO_LOCK_ROW' },
  })
  const deliveries = await w.inspect.deliveries(dead!.id)
  expect(deliveries).toHaveLength(12)
  const gaps = deliveries.slice(1).map((d, i) => d.at - deliveries[i]!.at)
  expect(gaps[0]).toBeLessThan(10_000)
  expect(gaps[4]).toBeGreaterThan(gaps[0]!)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(24 * MINUTE)
})

test('a lock that ends is no failure', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say({ key: '1', says: [person('a@acme-works.com', { last_name: 'A' })] })
  await w.settle()
  w.sandboxes.salesforce.lock(String(contacts(w)[0]!.Id), 2)
  await w.say({ key: '1', says: [person('a@acme-works.com', { last_name: 'B' })], updated_at: START + 1 })
  await live(w, HOUR)
  expect(contacts(w)).toMatchObject([{ LastName: 'B' }])
  expect(await w.operations('dead')).toEqual([])
})

// ---------------------------------------------------------------- parents

const ofAccount = (onMiss: 'skip' | 'hold') => ({
  'account.yaml': ACCOUNTS,
  'contact.yaml': `${CONTACTS}  AccountId: { lookup: Account, by: account.id, on_miss: ${onMiss} }\n`,
})

test('parents are written before their children, in one pass', async () => {
  const w = await createWorld({ mappings: ofAccount('hold') })
  calls(w.sandboxes.salesforce)
  await w.say(...many(10))
  await w.settle()
  const [company] = w.sandboxes.salesforce.records('Account')
  expect(contacts(w).map((c) => c.AccountId)).toEqual(Array(10).fill(company!.Id))
  const written = calls(w.sandboxes.salesforce).filter((call) => call.startsWith('PATCH'))
  expect(written.map((call) => call.split('/').at(-2))).toEqual(['Account', 'Contact'])
})

test('a due child brings its parent along', async () => {
  const w = await createWorld({ use: ['website', 'salesforce'], mappings: ofAccount('hold') })
  await w.event({
    type: 'identify',
    userId: 'u1',
    messageId: 'm1',
    traits: { email: 'ada@acme-works.com', name: 'Ada Lovelace' },
  })
  await live(w, 3_000)
  expect(contacts(w)).toMatchObject([
    { Email: 'ada@acme-works.com', AccountId: w.sandboxes.salesforce.records('Account')[0]!.Id },
  ])
})

test.each([
  ['skip', 'sent without it', 1],
  ['hold', 'held', 0],
] as const)('a child whose parent was refused is, with on_miss: %s, %s', async (onMiss, _, written) => {
  const w = await createWorld({ mappings: ofAccount(onMiss) })
  w.sandboxes.salesforce.addValidationRule('Account', () => 'No new accounts')
  await w.say({ key: '1', says: [person('ada@acme-works.com', { last_name: 'A' })] })
  await live(w, HOUR)
  expect(contacts(w)).toHaveLength(written)
  expect((await w.operations('dead')).map((o) => o.object)).toEqual(['Account'])
  expect((await w.operations('held')).map((o) => o.object)).toEqual(written ? [] : ['Contact'])
  expect(await w.operations('pending')).toEqual([])
})

test('waiting for a parent is no attempt', async () => {
  const w = await createWorld({ mappings: ofAccount('hold') })
  await w.say({ key: '1', says: [person('ada@acme-works.com', { last_name: 'A' })] })
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  // Another process has the parent under way and never comes back.
  await w.store.deliver.claim({
    destination: 'salesforce',
    object: 'Account',
    limit: 1,
    now: w.clock.now(),
    leaseUntil: w.clock.now() + MINUTE,
  })
  await live(w, 50_000)
  expect((await w.operations('pending')).find((o) => o.object === 'Contact')).toMatchObject({ attempts: 0 })
  expect(contacts(w)).toEqual([])
  await live(w, MINUTE)
  expect(contacts(w)).toHaveLength(1)
  expect((await w.operations('done')).find((o) => o.object === 'Contact')).toMatchObject({ attempts: 1 })
})

// ---------------------------------------------------------------- crashes and rivals

test('a parent that another process sends meanwhile is found', async () => {
  const w = await createWorld({ mappings: ofAccount('hold') })
  const other = w.twin('two')
  await w.say({ key: '1', says: [person('ada@acme-works.com', { last_name: 'A' })] })
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const { deps } = w.engine
  const late: typeof deps.store.deliver = {
    ...deps.store.deliver,
    depths: async (...query) =>
      (await deps.store.deliver.depths(...query)).filter(({ object }) => object === 'Contact'),
    async open(keys) {
      await deliver(other.deps, { signal: SIGNAL, flush: true })
      return deps.store.deliver.open(keys)
    },
  }
  await deliver({ ...deps, store: { ...deps.store, deliver: late } }, { signal: SIGNAL, flush: true })
  expect(await w.operations('held')).toEqual([])
  expect(contacts(w)).toMatchObject([{ AccountId: w.sandboxes.salesforce.records('Account')[0]!.Id }])
})

test('an operation whose sender died is sent by the next one when the lease has expired', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say({ key: '1', says: [person('ada@acme-works.com', { last_name: 'A' })] })
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  await w.store.deliver.claim({
    destination: 'salesforce',
    object: 'Contact',
    limit: 1,
    now: w.clock.now(),
    leaseUntil: w.clock.now() + 5 * MINUTE,
  })
  await w.settle()
  expect(contacts(w)).toEqual([])
  w.clock.advance(5 * MINUTE + 1)
  await w.settle()
  expect(contacts(w)).toHaveLength(1)
})

test('a connection lost after the CRM had committed makes no second record', async () => {
  const w = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { ...MAPPINGS, 'hs.yaml': HUBSPOT_CONTACTS },
  })
  const isWrite = (request: Request) => request.method === 'PATCH' || request.url.endsWith('/batch/upsert')
  w.sandboxes.salesforce.fail({ kind: 'lost_after', matches: isWrite })
  w.sandboxes.hubspot.fail({ kind: 'lost_after', matches: isWrite, times: 4 })
  await w.say(...many(5))
  await live(w, HOUR)
  expect(contacts(w)).toHaveLength(5)
  expect(w.sandboxes.hubspot.records('contacts')).toHaveLength(5)
  expect(await w.operations('done')).toHaveLength(10)
})

test('two hubs on one database never have one record under way twice', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const other = w.twin('two')
  w.sandboxes.shelf.pages = [{ records: many(600).map((fact) => ({ updated_at: START, ...fact })) }]
  await w.pull('book')
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const before = w.sandboxes.salesforce.writes.items
  const hubs = [w.engine, other, w.engine, other]
  await Promise.all(hubs.map(({ deps }) => deliver(deps, { signal: SIGNAL, flush: true })))
  await w.settle()
  expect(contacts(w)).toHaveLength(600)
  expect(w.sandboxes.salesforce.writes.items - before).toBe(600)
})

test('a stage that another hub is at is left to it', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const other = w.twin('two')
  await w.say({ key: '1', says: [person('ada@acme-works.com', { last_name: 'A' })] })
  await other.step('unpack', { signal: SIGNAL })
  expect(await w.engine.step('unpack', { signal: SIGNAL })).toEqual({ done: 0, more: false })
  await other.releaseLeases()
  await w.settle()
  expect(contacts(w)).toHaveLength(1)
})

// ---------------------------------------------------------------- a CRM that cannot be written to

test('a used-up quota pauses the destination: nothing is called until it may be, nothing is lost', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  w.sandboxes.salesforce.setDailyLimit(w.sandboxes.salesforce.apiCalls)
  await w.say(...many(3))
  await w.settle()
  const [waiting] = await w.operations('pending')
  expect(waiting).toMatchObject({ attempts: 0, error: { code: 'http.quota_exhausted' } })
  expect(waiting!.notBefore).toBeGreaterThanOrEqual(w.clock.now() + 10 * MINUTE)
  calls(w.sandboxes.salesforce)
  await w.say({ key: 'later', says: [person('later@acme-works.com', { last_name: 'Later' })] })
  w.clock.advance(5 * MINUTE)
  await w.settle()
  expect(calls(w.sandboxes.salesforce)).toEqual([])
  w.sandboxes.salesforce.setDailyLimit(100_000)
  w.clock.advance(15 * MINUTE)
  await w.settle()
  expect(contacts(w)).toHaveLength(4)
})

test('refused credentials pause the destination and say so; other destinations go on', async () => {
  const w = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { ...MAPPINGS, 'hs.yaml': HUBSPOT_CONTACTS },
  })
  w.sandboxes.hubspot.fail({
    kind: 'answer',
    status: 401,
    times: 1_000,
    body: { status: 'error', category: 'INVALID_AUTHENTICATION', message: 'expired' },
  })
  await w.say(...many(3))
  await w.settle()
  expect(contacts(w)).toHaveLength(3)
  const waiting = await w.operations('pending')
  expect(waiting).toHaveLength(3)
  expect(waiting[0]).toMatchObject({ destination: 'hubspot', error: { kind: 'auth', code: 'auth.rejected' } })
  expect(waiting[0]!.error!.fix).toContain('reconnect')
  await live(w, DAY)
  expect(await w.operations('dead')).toEqual([])
})

test.each([
  [401, 'INVALID_SESSION_ID', 'auth.rejected'],
  [403, 'REQUEST_LIMIT_EXCEEDED', 'http.quota_exhausted'],
  [403, 'API_DISABLED_FOR_ORG', 'config.rejected'],
])(
  'whom a call of a batch refused with %i %s waits, although the other call got through',
  async (status, errorCode, code) => {
    const w = await createWorld({ mappings: MAPPINGS })
    await w.say(...many(1))
    await w.settle()
    let isRefusing = true
    w.sandboxes.salesforce.fail({
      kind: 'answer',
      status,
      times: Number.POSITIVE_INFINITY,
      body: [{ errorCode, message: 'no' }],
      matches: (request) =>
        isRefusing && request.method === 'PATCH' && request.url.endsWith('/composite/sobjects'),
    })
    const known = {
      key: 'k0',
      says: [person('p0@acme-works.com', { last_name: 'Other' })],
      updated_at: w.clock.now(),
    }
    await w.say(known, { key: 'new', says: [person('new@acme-works.com', { last_name: 'New' })] })
    await w.settle()
    expect(contacts(w).map((c) => c.LastName)).toEqual(['P0', 'New'])
    expect(await w.operations('dead')).toEqual([])
    expect(await w.operations('pending')).toMatchObject([{ attempts: 0, error: { code } }])
    isRefusing = false
    w.clock.advance(HOUR)
    await w.settle()
    expect(contacts(w).map((c) => c.LastName)).toEqual(['Other', 'New'])
  },
)

test('a step that fails for one destination ends only when the others have ended', async () => {
  const w = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { ...MAPPINGS, 'hs.yaml': HUBSPOT_CONTACTS },
  })
  await w.say(...many(3))
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const { deps } = w.engine
  const { depths } = deps.store.deliver
  const locked: typeof depths = async (destination, ...rest) => {
    if (destination === 'hubspot') throw new TransientError('store.busy', 'The database is locked')
    return depths(destination, ...rest)
  }
  const store = { ...deps.store, deliver: { ...deps.store.deliver, depths: locked } }
  const step = deliver({ ...deps, store }, { signal: SIGNAL, flush: true })
  await expect(step).rejects.toMatchObject({ code: 'store.busy' })
  expect(contacts(w)).toHaveLength(3)
  expect((await w.operations('done')).map((o) => o.destination)).toEqual(Array(3).fill('salesforce'))
})

test('a CRM that is down for hours is called ever less often, then gets everything', async () => {
  const w = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { ...MAPPINGS, 'hs.yaml': HUBSPOT_CONTACTS },
  })
  w.sandboxes.salesforce.fail({ kind: 'lost_before', times: 1_000_000 })
  w.sandboxes.hubspot.fail({
    kind: 'answer',
    status: 503,
    times: 1_000_000,
    body: { status: 'error', message: 'maintenance' },
  })
  await w.say(...many(3))
  await live(w, 3 * HOUR)
  expect(await w.operations('dead')).toEqual([])
  expect((await w.operations('pending')).map((o) => o.error?.code)).toEqual(
    expect.arrayContaining(['http.network', 'http.server_error']),
  )
  expect(w.sandboxes.salesforce.requests.length).toBeLessThan(3 * 60 * 4 + 100)

  const back = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: { ...MAPPINGS, 'hs.yaml': HUBSPOT_CONTACTS },
  })
  back.sandboxes.salesforce.fail({ kind: 'lost_before', times: 20 })
  back.sandboxes.hubspot.fail({
    kind: 'answer',
    status: 503,
    times: 20,
    body: { status: 'error', message: 'maintenance' },
  })
  await back.say(...many(3))
  await live(back, HOUR)
  expect(contacts(back)).toHaveLength(3)
  expect(back.sandboxes.hubspot.records('contacts')).toHaveLength(3)
})

test('a CRM that answers one request with an error page loses nothing', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings: { 'hs.yaml': HUBSPOT_CONTACTS } })
  w.sandboxes.hubspot.fail({
    kind: 'answer',
    status: 200,
    times: 1,
    body: '<html>Please wait</html>',
    headers: { 'content-type': 'text/html' },
  })
  await w.say(...many(3))
  await live(w, HOUR)
  expect(w.sandboxes.hubspot.records('contacts')).toHaveLength(3)
})

// ---------------------------------------------------------------- fields that the CRM does not have

const TYPO = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  Email: person.email | lower
  LastName: person.last_name
  Titel__c: person.title
`

test.each(['salesforce', 'hubspot'] as const)(
  'a mapped field that %s lacks holds those who write it, names field and line, and lets the others go',
  async (crm) => {
    const typo = crm === 'salesforce' ? TYPO : HUBSPOT_CONTACTS.replace('jobtitle:', 'job_titel:')
    const w = await createWorld({
      use: [crm],
      mappings: { 'contact.yaml': crm === 'salesforce' ? CONTACTS : HUBSPOT_CONTACTS },
    })
    w.mappings.current = compile({ 'contact.yaml': typo })
    await w.say(
      { key: '1', says: [person('a@acme-works.com', { last_name: 'A', title: 'CTO' })] },
      { key: '2', says: [person('b@acme-works.com', { last_name: 'B' })] },
    )
    await w.settle()
    const written = () =>
      crm === 'salesforce'
        ? contacts(w).map((c) => c.LastName)
        : w.sandboxes.hubspot.records('contacts').map((c) => c.properties.lastname)
    expect(written()).toEqual(['B'])
    const [waiting] = await w.operations('pending')
    const field = crm === 'salesforce' ? 'Titel__c' : 'job_titel'
    const line = typo.split('\n').findIndex((text) => text.includes(field)) + 1
    expect(waiting!.error).toMatchObject({
      kind: 'config',
      code: 'mapping.unknown_field',
      at: { field, mapping: `contact.yaml:${line}` },
    })
    expect(waiting!.error!.message).toContain(`contact.yaml:${line}`)

    // Waiting costs a look now and then, not a call per record.
    calls(w.sandboxes[crm])
    await live(w, 4 * HOUR)
    expect(calls(w.sandboxes[crm]).length).toBeLessThan(4 * 13)

    // Its owner creates the field: the next look sends it.
    await setUpCrms(w.engine)
    await live(w, HOUR)
    expect(written().sort()).toEqual(['A', 'B'])
  },
)
