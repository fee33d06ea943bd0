import { afterEach, expect, test } from 'vitest'
import { Contribution } from '#model'
import { discover, type StreamReport } from '../../src/engine/discover.ts'
import { coverageOf } from '../../src/engine/reading/coverage.ts'
import { stripeCustomer } from '../../src/sandbox/stripe/index.ts'
import { api } from './api-support.ts'
import { createWorld, DAY, HOUR, MINUTE, person, START, touch, type World } from './support.ts'

const SIGNAL = new AbortController().signal

let open: World[] = []
afterEach(async () => {
  for (const world of open) await world.close()
  open = []
})
async function start(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld({ use: ['stripe', 'website'], isBare: true, ...options })
  open.push(world)
  return world
}

const look = async (w: World, connection: string, stream: string, live = false): Promise<StreamReport> => {
  const { streams } = await discover(w.engine.deps, connection, { live, signal: SIGNAL })
  return streams.find((report) => report.stream === stream)!
}

test('a connection that was never read tells its streams and that nothing is there', async () => {
  const w = await start()
  const { connector, streams } = await discover(w.engine.deps, 'stripe', { signal: SIGNAL })
  expect(connector).toBe('stripe')
  expect(streams.map(({ stream }) => stream)).toEqual(expect.arrayContaining(['customers', 'invoices']))
  expect(streams[0]).toEqual({
    stream: 'customers',
    title: 'Customers',
    arrives: 'pull',
    records: { total: 0, pending: 0, dead: 0 },
    pulled: { runs: 0, records: 0, changed: 0 },
    isBackfilling: false,
    sampled: 0,
    fields: [],
    identified: { of: 0, known: 0 },
  })
})

test('volumes, freshness, filled fields and identified people of a pulled stream', async () => {
  const w = await start()
  const at = (START - DAY) / 1000
  w.sandboxes.stripe.load([
    stripeCustomer({ id: 'cus_1', created: at, email: 'ada@analytical.example', name: 'Ada' }),
    stripeCustomer({ id: 'cus_2', created: at, name: 'Sam' }),
  ])
  await w.pull('stripe', { stream: 'customers' })
  w.clock.advance(HOUR)
  await w.pull('stripe', { stream: 'customers' })
  await w.work()
  const report = await look(w, 'stripe', 'customers')
  expect(report.records).toEqual({ total: 2, pending: 0, dead: 0 })
  expect(report.pulled).toEqual({ runs: 2, records: expect.any(Number), changed: 2 })
  expect(report.pulled.records).toBeGreaterThanOrEqual(2)
  expect(report.lastRecordAt).toBe(START)
  expect(report.lastRun).toMatchObject({ scope: 'stripe/customers', state: 'done', startedAt: START + HOUR })
  expect(report.sampled).toBe(2)
  expect(report.fields).toContainEqual({ field: 'email', filled: 0.5, isUsed: true })
  expect(report.fields).toContainEqual({ field: 'name', filled: 1, isUsed: true })
  expect(report.fields).toContainEqual({ field: 'invoice_prefix', filled: 0, isUsed: false })
  expect(report.filled).toBeGreaterThan(0)
  expect(report.filled).toBeLessThan(1)
  expect(report.identified).toEqual({ of: 2, known: 2 })
})

test('runs of earlier weeks do not count, the last run is told however old it is', async () => {
  const w = await start()
  w.sandboxes.stripe.load([stripeCustomer({ id: 'cus_1', created: START / 1000 - 60 })])
  await w.pull('stripe', { stream: 'customers' })
  w.clock.advance(8 * DAY)
  const report = await look(w, 'stripe', 'customers')
  expect(report.pulled).toEqual({ runs: 0, records: 0, changed: 0 })
  expect(report.lastRun?.startedAt).toBe(START)
})

test('visitors of a website are unidentified until they say who they are', async () => {
  const w = await start()
  for (const [id, anonymousId] of [
    ['m1', 'anon-1'],
    ['m2', 'anon-2'],
  ] as const)
    await w.event({
      type: 'page',
      messageId: id,
      anonymousId,
      context: {},
      timestamp: new Date(START).toISOString(),
    })
  await w.work()
  expect(await look(w, 'website', 'events')).toMatchObject({
    arrives: 'webhook',
    records: { total: 2 },
    identified: { of: 2, known: 0 },
  })
  await w.event({
    type: 'identify',
    messageId: 'm3',
    anonymousId: 'anon-1',
    userId: 'u_1',
    traits: { email: 'ada@analytical.example' },
    context: {},
  })
  await w.settle()
  const { identified } = await look(w, 'website', 'events')
  expect(identified.known).toBe(2)
  expect(identified.of).toBe(3)
})

