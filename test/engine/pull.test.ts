import { expect, test } from 'vitest'
import { AuthError, ConfigError, RateLimitError, TransientError } from '#kit'
import type { RunRow } from '../../src/engine/ports.ts'
import { stripeCustomer } from '../../src/sandbox/stripe/index.ts'
import { api } from './api-support.ts'
import {
  account,
  CONTACTS,
  createWorld,
  type Fact,
  MINUTE,
  person,
  START,
  touch,
  type World,
} from './support.ts'

const MAPPINGS = { 'contact.yaml': CONTACTS }
const fact = (key: string, ...says: Fact['says']) => ({ key, updated_at: START, says })
const ada = fact('1', person('ada@acme.example', { last_name: 'Lovelace' }))
const bob = fact('2', person('bob@acme.example', { last_name: 'Babbage' }))
const cyd = fact('3', person('cyd@acme.example', { last_name: 'Charisse' }))

const names = (w: World) =>
  w.sandboxes.salesforce
    .records('Contact')
    .map((r) => r.LastName)
    .sort()

test('a record that does not parse is a dead letter with its field; its neighbours on the page go on', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  w.sandboxes.shelf.pages = [{ records: [ada, { key: 'bad', updated_at: 'yesterday', says: [] }, bob] }]
  const [result] = await w.pull('book')
  await w.settle()
  expect(result!.run).toMatchObject({ state: 'done', counts: { records: 3, pages: 1 } })
  expect(names(w)).toEqual(['Babbage', 'Lovelace'])
  const { items } = await w.inspect.deadLetters({ limit: 10 })
  expect(items).toMatchObject([
    { stage: 'record', connection: 'book', error: { code: 'record.invalid', at: { field: 'updated_at' } } },
  ])
  expect(items[0]!.subject).toMatch(/^facts\/invalid:/)
})

test('a record that is no object at all, or whose map breaks the model, is set aside alone', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const broken = {
    key: 'broken',
    updated_at: START,
    says: [{ type: 'person', identifiers: [], attributes: {} }],
  }
  w.sandboxes.shelf.pages = [{ records: [null, 'text', broken, ada] }]
  await w.pull('book')
  await w.settle()
  expect(names(w)).toEqual(['Lovelace'])
  const { items } = await w.inspect.deadLetters({ limit: 10 })
  expect(items.map((i) => i.error.code)).toEqual(['record.invalid', 'record.invalid', 'record.invalid'])
  expect(items.find((i) => i.subject === 'facts/broken')!.error).toMatchObject({
    kind: 'record',
    at: { field: 'identifiers' },
  })
})

test('a pull that fails on its third page keeps two and goes on with the third', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const { shelf } = w.sandboxes
  shelf.pages = [{ records: [ada] }, { records: [bob] }, new TransientError('http.server_error', 'down')]
  const [failed] = await w.pull('book')
  expect(failed!.isComplete).toBe(false)
  expect(failed!.run).toMatchObject({
    state: 'failed',
    counts: { records: 2, changed: 2, pages: 2 },
    error: { code: 'http.server_error' },
  })
  await w.settle()
  expect(names(w)).toEqual(['Babbage', 'Lovelace'])

  w.clock.advance(1000)
  shelf.pages[2] = { records: [cyd] }
  shelf.asked.length = 0
  const [resumed] = await w.pull('book')
  expect(shelf.asked).toEqual(['2'])
  expect(resumed).toMatchObject({
    isComplete: true,
    run: { state: 'done', counts: { records: 1, changed: 1, pages: 1 } },
  })
  await w.settle()
  expect(names(w)).toEqual(['Babbage', 'Charisse', 'Lovelace'])
  expect((await w.inspect.runs({ limit: 10, kind: 'pull' })).items.map((r) => r.state)).toEqual(
    expect.arrayContaining(['failed', 'done']),
  )
})

test.each([
  ['auth.rejected', new AuthError('auth.rejected', 'the key is wrong')],
  ['http.rate_limited', new RateLimitError('http.rate_limited', 'slow down')],
  ['http.network', new TransientError('http.network', 'no route')],
  ['config.rejected', new ConfigError('config.rejected', 'no such account')],
])('a source that answers with %s fails its run, says so and leaves the cursor', async (code, error) => {
  const w = await createWorld({ mappings: MAPPINGS })
  const { shelf } = w.sandboxes
  shelf.pages = [error]
  const [failed] = await w.pull('book')
  expect(failed!.run).toMatchObject({ state: 'failed', error: { code } })
  expect(failed!.run.finishedAt).toBeDefined()
  expect(await w.store.intake.readCursor('book', 'facts')).toBeUndefined()
  shelf.pages = [{ records: [ada] }]
  expect((await w.pull('book'))[0]!.run.state).toBe('done')
})

test('an error that is a bug fails the run and is thrown', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  w.sandboxes.shelf.pages = [new RangeError('off by one')]
  await expect(w.pull('book')).rejects.toThrow('off by one')
  const { items } = await w.inspect.runs({ limit: 1 })
  expect(items).toMatchObject([{ state: 'failed', error: { kind: 'bug', code: 'internal.bug' } }])
})

