import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { drainWithJobs } from '../../src/engine/bulk/await-jobs.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { STAGES } from '../../src/engine/engine.ts'
import { drain } from '../../src/engine/schedule.ts'
import {
  ACCOUNTS,
  CONTACTS,
  createWorld,
  type Fact,
  HOUR,
  MINUTE,
  person,
  START,
  type World,
  type WorldOptions,
} from './support.ts'

const SIGNAL = new AbortController().signal
const MAPPINGS = { 'contact.yaml': CONTACTS }
const THRESHOLD = 50

const bulkWorld = (options: WorldOptions = {}) =>
  createWorld({ mappings: MAPPINGS, with: { salesforce: `bulkThreshold: ${THRESHOLD}` }, ...options })
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')
const jobs = (w: World) => w.sandboxes.salesforce.bulkJobs()
const many = (
  count: number,
  more: (n: number) => Record<string, unknown> = () => ({}),
  at?: number,
): Fact[] =>
  Array.from({ length: count }, (_, n) => ({
    key: `k${n}`,
    says: [person(`p${n}@acme-works.com`, { last_name: `P${n}`, ...more(n) })],
    ...(at === undefined ? {} : { updated_at: at }),
  }))

/** Calls of the API since the last time, as "METHOD what", to the end of the last job: what was stored is read back later. */
function apiCalls(w: World): string[] {
  return w.sandboxes.salesforce.requests
    .splice(0)
    .filter(({ path }) => path.startsWith('/services/data'))
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/^\/services\/data\/v[\d.]+\//, '').replace(/750\w+/, 'ID')}`,
    )
    .filter((call, place, all) => place <= all.findLastIndex((one) => one.includes('jobs/')) || !isRead(call))
}

const isRead = (call: string): boolean => call === 'POST composite/sobjects/Contact'

/** Far more steps than any of these tests takes. */
const RUNAWAY = 5_000

/** Runs the stages whenever something is due, until `ms` have passed. */
async function run(w: World, ms: number): Promise<void> {
  const end = w.clock.now() + ms
  let steps = 0
  for (;;) {
    await drain(w.engine, { signal: SIGNAL, flush: true, mayContinue: () => steps++ < RUNAWAY })
    if (steps > RUNAWAY) throw new Error('The stages never come to rest')
    const wake = await w.store.control.nextWake(w.clock.now())
    if (wake === undefined || wake > end) break
    w.clock.advance(Math.max(wake - w.clock.now(), 500))
  }
  w.clock.advance(Math.max(0, end - w.clock.now()))
}

test('so many changes leave as one job; each row is reconciled to its operation', async () => {
  const w = await bulkWorld()
  await w.say(...many(120))
  apiCalls(w)
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(120)
  expect(jobs(w)).toMatchObject([
    { object: 'Contact', operation: 'upsert', state: 'JobComplete', processed: 120 },
  ])
  expect(apiCalls(w)).toEqual([
    'GET query',
    'POST jobs/ingest',
    'PUT jobs/ingest/ID/batches',
    'PATCH jobs/ingest/ID',
    'GET jobs/ingest/ID',
    'GET jobs/ingest/ID/successfulResults/',
  ])
  const done = await w.operations('done')
  expect(done).toHaveLength(120)
  const byKey = new Map(contacts(w).map((record) => [record.Tributary_Id__c, record]))
  const shadows = await w.store.project.projections(
    done.map(({ entity }) => ({ destination: 'salesforce', object: 'Contact', entity })),
  )
  for (const shadow of shadows) {
    expect(byKey.get(shadow.externalId)).toMatchObject({
      Id: shadow.crmId,
      LastName: shadow.written.LastName!.value,
    })
  }
})

test('below the threshold nothing goes by job', async () => {
  const w = await bulkWorld()
  await w.say(...many(THRESHOLD - 1))
  await w.settle()
  expect(contacts(w)).toHaveLength(THRESHOLD - 1)
  expect(jobs(w)).toEqual([])
})