test('what names nobody counts as unidentified, what says nothing does not count', async () => {
  const w = await start()
  await w.say(
    {
      key: 'a',
      says: [
        person('ada@analytical.example', { first_name: 'Ada' }),
        touch('ada@analytical.example', 'form.submitted', START),
      ],
    },
    {
      key: 'b',
      says: [
        Contribution.parse({
          type: 'document',
          document: {
            type: 'payment',
            key: 'p_1',
            currency: 'EUR',
            status: 'succeeded',
            kind: 'charge',
            at: START,
            amount: { amount: 1, currency: 'EUR' },
          },
        }),
      ],
    },
    { key: 'c', says: [] },
  )
  await w.settle()
  expect((await look(w, 'book', 'facts')).identified).toEqual({ of: 2, known: 1 })
})

test('live shows the first page as it is now and stores nothing; an outage is told', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = [
    { records: [{ key: 'k1', updated_at: START, says: [], more: '' }] },
    { records: [{ key: 'k2', updated_at: START, says: [] }] },
  ]
  const report = await look(w, 'book', 'facts', true)
  expect(report.live).toMatchObject({ records: 1 })
  expect((report.live as { fields: unknown[] }).fields).toContainEqual({
    field: 'more',
    filled: 0,
    isUsed: false,
  })
  expect(w.sandboxes.shelf.asked).toEqual([undefined])
  expect((await w.inspect.totals()).records.total).toBe(0)
  expect(await w.store.intake.readCursor('book', 'facts')).toBeUndefined()

  w.sandboxes.stripe.fail({
    kind: 'answer',
    status: 401,
    times: 100,
    body: { error: { message: 'no', type: 'x' } },
  })
  expect((await look(w, 'stripe', 'customers', true)).live).toMatchObject({
    error: { code: 'auth.rejected' },
  })
})

test('a first full read that is under way is told', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = [{ records: [] }, { records: [] }]
  await w.pull('book', { maxPages: 1 })
  expect((await look(w, 'book', 'facts')).isBackfilling).toBe(true)
  await w.pull('book')
  w.clock.advance(MINUTE)
  await w.pull('book', { maxPages: 1 })
  expect((await look(w, 'book', 'facts')).isBackfilling).toBe(false)
})

test('an unknown connection names the nearest, by command and by API', async () => {
  const w = await start()
  await expect(discover(w.engine.deps, 'strip', { signal: SIGNAL })).rejects.toMatchObject({
    code: 'config.unknown_connection',
    message: expect.stringContaining('did you mean "stripe"?'),
  })
  const answer = await api(w).get('/api/connections/strip/discover')
  expect(answer.status).toBe(404)
  expect(answer.body.detail).toContain('did you mean "stripe"?')
})

test('the API tells the same', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = [{ records: [{ key: 'k1', updated_at: START, says: [] }] }]
  await w.pull('book')
  const { status, body } = await api(w).get('/api/connections/book/discover')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    connection: 'book',
    connector: 'book',
    streams: [
      {
        stream: 'facts',
        arrives: 'pull',
        records: { total: 1, pending: 1, dead: 0 },
        pulled: { runs: 1, records: 1, changed: 1 },
        last_record_at: new Date(START).toISOString(),
        last_run: { scope: 'book/facts', state: 'done' },
        is_backfilling: false,
        sampled: 1,
        identified: { of: 0, known: 0 },
      },
    ],
  })
  expect(body.streams[0].fields).toContainEqual({ field: 'key', filled: 1, is_used: true })
})

test('a field counts as filled where it holds something; a list is one field', () => {
  const records = [
    { a: '', b: null, c: [], d: {}, e: 0, f: false, g: { h: 'x', i: null }, j: [{ k: 1 }] },
    { g: null },
  ]
  expect(coverageOf(records, undefined).fields.map(({ field, filled }) => [field, filled])).toEqual([
    ['e', 0.5],
    ['f', 0.5],
    ['g.h', 0.5],
    ['j', 0.5],
    ['a', 0],
    ['b', 0],
    ['c', 0],
    ['d', 0],
    ['g.i', 0],
  ])
  expect(coverageOf([], undefined)).toEqual({ fields: [] })
})