test.each([
  [401, 'auth.rejected', 1],
  [429, 'http.rate_limited', 4],
  [503, 'http.server_error', 4],
])(
  'Stripe answers %i: the run fails with %s after %i tries, and a later run reads all',
  async (status, code, tries) => {
    const w = await createWorld({ use: ['stripe', 'salesforce'], mappings: MAPPINGS })
    const { stripe } = w.sandboxes
    stripe.load([
      stripeCustomer({
        id: 'cus_1',
        email: 'ada@acme.example',
        name: 'Ada Lovelace',
        created: START / 1000 - 10,
      }),
    ])
    stripe.fail({ kind: 'answer', status, times: 99, body: { error: { type: 'api_error', message: 'no' } } })
    const [failed] = await w.pull('stripe', { stream: 'customers' })
    expect(failed!.run).toMatchObject({ state: 'failed', error: { code } })
    expect(stripe.requests).toHaveLength(tries)

    const open = await createWorld({ use: ['stripe', 'salesforce'], mappings: MAPPINGS })
    open.sandboxes.stripe.load([
      stripeCustomer({
        id: 'cus_1',
        email: 'ada@acme.example',
        name: 'Ada Lovelace',
        created: START / 1000 - 10,
      }),
    ])
    open.sandboxes.stripe.fail({ kind: 'lost_before', times: 2 })
    const [done] = await open.pull('stripe', { stream: 'customers' })
    expect(done!.run).toMatchObject({ state: 'done', counts: { records: 1 } })
  },
)

test('a second pull of an unchanged source changes nothing and sends nothing', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  w.sandboxes.shelf.pages = [{ records: [ada, bob] }]
  await w.pull('book')
  await w.settle()
  const { writes, apiCalls } = w.sandboxes.salesforce
  const [again] = await w.pull('book', { full: true })
  await w.settle()
  expect(again!.run.counts).toMatchObject({ records: 2, changed: 0 })
  expect(w.sandboxes.salesforce).toMatchObject({ writes, apiCalls })
})

test('a pull that is stopped between two pages is marked stopped and goes on there', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  const { shelf } = w.sandboxes
  shelf.pages = [{ records: [ada] }, { records: [bob] }]
  const stop = new AbortController()
  const [stopped] = await w.pull('book', { signal: stop.signal, onPage: () => stop.abort() })
  expect(stopped).toMatchObject({ isComplete: false, run: { state: 'stopped', counts: { pages: 1 } } })
  const [rest] = await w.pull('book')
  expect(rest!.run).toMatchObject({ state: 'done', counts: { records: 1 } })
  expect(shelf.asked).toEqual([undefined, '1'])
})

test('a run tells how many records were new, changed, as before, and could not be read', async () => {
  const w = await createWorld()
  const { shelf } = w.sandboxes
  shelf.pages = [{ records: [ada, bob] }]
  await w.pull('book')
  w.clock.advance(MINUTE)
  const grown = { ...bob, updated_at: START + 1, says: [person('bob@acme.example', { last_name: 'B' })] }
  shelf.pages = [{ records: [ada, grown] }, { records: [cyd, { key: 'bad' }] }]
  await w.pull('book')
  const { items } = await w.inspect.runs({ limit: 2, scope: 'book/facts' })
  expect(items[0]!.counts).toEqual({ pages: 2, records: 4, new: 2, changed: 3, failed: 1 })
  const { body } = await api(w).get('/api/runs?scope=book&limit=1')
  expect(body.items).toMatchObject([{ took_ms: 0, counts: { new: 2, changed: 3, unchanged: 1 } }])
})

test('a run that is under way shows how far it is; one that was killed is ended by the next', async () => {
  const w = await createWorld()
  const { shelf } = w.sandboxes
  const killed: RunRow = {
    id: 'run_killed',
    kind: 'pull',
    scope: 'book/facts',
    startedAt: START - MINUTE,
    state: 'running',
    counts: { pages: 7 },
  }
  await w.store.control.saveRun(killed)
  shelf.pages = [{ records: [ada] }, { records: [bob] }, { records: [cyd] }]
  const saved: RunRow[] = []
  const { saveRun } = w.store.control
  w.store.control.saveRun = async (run) => {
    saved.push(structuredClone(run))
    await saveRun(run)
  }
  await w.pull('book', { onPage: () => w.clock.advance(700) })
  expect(saved.map(({ state, counts }) => [state, counts.pages])).toEqual([
    ['running', 0],
    ['running', 2],
    ['done', 3],
  ])
  const { items } = await w.inspect.runs({ limit: 9 })
  expect(items.find(({ id }) => id === 'run_killed')).toMatchObject({
    state: 'stopped',
    counts: { pages: 7 },
    error: { code: 'source.interrupted' },
  })
})

