import { expect, onTestFinished, test, vi } from 'vitest'
import type { RunRow } from '../../src/engine/ports.ts'
import {
  createStripeSandbox,
  type StripeSandbox,
  stripeCustomer,
  stripeProduct,
} from '../../src/sandbox/stripe/index.ts'
import { openStore } from '../../src/store/open-store.ts'
import { listen } from '../support/listen.ts'
import { tributary, tributaryJson, variable, workspace } from './support.ts'

interface Pulled {
  runs: RunRow[]
  busy: string[]
}

/** Two Stripe accounts with three customers each; calls are made once, because these tests run in real time. */
async function world(): Promise<Record<'stripe' | 'shop', StripeSandbox>> {
  const accounts = { stripe: createStripeSandbox(), shop: createStripeSandbox() }
  const lines: string[] = []
  for (const [name, sandbox] of Object.entries(accounts)) {
    sandbox.load([
      ...['ada', 'grace', 'fatima'].map((who) =>
        stripeCustomer({ id: `cus_${who}`, email: `${who}@${name}.example` }),
      ),
      stripeProduct({ id: 'prod_1', name: 'Engine' }),
    ])
    const server = await listen(sandbox)
    onTestFinished(() => server.close())
    lines.push(
      `  ${name}: { connector: stripe, apiKey: "${variable('STRIPE_KEY')}", baseUrl: "${server.url}", limits: { attempts: 1 } }`,
    )
  }
  workspace({ 'tributary.yaml': `connections:\n${lines.join('\n')}\n  csv: { connector: csv }\n` })
  vi.stubEnv('STRIPE_KEY', 'rk_test_cli')
  return accounts
}

const countsOf = ({ runs }: Pulled, scope: string) => runs.find((run) => run.scope === scope)?.counts

test('pull reads every stream of every source, a second one finds nothing new', async () => {
  await world()
  const { code, json } = await tributaryJson<Pulled>('pull')
  expect(code).toBe(0)
  for (const name of ['stripe', 'shop'])
    expect(countsOf(json, `${name}/customers`)).toMatchObject({ records: 3, changed: 3 })
  const again = await tributaryJson<Pulled>('pull')
  expect(again.code).toBe(0)
  expect(again.json.runs.reduce((sum, { counts }) => sum + counts.changed!, 0)).toBe(0)
  expect((await tributaryJson<{ totals: { people: number } }>('status')).json.totals.people).toBe(6)
})

test('pull may be told a connection, a stream, and to read everything again', async () => {
  await world()
  await tributary('pull')
  const { json } = await tributaryJson<Pulled>('pull', 'stripe/customers', '--full')
  expect(json.runs.map(({ scope, counts }) => [scope, counts.records, counts.changed])).toEqual([
    ['stripe/customers', 3, 0],
  ])
  const { out } = await tributary('pull', 'shop')
  expect(out).toMatch(/^shop\/customers +\d+ +0 +done$/m)
  expect(out).not.toContain('stripe/')
})

test('a full read that failed goes on with the next one; --restart begins anew, and goes with --full only', async () => {
  const { stripe } = await world()
  stripe.load(
    Array.from({ length: 150 }, (_, i) =>
      stripeCustomer({ id: `cus_${1000 + i}`, email: `p${i}@stripe.example` }),
    ),
  )
  await tributary('pull', 'stripe/customers')
  let isDown = true
  const isSecondPage = (request: Request) => isDown && request.url.includes('starting_after')
  stripe.fail({ kind: 'answer', status: 503, times: Number.POSITIVE_INFINITY, matches: isSecondPage })
  const full = async (...more: string[]) => {
    const { code, json } = await tributaryJson<Pulled>('pull', 'stripe/customers', '--full', ...more)
    return [code, countsOf(json, 'stripe/customers')?.records]
  }
  expect(await full()).toEqual([1, 100])
  expect(await full('--restart')).toEqual([1, 100])
  isDown = false
  expect(await full()).toEqual([0, 53])
  expect(await full()).toEqual([0, 153])
  const { err } = await tributary('pull', '--restart')
  expect(err).toContain('--restart goes with --full')
})

