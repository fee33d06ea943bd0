import { expect, onTestFinished, test, vi } from 'vitest'
import type { Discovery } from '../../src/engine/discover.ts'
import { createStripeSandbox, stripeCustomer } from '../../src/sandbox/stripe/index.ts'
import { listen } from '../support/listen.ts'
import { tributary, tributaryJson, variable, workspace } from './support.ts'

async function world() {
  const stripe = createStripeSandbox()
  stripe.load([
    stripeCustomer({ id: 'cus_ada', email: 'ada@analytical.example', name: 'Ada' }),
    stripeCustomer({ id: 'cus_sam', name: 'Sam' }),
  ])
  const server = await listen(stripe)
  onTestFinished(() => server.close())
  const shop = `{ connector: stripe, apiKey: "${variable('STRIPE_KEY')}", baseUrl: "${server.url}", limits: { attempts: 1 } }`
  workspace({ 'tributary.yaml': `connections:\n  shop: ${shop}\n  guess: { connector: inference }\n` })
  vi.stubEnv('STRIPE_KEY', 'rk_test_cli')
  return stripe
}

test('discover tells what is stored of each stream', async () => {
  await world()
  expect((await tributary('pull', 'shop')).code).toBe(0)
  const { code, out } = await tributary('discover', 'shop')
  expect(code).toBe(0)
  expect(out).toMatch(
    /^stream +records +waiting +dead +7 days +changed +last record +last run +filled +identified$/m,
  )
  expect(out).toMatch(/^customers +2 +0 +0 +2 +2 +0 min ago +0 min ago, done +\d+ % +100 %$/m)
  expect(out).toMatch(/^invoices +0 +0 +0 +0 +0 +never +0 min ago, done$/m)
  expect(out).toContain('customers, least filled of the fields that are used:')
  const all = await tributary('discover', 'shop', '--fields')
  expect(all.out).toMatch(/^ +email +50 %$/m)
  expect(all.out).toMatch(/^ +invoice_prefix +0 % +not used$/m)

  const { json } = await tributaryJson<Discovery & Record<string, unknown>>('discover', 'shop')
  expect(json).toMatchObject({ connection: 'shop', connector: 'stripe' })
  expect(json.streams.find(({ stream }) => stream === 'customers')).toMatchObject({
    records: { total: 2, pending: 0, dead: 0 },
    identified: { of: 2, known: 2 },
  })
})

test('discover --live looks at the vendor and stores nothing', async () => {
  const stripe = await world()
  const { code, out } = await tributary('discover', 'shop', '--live')
  expect(code).toBe(0)
  expect(out).toContain('customers: the first page has 2 record(s) now')
  expect(out).toMatch(/^customers +0 +0 +0 +0 +0 +never/m)
  stripe.fail({ kind: 'answer', status: 403, times: 1, body: { error: { type: 'invalid_request_error' } } })
  const refused = await tributary('discover', 'shop', '--live')
  expect(refused.code).toBe(1)
  expect(refused.out).toContain('fix:')
})

test('discover says where there is nothing to read, and names the nearest connection', async () => {
  await world()
  expect((await tributary('discover', 'guess')).out).toContain('has no streams')
  const { code, err } = await tributary('discover', 'shoop')
  expect(code).toBe(2)
  expect(err).toContain('did you mean "shop"?')
})

test('fields that the vendor added are told by status and discover until they are accepted', async () => {
  const stripe = await world()
  expect((await tributary('pull', 'shop/customers')).code).toBe(0)
  stripe.upsert({ ...stripeCustomer({ id: 'cus_ada', name: 'Ada' }), business_name: 'Analytical Engines' })
  expect((await tributary('pull', 'shop/customers', '--full')).code).toBe(0)
  const told = /customers: the records changed: new since \d{4}-\d\d-\d\d: business_name/
  expect((await tributary('status')).out).toMatch(told)
  expect((await tributary('discover', 'shop')).out).toMatch(told)
  const accepted = await tributary('discover', 'shop', '--accept')
  expect(accepted.out).toContain('1 changed field(s) accepted')
  expect(accepted.out).not.toMatch(told)
  expect((await tributary('status')).out).not.toMatch(told)
})