test('updates and inserts that are enough for a job only together do not go round in circles', async () => {
  const w = await bulkWorld()
  for (let n = 0; n < 30; n++)
    w.sandboxes.salesforce.edit('Contact', undefined, { LastName: `P${n}`, Email: `p${n}@acme-works.com` })
  w.sandboxes.shelf.pages = [{ records: many(60, () => ({ title: 'Boss' }), START) }]
  await w.pull('book')
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(60)
  expect(contacts(w).filter((record) => record.Title === 'Boss')).toHaveLength(60)
  expect(jobs(w)).toMatchObject([{ processed: 30 }])
})

test('a job whose lanes have to wait for the quota keeps what it has gathered until they may leave again', async () => {
  const w = await bulkWorld()
  const { salesforce } = w.sandboxes
  await w.say(...many(60))
  await run(w, HOUR)
  await w.say(...many(60, () => ({ title: 'Boss' }), START + 1))
  const before = STAGES.filter((stage) => stage !== 'deliver')
  await drain(w.engine, { signal: SIGNAL, flush: true, stages: before })
  await w.engine.step('deliver', { signal: SIGNAL, flush: true })
  expect(await w.operations('sending')).toHaveLength(60)
  const connection = w.engine.deps.connections.get('salesforce')!
  const ctx = contextOf(connection, { ...w.engine.deps, signal: SIGNAL })
  // A little less than our share is used up, as the next answer tells: all but leads have to wait.
  salesforce.setDailyLimit(Math.ceil((salesforce.apiCalls + 2.2) / 0.8))
  const { read } = connection.connector.destination!
  await read(ctx, { object: 'Contact', crmIds: ['003000000000001AAA'], fields: ['Email'] })
  await w.engine.step('deliver', { signal: SIGNAL, flush: true })
  expect(jobs(w)).toHaveLength(1)
  expect(await w.operations('sending')).toHaveLength(60)
  salesforce.setDailyLimit(1_000_000)
  w.clock.advance(16 * MINUTE)
  await run(w, HOUR)
  expect(jobs(w)).toMatchObject([{ operation: 'upsert' }, { operation: 'update', processed: 60 }])
  expect(contacts(w).filter((record) => record.Title === 'Boss')).toHaveLength(60)
})

test('known records are updated by their id, and a person’s edit is kept', async () => {
  const w = await bulkWorld()
  await w.say(...many(60))
  await run(w, HOUR)
  const edited = contacts(w)[7]!
  w.sandboxes.salesforce.edit('Contact', String(edited.Id), { Title: 'Chief' })
  await w.say(...many(60, () => ({ title: 'Boss' }), START + 1))
  await run(w, HOUR)
  expect(jobs(w).map(({ operation, processed }) => [operation, processed])).toEqual([
    ['upsert', 60],
    ['update', 59],
  ])
  expect(contacts(w)).toHaveLength(60)
  const titles = contacts(w).map((record) => record.Title)
  expect(titles.filter((title) => title === 'Boss')).toHaveLength(59)
  expect(w.sandboxes.salesforce.record('Contact', String(edited.Id))!.Title).toBe('Chief')
})

test('refused rows are dead letters with the rule, locked ones are tried again, the others are written', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ locks: (row) => row === 3 })
  const facts = many(60)
  facts[9] = { key: 'k9', says: [person('p9@acme-works.com', { last_name: 'L'.repeat(100) })] }
  await w.say(...facts)
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(59)
  expect(jobs(w)).toMatchObject([{ refused: 2 }])
  const [dead, ...others] = await w.operations('dead')
  expect(others).toEqual([])
  expect(dead!.error).toMatchObject({ code: 'admin_rule.validation', vendorCode: 'STRING_TOO_LONG' })
  expect(JSON.stringify(dead!.error)).toContain('LastName')
  const locked = (await w.operations('done')).filter((operation) => operation.attempts > 1)
  expect(locked).toHaveLength(1)
  expect((await w.inspect.deliveries(locked[0]!.id)).map((d) => d.status).sort()).toEqual([
    'failed',
    'written',
  ])
})

