import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, expect, test, vi } from 'vitest'
import { enrich } from '../../src/engine/enrich.ts'
import { createLateAnswers } from '../../src/engine/enriching/late-answers.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { company, enriched, holdAnswers, lead, lookups, total } from './enrich-support.ts'
import { DAY, MINUTE, START, type World } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-ledger-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const app = new Hono().get('/:domain', (c) => c.json({ industry: 'machinery' }))
const second = createSandbox({ name: 'second', hosts: ['second.example'], app })

const SIGNAL = new AbortController().signal
const UNLIMITED = { 'people-data-labs': 'dailyBudget: 100000' }
const spent = (w: World, since = 0) => w.store.enrich.spent('people-data-labs', since)
const industries = (w: World) => w.sandboxes.salesforce.records('Account').filter((a) => a.Industry)

test('a thousand leads of six hundred companies cost six hundred company look-ups, with two processes and after restarts', async () => {
  const database = join(folder, 'thousand.db')
  const companies = Array.from({ length: 400 }, (_, i) => company(`works${i}.com`))
  const lean = { database, with: UNLIMITED, use: ['inference', 'people-data-labs'], mappings: {} } as const
  const one = await enriched({ ...lean, use: [...lean.use], pdl: { companies }, holder: 'one' })
  const options = { ...lean, use: [...lean.use], sandboxes: one.sandboxes, clock: one.clock }
  const two = await enriched({ ...options, holder: 'two' })
  const leads = Array.from({ length: 1000 }, (_, i) => lead(`lead${i}@works${i % 600}.com`))
  await Promise.all([one.say(...leads.slice(0, 500)), two.say(...leads.slice(500))])
  // Each has some of the stages, and hands over to the other.
  for (let turn = 0; turn < 6; turn++) await Promise.all([one.settle(), two.settle()])
  expect(total(one, 'company')).toBe(600)
  expect(total(one, 'person')).toBe(1000)
  await one.close()
  await two.close()

  one.clock.advance(MINUTE)
  const again = await enriched({ ...options, holder: 'three' })
  await again.say(...leads.slice(0, 200).map((fact) => ({ ...fact, updated_at: START + 1 })))
  await again.say(...leads.slice(0, 200).map((_, i) => lead(`other${i}@works${i * 3}.com`)))
  await again.settle()
  expect(lookups(again, 'company').map(([, count]) => count)).toEqual(Array(600).fill(1))
  expect(total(again, 'person')).toBe(1200)
  expect(again.sandboxes.pdl.creditsSpent).toBe(400)
  await again.close()
})

test('two processes that ask at the same time, each sure that it is alone, ask every question once', async () => {
  const database = join(folder, 'both.db')
  const one = await enriched({ database, with: UNLIMITED, holder: 'one' })
  const two = await enriched({
    database,
    with: UNLIMITED,
    sandboxes: one.sandboxes,
    clock: one.clock,
    holder: 'two',
  })
  await one.say(...Array.from({ length: 60 }, (_, i) => lead(`lead${i}@works${i}.com`)))
  await one.work({ stages: ['unpack', 'absorb'] })
  const both = [one, two].map(({ engine }) =>
    enrich(engine.deps, { signal: SIGNAL }, createLateAnswers(engine.deps)),
  )
  await Promise.all(both)
  expect(total(one, 'company')).toBe(60)
  expect(total(one, 'person')).toBe(60)
  await one.close()
  await two.close()
})

test('the budget holds also where two processes spend it at the same time', async () => {
  const database = join(folder, 'budget.db')
  const options = { database, with: { 'people-data-labs': 'dailyBudget: 10' } }
  const one = await enriched({ ...options, holder: 'one' })
  const two = await enriched({ ...options, sandboxes: one.sandboxes, clock: one.clock, holder: 'two' })
  await one.say(...Array.from({ length: 30 }, (_, i) => lead(`lead${i}@works${i}.com`)))
  await one.work({ stages: ['unpack', 'absorb'] })
  const both = [one, two].map(({ engine }) =>
    enrich(engine.deps, { signal: SIGNAL }, createLateAnswers(engine.deps)),
  )
  await Promise.all(both)
  expect(total(one, 'company') + total(one, 'person')).toBe(10)
  await one.close()
  await two.close()
})