test('a source that is down fails pull with its reason; the others are read, and it is once it is back', async () => {
  const { stripe } = await world()
  let isDown = true
  stripe.fail({ kind: 'answer', status: 503, times: Number.POSITIVE_INFINITY, matches: () => isDown })
  const { code, out } = await tributary('pull')
  expect(code).toBe(1)
  expect(out).toMatch(/^stripe\/customers +0 +0 +failed$/m)
  expect(out).toMatch(/^shop\/customers +3 +3 +done$/m)
  expect(out).toMatch(/^stripe\/customers: .*503.*\n {2}fix: /m)
  isDown = false
  const { code: later, json } = await tributaryJson<Pulled>('pull')
  expect([later, countsOf(json, 'stripe/customers')]).toEqual([0, expect.objectContaining({ changed: 3 })])
})

test('runs tells what each pull brought and how it ended; status tells what fails', async () => {
  const { stripe } = await world()
  await tributary('pull', 'shop/customers')
  await tributary('pull', 'shop/customers')
  stripe.fail({ kind: 'answer', status: 503, times: Number.POSITIVE_INFINITY })
  await tributary('pull', 'stripe/customers')
  const { out, code } = await tributary('runs')
  expect(code).toBe(0)
  const lines = out.split('\n')
  expect(lines[1]).toMatch(/pull +stripe\/customers +failed +0 pages, 0 records$/)
  expect(lines[2]).toMatch(/^20.*s +pull +shop\/customers +done +\d pages?, \d+ records?(: \d unchanged)?$/)
  expect(lines[3]).toMatch(/shop\/customers +done +\d pages?, 3 records: 3 new$/)
  expect(lines[4]).toMatch(/^run_\S+ stripe\/customers: .*503/)
  expect((await tributary('runs', 'shop', '--limit', '1')).out).toContain('and more')
  const failed = await tributaryJson<{ runs: { scope: string; tookMs: number }[] }>('runs', '--failed')
  expect(failed.json.runs).toMatchObject([{ scope: 'stripe/customers', tookMs: expect.any(Number) }])
  expect((await tributary('runs', 'shop/customers', '--kind', 'apply')).out).toContain('Nothing has run yet.')
  expect((await tributary('runs', '--kind', 'jog')).code).toBe(2)
  const status = await tributary('status')
  expect(status.out).toMatch(/^pull of stripe\/customers failed at 20.*503/m)
  expect(status.out).not.toContain('pull of shop')
})

test('a key that the source refuses fails pull and is not repeated in the message', async () => {
  const { stripe } = await world()
  stripe.fail({
    kind: 'answer',
    status: 401,
    times: Number.POSITIVE_INFINITY,
    body: { error: { type: 'invalid_request_error', message: 'Invalid API Key provided: rk_test_cli' } },
  })
  const { code, out, err } = await tributary('pull', 'stripe/customers')
  expect(code).toBe(1)
  expect(out).toContain('fix: Issue a new key or reconnect')
  expect(out + err).not.toContain('rk_test_cli')
})

test.each<[string, RegExp]>([
  ['strip', /There is no connection strip; did you mean "stripe"\?/],
  ['stripe/customer', /stripe has no stream customer; did you mean "customers"\?/],
  ['csv', /csv has nothing to pull; known: shop, stripe/],
])('pull %s ends with 2 and says what was meant', async (scope, message) => {
  await world()
  const { code, err } = await tributary('pull', scope)
  expect([code, err]).toEqual([2, expect.stringMatching(message)])
})

test('a stream that another process is pulling is left to it and named', async () => {
  await world()
  const store = await openStore('file:hub.db')
  onTestFinished(() => store.close())
  const lease = { name: 'pull:stripe:customers', holder: 'elsewhere:1', now: Date.now(), ttlMs: 60_000 }
  expect(await store.control.acquireLease(lease)).toBe(true)
  const { code, json } = await tributaryJson<Pulled>('pull', 'stripe')
  expect([code, json.busy]).toEqual([0, ['stripe/customers']])
  expect((await tributary('pull', 'stripe')).out).toContain(
    'stripe/customers is being pulled by another process',
  )
})