test('rows that an aborted job never came to go with the next one', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ abortAfter: 20 })
  await w.say(...many(150))
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(150)
  expect(jobs(w).map(({ state, processed }) => [state, processed])).toEqual([
    ['Aborted', 20],
    ['JobComplete', 130],
  ])
  expect(await w.operations('pending')).toEqual([])
})

test('rows of a job that the platform gave up go in batches', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ failAfter: 20 })
  await w.say(...many(150))
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(150)
  expect(jobs(w)).toMatchObject([{ state: 'Failed', processed: 20 }])
  expect(await w.operations('dead')).toEqual([])
})

test('nothing is concluded of rows that the results do not tell: the job is looked at again, in the end they are sent again', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ loses: (row) => row % 10 === 0 })
  await w.say(...many(60))
  await run(w, 20 * MINUTE)
  expect(await w.operations('done')).toHaveLength(54)
  expect(await w.operations('sending')).toHaveLength(6)
  await run(w, 24 * HOUR)
  expect(await w.operations('done')).toHaveLength(60)
  expect(contacts(w)).toHaveLength(60)
})

test('results are settled as they come: whoever goes on after a crash only meets the others', async () => {
  const ROWS = 1_200
  const w = await bulkWorld()
  await w.say(...many(ROWS))
  const { bulk } = w.store
  const settled: number[] = []
  let isDead = false
  w.store.bulk = new Proxy(bulk, {
    get(target, name, receiver) {
      if (isDead) return () => Promise.reject(new Error('killed'))
      if (name !== 'settle') return Reflect.get(target, name, receiver)
      return async (...args: Parameters<typeof bulk.settle>) => {
        await bulk.settle(...args)
        settled.push(args[1].results.length)
        isDead = true
      }
    },
  })
  for (let looks = 0; looks < 10 && !isDead; looks++) {
    await drain(w.engine, { signal: SIGNAL, flush: true }).catch(() => {})
    w.clock.advance(MINUTE)
  }
  w.store.bulk = bulk
  expect(await w.operations('done')).toHaveLength(settled[0]!)
  expect(settled[0]).toBeLessThan(ROWS)
  const engine = w.twin('two')
  for (let step = 0; step < 10; step++) {
    w.clock.advance(5 * MINUTE)
    await drain(engine, { signal: SIGNAL, flush: true })
  }
  expect(await w.operations('done')).toHaveLength(ROWS)
  expect(jobs(w).map((job) => job.processed)).toEqual([ROWS])
})

test('a job that takes long is looked at ever less often', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ durationMs: 2 * HOUR })
  await w.say(...many(60))
  apiCalls(w)
  await run(w, 3 * HOUR)
  expect(contacts(w)).toHaveLength(60)
  expect(apiCalls(w).filter((call) => call === 'GET jobs/ingest/ID').length).toBeLessThan(20)
})

test('what changes while a job is at work becomes the next operation of its record', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ durationMs: 10 * MINUTE })
  await w.say(...many(60))
  await run(w, MINUTE)
  expect(await w.operations('sending')).toHaveLength(60)
  await w.say(...many(3, () => ({ title: 'CTO' }), START + 1))
  await run(w, MINUTE)
  expect(await w.operations('pending')).toHaveLength(3)
  expect(contacts(w)).toEqual([])
  await run(w, HOUR)
  expect(contacts(w).filter((record) => record.Title === 'CTO')).toHaveLength(3)
  expect(await w.operations('pending')).toEqual([])
})

const cuts = [
  ['before the job is created', 'POST', /jobs\/ingest$/, 'lost_before'],
  ['after it was created, before its id was known', 'POST', /jobs\/ingest$/, 'lost_after'],
  ['before the upload', 'PUT', /batches$/, 'lost_before'],
  ['after the upload', 'PUT', /batches$/, 'lost_after'],
  ['before it is closed', 'PATCH', /jobs\/ingest\/750\w+$/, 'lost_before'],
  ['after it was closed', 'PATCH', /jobs\/ingest\/750\w+$/, 'lost_after'],
  ['while it is looked at', 'GET', /jobs\/ingest\/750\w+$/, 'lost_before'],
  ['while its results are read', 'GET', /successfulResults/, 'lost_before'],
] as const