test('what a killed process had asked may have been paid for: it is not asked again for a day', async () => {
  const database = join(folder, 'killed.db')
  const w = await enriched({ database, pdl: { companies: [company('acme-works.com')] } })
  await w.store.enrich.claim({
    provider: 'people-data-labs',
    key: 'acme-works.com',
    status: 'asked',
    cost: 0,
    at: START,
    expiresAt: START + DAY,
  })
  await w.say(lead('ada@acme-works.com'))
  await w.settle()
  expect(total(w, 'company')).toBe(0)
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(1)
  w.clock.advance(DAY / 2)
  await w.say(lead('bob@acme-works.com'))
  await w.settle()
  expect(total(w, 'company')).toBe(0)
  w.clock.advance(DAY / 2)
  await w.settle()
  expect(total(w, 'company')).toBe(1)
  expect(industries(w)).toHaveLength(1)
  await w.close()
})

test('an answer that comes after the grace period is taken, paid for once, and written to the CRM', async () => {
  const w = await enriched({ pdl: { companies: [company('acme-works.com')] } })
  const { asked, letGo } = holdAnswers(w)
  await w.say(lead('ada@acme-works.com'))
  const working = w.work()
  await vi.waitFor(() => expect(asked()).toBe(2))
  w.clock.advance(2_000)
  await working
  expect(asked()).toBe(2)
  w.clock.advance(3_000)
  await w.work()
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(1)
  letGo()
  await w.settle()
  expect(industries(w)).toHaveLength(1)
  w.clock.advance(10 * MINUTE)
  await w.settle()
  expect(lookups(w, 'company')).toEqual([['company:acme-works.com', 1]])
  expect(lookups(w, 'person')).toEqual([['person:ada@acme-works.com', 1]])
})

test('nobody waits for a slow provider longer than the grace period, and that once', async () => {
  const w = await enriched()
  const { asked } = holdAnswers(w)
  const started = w.clock.now()
  await w.say(...Array.from({ length: 30 }, (_, i) => lead(`lead${i}@works${i}.com`)))
  const working = w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(0))
  w.clock.advance(2_000)
  await working
  expect(w.clock.now() - started).toBe(2_000)
  expect((await w.operations('pending')).filter(({ object }) => object === 'Contact')).toHaveLength(30)
})

test('a provider that is in time again is waited for again', async () => {
  const companies = ['one-works.com', 'two-works.com', 'three-works.com'].map((domain) => company(domain))
  const w = await enriched({ pdl: { companies } })
  const { asked, letGo } = holdAnswers(w)
  const lead1 = { ...lead('ada@one-works.com', { title: 'a', first_name: 'a' }) }
  await w.say(lead1)
  const working = w.work({ stages: ['unpack', 'absorb', 'enrich'] })
  await vi.waitFor(() => expect(asked()).toBe(2))
  w.clock.advance(2_000)
  await working
  letGo()
  await w.settle()
  const answersAfter = async (email: string) => {
    await w.say(lead(email))
    await w.work({ stages: ['unpack', 'absorb'] })
    await w.engine.step('enrich', { signal: SIGNAL })
    const { items } = await w.inspect.records({ connection: 'people-data-labs', stream: 'account', limit: 9 })
    return items.length
  }
  await answersAfter('bob@two-works.com')
  await w.settle()
  expect(await answersAfter('cyd@three-works.com')).toBe(3)
})

