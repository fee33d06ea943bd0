import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { company, enriched, lead, lookups, total } from './enrich-support.ts'
import { DAY, HOUR, MINUTE, START } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-enrich-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a hundred leads of sixty companies cost sixty company look-ups, ever, also after a restart', async () => {
  const database = join(folder, 'restart.db')
  const companies = Array.from({ length: 40 }, (_, i) => company(`works${i}.com`))
  const w = await enriched({
    database,
    pdl: { companies },
    with: { 'people-data-labs': 'dailyBudget: 1000' },
  })
  const leads = Array.from({ length: 100 }, (_, i) => lead(`lead${i}@works${i % 60}.com`))
  await w.say(...leads)
  await w.settle()
  expect(total(w, 'company')).toBe(60)
  expect(total(w, 'person')).toBe(100)
  await w.say(...leads.map((fact) => ({ ...fact, updated_at: START + 1, says: [...fact.says] })))
  await w.say(...leads.map((_, i) => lead(`other${i}@works${i % 60}.com`)))
  await w.settle()
  expect(total(w, 'company')).toBe(60)
  await w.close()

  const again = await enriched({ database, sandboxes: w.sandboxes, clock: w.clock, holder: 'two' })
  await again.say(...leads.map((_, i) => lead(`third${i}@works${i % 60}.com`)))
  await again.settle()
  expect(total(again, 'company')).toBe(60)
  const accounts = again.sandboxes.salesforce.records('Account')
  expect(accounts).toHaveLength(60)
  expect(accounts.filter((a) => a.Industry)).toHaveLength(40)
  await again.close()
})

test('a miss is an answer: it is not asked again until it is thirty days old', async () => {
  const w = await enriched()
  await w.say(lead('ada@unknown-works.com'))
  await w.settle()
  w.clock.advance(29 * DAY)
  await w.say(lead('bob@unknown-works.com'))
  await w.settle()
  expect(total(w, 'company')).toBe(1)
  w.clock.advance(2 * DAY)
  await w.say(lead('cyd@unknown-works.com'))
  await w.say({
    key: 'x',
    updated_at: START,
    says: [
      { type: 'account', identifiers: [{ kind: 'domain', value: 'unknown-works.com' }], attributes: {} },
    ],
  })
  await w.settle()
  expect(total(w, 'company')).toBe(2)
})

test('what one provider leaves open the next is asked for in the same step; guesses do not keep it from being asked', async () => {
  const w = await enriched({ pdl: { companies: [company('acme-works.com', { display_name: 'acme' })] } })
  await w.say(lead('ada@acme-works.com'))
  await w.work({ stages: ['unpack', 'absorb', 'enrich'] })
  const { items } = await w.inspect.records({ limit: 10, stream: 'account' })
  expect(items.map((r) => r.connection).sort()).toEqual(['inference', 'people-data-labs'])
  await w.settle()
  expect(w.sandboxes.salesforce.records('Account')).toMatchObject([
    { Name: 'Acme', Industry: expect.anything() },
  ])
})

test('an answer is absorbed without asking anew', async () => {
  const w = await enriched({ pdl: { companies: [company('acme-works.com')] } })
  await w.say(lead('ada@acme-works.com'))
  await w.settle()
  expect((await w.inspect.totals()).dirty.filter(({ stage }) => stage === 'enrich')).toEqual([])
  const before = w.sandboxes.pdl.requests.length
  await w.settle()
  expect(w.sandboxes.pdl.requests).toHaveLength(before)
})

test.each([
  ['out of order', { kind: 'answer', status: 503 }],
  ['out of reach', { kind: 'lost_before' }],
  [
    'refusing our key',
    {
      kind: 'answer',
      status: 401,
      body: { status: 401, error: { type: 'authentication_error', message: 'no' } },
    },
  ],
] as const)(
  'a provider that is %s keeps no lead from the CRM, is left alone for a while, and asked again later',
  async (_, fault) => {
    const w = await enriched({ pdl: { companies: [company('acme-works.com')] } })
    let isDown = true
    w.sandboxes.pdl.fail({ ...fault, matches: () => isDown, times: Number.POSITIVE_INFINITY })
    await w.say(...Array.from({ length: 50 }, (_, i) => lead(`lead${i}@acme-works.com`)))
    await w.settle()
    expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(50)
    // A handful under way at once, each repeated by the door; not fifty.
    expect(w.sandboxes.pdl.requests.length).toBeLessThanOrEqual(40)
    const [account] = w.sandboxes.salesforce.records('Account')
    expect(account!.Industry ?? null).toBeNull()

    const { pdl } = w.sandboxes
    const before = pdl.requests.length
    await w.settle()
    expect(pdl.requests).toHaveLength(before)
    isDown = false
    w.clock.advance(16 * MINUTE)
    await w.settle()
    expect(w.sandboxes.salesforce.records('Account')).toMatchObject([{ Industry: expect.anything() }])
  },
)

test('a used-up minute is waited for by the whole provider, not by each question', async () => {
  const w = await enriched({ pdl: { perMinute: 5, companies: [] } })
  await w.say(...Array.from({ length: 20 }, (_, i) => lead(`ada@works${i}.com`)))
  await w.settle()
  expect(w.sandboxes.pdl.requests.filter((r) => r.status === 429).length).toBeLessThanOrEqual(16)
  for (let i = 0; i < 8; i++) {
    w.clock.advance(MINUTE)
    await w.settle()
  }
  expect(total(w, 'company')).toBe(20)
  expect(total(w, 'person')).toBe(20)
  expect(new Set(lookups(w, 'company').map(([, count]) => count))).toEqual(new Set([1]))
})

test('a spent budget resumes the next day', async () => {
  const w = await enriched({ with: { 'people-data-labs': 'dailyBudget: 10' } })
  await w.say(...Array.from({ length: 8 }, (_, i) => lead(`ada@works${i}.com`)))
  await w.settle()
  const spent = () => total(w, 'company') + total(w, 'person')
  expect(spent()).toBe(10)
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(8)
  w.clock.advance(HOUR)
  await w.settle()
  expect(spent()).toBe(10)
  w.clock.advance(DAY)
  await w.settle()
  expect(spent()).toBe(16)
})

test('credits that ran out pause the provider until tomorrow', async () => {
  const w = await enriched({ pdl: { credits: 0, companies: [company('works0.com'), company('works1.com')] } })
  await w.say(lead('ada@works0.com'), lead('ada@works1.com'))
  await w.settle()
  const before = w.sandboxes.pdl.requests.length
  expect(before).toBeLessThanOrEqual(4)
  w.clock.advance(HOUR)
  await w.settle()
  expect(w.sandboxes.pdl.requests).toHaveLength(before)
  w.sandboxes.pdl.addCredits(10)
  w.clock.advance(DAY)
  await w.settle()
  expect(w.sandboxes.salesforce.records('Account').filter((a) => a.Industry)).toHaveLength(2)
})

test('who objects (GPC, or marketing denied) is told to no third party; their company may be', async () => {
  const w = await enriched({ use: ['website', 'inference', 'people-data-labs', 'salesforce'] })
  await w.say(
    lead('gpc@works1.com', { consent: { gpc: true } }),
    lead('no@works2.com', { consent: { marketing: 'denied' } }),
    lead('fine@works3.com'),
  )
  await w.settle()
  expect(lookups(w, 'person').map(([key]) => key)).toEqual(['person:fine@works3.com'])
  expect(
    lookups(w, 'company')
      .map(([key]) => key)
      .sort(),
  ).toEqual(['company:works1.com', 'company:works2.com', 'company:works3.com'])
})