test.each(cuts)(
  'the line breaks %s: no row is processed twice, none is lost',
  async (_, method, path, kind) => {
    const w = await bulkWorld()
    w.sandboxes.salesforce.fail({
      kind,
      times: 4,
      matches: (request) => request.method === method && path.test(new URL(request.url).pathname),
    })
    await w.say(...many(60))
    await run(w, 2 * HOUR)
    expect(contacts(w)).toHaveLength(60)
    expect(jobs(w).reduce((sum, job) => sum + job.processed, 0)).toBe(60)
    expect(jobs(w).filter((job) => job.state === 'Open')).toEqual([])
    expect(await w.operations('done')).toHaveLength(60)
  },
)

test.each(cuts)('the hub dies %s: the next one goes on with the job', async (_, method, path, kind) => {
  const w = await bulkWorld()
  const crash = new AbortController()
  w.sandboxes.salesforce.fail({
    kind,
    times: 1,
    matches: (request) => {
      const isHere = request.method === method && path.test(new URL(request.url).pathname)
      if (isHere) crash.abort()
      return isHere
    },
  })
  await w.say(...many(60))
  // Nothing that the dying process would still write may be written.
  const { bulk, deliver } = w.store
  const dead = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name, receiver) =>
        crash.signal.aborted
          ? () => Promise.reject(new Error('killed'))
          : Reflect.get(target, name, receiver),
    })
  w.store.bulk = dead(bulk)
  w.store.deliver = dead(deliver)
  for (let looks = 0; looks < 10 && !crash.signal.aborted; looks++) {
    await drain(w.engine, { signal: SIGNAL, flush: true }).catch(() => {})
    w.clock.advance(MINUTE)
  }
  expect(crash.signal.aborted).toBe(true)
  w.store.bulk = bulk
  w.store.deliver = deliver
  const engine = w.twin('two')
  for (let step = 0; step < 40; step++) {
    w.clock.advance(5 * MINUTE)
    await drain(engine, { signal: SIGNAL, flush: true })
  }
  expect(contacts(w)).toHaveLength(60)
  expect(jobs(w).reduce((sum, job) => sum + job.processed, 0)).toBe(60)
  expect(jobs(w).filter((job) => job.state === 'Open')).toEqual([])
  expect(await w.operations('done')).toHaveLength(60)
})

test('two hubs on one database hand over one job', async () => {
  const w = await bulkWorld()
  const other = w.twin('two')
  await w.say(...many(120))
  await drain(w.engine, { signal: SIGNAL, stages: ['unpack', 'absorb', 'enrich', 'project'] })
  for (let step = 0; step < 20; step++) {
    await Promise.all([
      drain(w.engine, { signal: SIGNAL, flush: true }),
      drain(other, { signal: SIGNAL, flush: true }),
    ])
    w.clock.advance(MINUTE)
  }
  expect(contacts(w)).toHaveLength(120)
  expect(jobs(w)).toHaveLength(1)
})

test('rows of one account are together in the file', async () => {
  const w = await bulkWorld({
    mappings: {
      'account.yaml': ACCOUNTS,
      'contact.yaml': `${CONTACTS}  AccountId: { lookup: Account, by: account.id, on_miss: hold }\n`,
    },
  })
  let file = ''
  const { fetch } = w.sandboxes.salesforce
  w.sandboxes.salesforce.fetch = async (request) => {
    if (request.method === 'PUT') file = await request.clone().text()
    return fetch(request)
  }
  await w.say(
    ...Array.from({ length: 60 }, (_, n) => ({
      key: `k${n}`,
      says: [person(`p${n}@acme-${n % 7}.com`, { last_name: `P${n}` })],
    })),
  )
  await run(w, HOUR)
  const header = file.split('\n')[0]!.split(',')
  const place = header.indexOf('AccountId')
  const parents = file
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[place])
  const runs = parents.filter((parent, n) => parent !== parents[n - 1])
  expect(parents).toHaveLength(60)
  expect(runs).toHaveLength(7)
})