test('where time is up in the middle of a waterfall, nobody is forgotten', async () => {
  const w = await enriched({
    use: ['people-data-labs', 'salesforce'],
    connections: [
      'second: { connector: http-json, baseUrl: https://second.example, path: "/{domain}", account: { industry: industry } }',
    ],
    more: [second],
    config: 'enrich: { order: [people-data-labs, second] }',
    with: UNLIMITED,
  })
  const domains = Array.from({ length: 40 }, (_, i) => `works${i}.com`)
  await w.say(...domains.map((domain) => lead(`ada@${domain}`)))
  // Every look-up of the first one takes so long that a turn ends after some of them.
  const { pdl } = w.sandboxes
  const answer = pdl.fetch
  pdl.fetch = (request) => {
    w.clock.advance(200)
    return answer(request)
  }
  await w.settle()
  // Who found a provider busy comes back after a second.
  w.clock.advance(1_000)
  await w.settle()
  expect(industries(w)).toHaveLength(40)
})

test('a provider that never answers is given up at the deadline of its calls, left alone, and asked again', async () => {
  const w = await enriched({ pdl: { companies: [company('acme-works.com')] } })
  const { asked, letGo } = holdAnswers(w)
  await w.say(lead('ada@acme-works.com'))
  const settled = w.settle()
  await vi.waitFor(() => expect(asked()).toBe(2))
  w.clock.advance(2_000)
  await vi.waitFor(() => expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(1))
  expect(asked()).toBe(2)
  // The door's deadline, and that of its one repetition.
  w.clock.advance(15_000)
  await vi.waitFor(() => expect(asked()).toBe(4))
  w.clock.advance(15_000)
  await settled
  w.clock.advance(30_000)
  await w.settle()
  expect(asked()).toBe(4)
  letGo()
  w.clock.advance(2 * MINUTE)
  await w.settle()
  expect(industries(w)).toHaveLength(1)
})

test('a process that ends waits for what was asked, at most for the grace period', async () => {
  const w = await enriched({ pdl: { companies: [company('acme-works.com')] } })
  const { asked, letGo } = holdAnswers(w)
  await w.say(lead('ada@acme-works.com'))
  const working = w.work({ stages: ['unpack', 'absorb', 'enrich'] })
  await vi.waitFor(() => expect(asked()).toBe(2))
  w.clock.advance(2_000)
  await working
  const released = w.engine.releaseLeases()
  letGo()
  await released
  const { items } = await w.inspect.records({ limit: 10, stream: 'account' })
  expect(items.map((r) => r.connection).sort()).toEqual(['inference', 'people-data-labs'])
})

test('a provider that fails every time costs nothing, takes nothing of the budget and does not delay anybody', async () => {
  const w = await enriched({
    pdl: { companies: [company('works0.com')] },
    with: { 'people-data-labs': 'dailyBudget: 5' },
  })
  let isDown = true
  w.sandboxes.pdl.fail({
    kind: 'answer',
    status: 500,
    matches: () => isDown,
    times: Number.POSITIVE_INFINITY,
  })
  const started = w.clock.now()
  await w.say(...Array.from({ length: 100 }, (_, i) => lead(`lead${i}@works${i}.com`)))
  await w.settle()
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(100)
  // The deadline of one call, its repetition included: what it costs those who happen to be first.
  expect(w.clock.now() - started).toBeLessThan(30_000)
  expect(await spent(w)).toEqual({ calls: 0, cost: 0 })
  expect(w.sandboxes.pdl.creditsSpent).toBe(0)
  isDown = false
  w.clock.advance(2 * MINUTE)
  await w.settle()
  expect((await spent(w)).calls).toBe(5)
})

test('an edit made in the CRM is not overwritten by a provider, neither before nor after it is asked', async () => {
  const w = await enriched({ pdl: { companies: [company('acme-works.com'), company('bolt-works.com')] } })
  await w.say(lead('ada@acme-works.com'))
  await w.settle()
  const [acme] = w.sandboxes.salesforce.records('Account')
  expect(acme!.Industry).toBe('Machinery')
  w.sandboxes.salesforce.edit('Account', acme!.Id as string, { Industry: 'Banking' })
  w.clock.advance(MINUTE)
  await w.say(lead('bob@acme-works.com'), lead('bob@bolt-works.com'))
  await w.settle()
  expect(w.sandboxes.salesforce.records('Account').map((a) => a.Industry)).toEqual(['Banking', 'Machinery'])
})