test('a stream that is being read by another process is left alone', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  w.sandboxes.shelf.pages = [{ records: [ada] }]
  await w.store.control.acquireLease({
    name: 'pull:book:facts',
    holder: 'other',
    now: w.clock.now(),
    ttlMs: 60_000,
  })
  expect(await w.pull('book')).toEqual([])
  w.clock.advance(60_001)
  expect(await w.pull('book')).toHaveLength(1)
})

test('a deleted record takes back what it said: the person is projected again without it', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say(
    {
      key: 'crm-1',
      says: [person('ada@acme.example', { last_name: 'Lovelace', city: 'London' })],
      updated_at: START,
    },
    {
      key: 'web-1',
      says: [person('ada@acme.example', { title: 'CTO', department: 'Engines' })],
      updated_at: START,
    },
  )
  await w.settle()
  expect(w.sandboxes.salesforce.records('Contact')).toMatchObject([{ Title: 'CTO', MailingCity: 'London' }])
  w.clock.advance(1000)
  await w.forget('web-1')
  await w.settle()
  const { items } = await w.inspect.entities({ limit: 10, kind: 'person' })
  expect(items).toHaveLength(1)
  expect(items[0]!.golden).not.toHaveProperty('title')
  expect(items[0]!.golden).toMatchObject({ last_name: 'Lovelace' })
})

test('a record that now speaks of somebody else is forgotten for whom it spoke of before', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say(
    { key: 'base-1', says: [person('ada@acme.example', { last_name: 'Lovelace' })] },
    { key: 'base-2', says: [person('bob@acme.example', { last_name: 'Babbage' })] },
    { key: 'job', says: [person('ada@acme.example', { title: 'CTO' })] },
  )
  await w.settle()
  w.clock.advance(1000)
  await w.say({ key: 'job', says: [person('bob@acme.example', { title: 'CTO' })] })
  await w.settle()
  const { items } = await w.inspect.entities({ limit: 10, kind: 'person' })
  const titles = Object.fromEntries(items.map((i) => [i.golden.last_name, i.golden.title]))
  expect(titles).toEqual({ Lovelace: undefined, Babbage: 'CTO' })
})

test('a document that moves to another company leaves the totals of the first', async () => {
  const w = await createWorld({
    mappings: {
      'account.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Account }
from: account
fields:
  Name: account.domain
  AnnualRevenue: { from: billing.lifetime_paid | money_major, write: always, on_null: clear }
`,
    },
  })
  const invoice = (domain: string): Fact => ({
    key: 'inv-1',
    says: [
      account(domain),
      {
        type: 'document',
        account: [{ kind: 'domain', value: domain }],
        document: {
          type: 'invoice',
          key: 'inv-1',
          currency: 'EUR',
          status: 'paid',
          issued_at: START,
          paid_at: START,
          total: { amount: 10_000, currency: 'EUR' },
          paid: { amount: 10_000, currency: 'EUR' },
          open: { amount: 0, currency: 'EUR' },
        },
      },
    ],
  })
  await w.say(
    { key: 'a', says: [account('one-works.com')] },
    { key: 'b', says: [account('two-works.com')] },
    invoice('one-works.com'),
  )
  await w.settle()
  const revenue = () =>
    Object.fromEntries(w.sandboxes.salesforce.records('Account').map((r) => [r.Name, r.AnnualRevenue ?? 0]))
  expect(revenue()).toEqual({ 'one-works.com': 100, 'two-works.com': 0 })
  w.clock.advance(1000)
  await w.say(invoice('two-works.com'))
  await w.settle()
  expect(revenue()).toMatchObject({ 'two-works.com': 100 })
  const [one] = (await w.inspect.entities({ limit: 9, kind: 'account', search: 'one-works.com' })).items
  expect(one).toMatchObject({ stage: 'prospect' })
})

test('a record of a connection that is no longer configured is a dead letter, not a stop', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.store.intake.commitPage({
    connection: 'gone',
    stream: 'facts',
    now: w.clock.now(),
    records: [
      {
        connection: 'gone',
        stream: 'facts',
        key: '1',
        version: START,
        hash: 'h',
        body: '{}',
        lane: 'touchpoint',
      },
    ],
  })
  await w.say({ key: '1', says: [person('ada@acme.example', { last_name: 'Lovelace' })] })
  await w.settle()
  expect(names(w)).toEqual(['Lovelace'])
  expect((await w.inspect.deadLetters({ limit: 9 })).items).toMatchObject([
    { connection: 'gone', error: { code: 'record.invalid' } },
  ])
})

test('touchpoints of a record are kept although the record changes: they are history', async () => {
  const w = await createWorld({ mappings: MAPPINGS })
  await w.say({
    key: '1',
    says: [
      person('ada@acme.example', { last_name: 'L' }),
      touch('ada@acme.example', 'form.submitted', START),
    ],
  })
  await w.settle()
  w.clock.advance(1000)
  await w.say({ key: '1', says: [person('ada@acme.example', { last_name: 'Lovelace' })] })
  await w.settle()
  expect((await w.inspect.touchpoints({ limit: 9 })).items).toHaveLength(1)
})