test('who asks for the end waits for the jobs, but not for a CRM that is out of reach', async () => {
  const w = await bulkWorld()
  w.sandboxes.salesforce.troubleBulk({ durationMs: 5 * MINUTE })
  await w.say(...many(60))
  await drainWithJobs(w.engine, { signal: SIGNAL, flush: true })
  expect(contacts(w)).toHaveLength(60)
  expect(await w.operations('done')).toHaveLength(60)
  w.sandboxes.salesforce.fail({ kind: 'lost_before', times: 1_000 })
  await w.say(...many(60, () => ({ title: 'CTO' }), START + 1))
  const before = w.clock.now()
  await drainWithJobs(w.engine, { signal: SIGNAL, flush: true })
  expect(w.clock.now() - before).toBeLessThan(5 * MINUTE)
})

test('many known records are read by one query job before they are written', async () => {
  const w = await bulkWorld()
  const { objects } = connectors.find((c) => c.name === 'salesforce')!.destination!
  const { readSize } = objects.Contact!
  objects.Contact!.readSize = 5
  try {
    await w.say(...many(60))
    await run(w, HOUR)
    const [edited, gone] = contacts(w)
    w.sandboxes.salesforce.edit('Contact', String(edited!.Id), { Title: 'Chief' })
    w.sandboxes.salesforce.remove('Contact', String(gone!.Id))
    apiCalls(w)
    await w.say(...many(60, () => ({ title: 'Boss' }), START + 1))
    await run(w, HOUR)
    expect(apiCalls(w)).toEqual([
      'POST jobs/query',
      'GET jobs/query/ID',
      'GET jobs/query/ID/results',
      // The record that is not there is asked for by itself: deleted, or merged?
      'POST composite/sobjects/Contact',
      'GET queryAll',
      'POST jobs/ingest',
      'PUT jobs/ingest/ID/batches',
      'PATCH jobs/ingest/ID',
      'GET jobs/ingest/ID',
      'GET jobs/ingest/ID/successfulResults/',
    ])
    expect(contacts(w)).toHaveLength(59)
    expect(contacts(w).filter((record) => record.Title === 'Boss')).toHaveLength(58)
    expect(w.sandboxes.salesforce.record('Contact', String(edited!.Id))!.Title).toBe('Chief')
    expect((await w.operations('held')).map((o) => o.error!.code)).toEqual(['record.not_found'])
  } finally {
    objects.Contact!.readSize = readSize
  }
})

test('a duplicate rule that only alerts lets the record pass after all', async () => {
  const w = await bulkWorld({
    mappings: { 'contact.yaml': CONTACTS.replace(/match:.*?on_multiple/s, 'on_multiple') },
  })
  w.sandboxes.salesforce.setDuplicateRule('Contact', { field: 'Email', action: 'alert' })
  w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'Other', Email: 'p7@acme-works.com' })
  await w.say(...many(60))
  await run(w, HOUR)
  expect(jobs(w)).toMatchObject([{ refused: 1 }])
  expect(contacts(w)).toHaveLength(61)
  expect(await w.operations('dead')).toEqual([])
})

test('a new lead does not wait for a file', async () => {
  const w = await bulkWorld({ use: ['website', 'salesforce'] })
  w.sandboxes.salesforce.troubleBulk({ durationMs: 10 * MINUTE })
  await w.say(...many(60))
  await run(w, MINUTE)
  await w.say(...many(60, () => ({ title: 'CTO' }), START + 1))
  await w.event({
    type: 'identify',
    messageId: 'm1',
    anonymousId: 'anon',
    traits: { email: 'ada@acme-works.com', lastName: 'Ada' },
  })
  await run(w, MINUTE)
  expect(contacts(w)).toMatchObject([{ Email: 'ada@acme-works.com' }])
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(61)
})

test('new leads that are many go by one job to the last of them', async () => {
  // More than are claimed at once: when the first of them are in the job, those left are fewer than a job needs.
  const w = await bulkWorld({ with: { salesforce: 'bulkThreshold: 1500' } })
  await w.say(...many(2_300))
  apiCalls(w)
  await run(w, HOUR)
  expect(contacts(w)).toHaveLength(2_300)
  expect(jobs(w).map((job) => job.processed)).toEqual([2_300])
})
