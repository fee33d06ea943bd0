import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { stripeCustomer } from '../../src/sandbox/stripe/index.ts'
import { createWorker } from '../../src/worker/create-worker.ts'
import { createWake } from '../../src/worker/wake.ts'
import type { WorkMessage } from '../../src/worker.ts'
import { describeHub } from './hub.shared.ts'
import { HUB_SECRETS } from './hub-config.ts'
import { startWorkerHub } from './worker-runtime.ts'

describeHub('workerd', startWorkerHub)

const authorization = `Basic ${btoa(`${HUB_SECRETS.WEBSITE_WRITE_KEY}:`)}`
const admin = { authorization: `Bearer ${HUB_SECRETS.TRIBUTARY_ADMIN_TOKEN}` }

test('a budget of SQL statements ends an invocation too', async () => {
  const hub = await startWorkerHub()
  const body = JSON.stringify({ event: 'Clicked', userId: 'u1' })
  await hub.fetch('/v1/track', { method: 'POST', headers: { authorization }, body })
  expect(await hub.invoke({ budget: { statements: 1 } })).toEqual({
    message: { reason: 'more' },
    delaySeconds: 0,
  })
})

test('work that another invocation has taken is tried again, not spun on', async () => {
  const hub = await startWorkerHub()
  const body = JSON.stringify({ event: 'Clicked', userId: 'u1' })
  await hub.fetch('/v1/track', { method: 'POST', headers: { authorization }, body })
  const later = Date.now() + 60_000
  await env.DB.prepare(`INSERT INTO leases (name, holder, until) VALUES ('stage:unpack', 'someone', ?1)`)
    .bind(later)
    .run()
  expect(await hub.invoke({})).toEqual({ message: { reason: 'more' }, delaySeconds: 2 })
})

test('invocations of one isolate log in once and ask for the fields of a CRM once', async () => {
  const hub = await startWorkerHub()
  for (const id of ['u1', 'u2', 'u3']) {
    const body = JSON.stringify({ userId: id, traits: { email: `${id}@acme.example` } })
    await hub.fetch('/v1/identify', { method: 'POST', headers: { authorization }, body })
    for (let next = await hub.invoke({}); next; ) next = await hub.invoke({})
  }
  const { salesforce, hubspot } = await hub.vendors.requests()
  const counts = [
    salesforce.filter(({ path }) => path === '/services/oauth2/token'),
    hubspot.filter(({ method, path }) => method === 'GET' && /\/properties\/.*contacts$/.test(path)),
  ].map(({ length }) => length)
  expect(counts).toEqual([1, 1])
  expect(await hub.vendors.hubspot('contacts')).toHaveLength(3)
})

test('an invocation leaves no lease behind', async () => {
  const hub = await startWorkerHub()
  await hub.cron()
  const { results } = await env.DB.prepare('SELECT name FROM leases').all()
  expect(results).toEqual([])
})

test('a Worker without its variables answers 503 and names them to nobody but its log', async () => {
  const worker = createWorker(env.FILES)
  const lines = vi.spyOn(console, 'error').mockImplementation(() => {})
  const ctx = createExecutionContext()
  const { STRIPE_KEY: _, ...incomplete } = env
  const response = await worker.fetch(
    new Request('https://hub.example/healthz'),
    incomplete as typeof env,
    ctx,
  )
  await waitOnExecutionContext(ctx)
  expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  const text = await response.text()
  expect(text).toContain('config.env_missing')
  expect(text).not.toContain('STRIPE_KEY')
  expect(lines.mock.calls.join('\n')).toContain('STRIPE_KEY')
  lines.mockRestore()
})

test('what cannot be stored is answered as an error and told to the log', async () => {
  const broken = {
    prepare: () => ({ bind: () => undefined }),
    batch: async () => {
      throw new Error('D1_ERROR: no such table: receipts')
    },
  }
  const lines = vi.spyOn(console, 'log').mockImplementation(() => {})
  const ctx = createExecutionContext()
  const request = new Request('https://hub.example/v1/track', {
    method: 'POST',
    headers: { authorization },
    body: '{"event":"x","userId":"u1"}',
  })
  const response = await createWorker(env.FILES).fetch(
    request,
    { ...env, DB: broken as unknown as typeof env.DB },
    ctx,
  )
  const logged = lines.mock.calls.join('\n')
  lines.mockRestore()
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('no such table')
  expect(logged).toContain('no such table')
})

test('a Worker without an admin token is closed, whatever host the request names', async () => {
  const worker = createWorker(env.FILES)
  const { TRIBUTARY_ADMIN_TOKEN: _, ...open } = env
  const ctx = createExecutionContext()
  const response = await worker.fetch(new Request('http://localhost/api/status'), open as typeof env, ctx)
  expect(response.status).toBe(401)
})

test('a burst of receipts calls for work once at once and once for the rest', async () => {
  let now = 0
  const sent: { at: number; delaySeconds: number }[] = []
  const queue = {
    async send(_message: WorkMessage, { delaySeconds = 0 } = {}) {
      sent.push({ at: now, delaySeconds })
    },
  } as unknown as typeof env.WORK
  const wake = createWake(() => now)
  for (now of [0, 100, 200, 1099, 1100, 1150, 5000]) await wake(queue)
  expect(sent).toEqual([
    { at: 0, delaySeconds: 0 },
    { at: 100, delaySeconds: 1 },
    { at: 1100, delaySeconds: 0 },
    { at: 1150, delaySeconds: 1 },
    { at: 5000, delaySeconds: 0 },
  ])
})

test('a call for work that failed is made again for the next receipt', async () => {
  let isDown = true
  let sent = 0
  const queue = {
    async send() {
      if (isDown) throw new Error('queue is down')
      sent++
    },
  } as unknown as typeof env.WORK
  const wake = createWake(() => 0)
  await expect(wake(queue)).rejects.toThrow('queue is down')
  isDown = false
  await wake(queue)
  expect(sent).toBe(1)
})

// The last one, because the queue's consumer goes on in the background.
/** Each of these is a request of its own to the deployed entry, in one isolate. */
const request = (path: string, init?: RequestInit) =>
  exports.default.fetch(`https://hub.example${path}`, init)

test('concurrent requests do not wait for each other, and their receipts reach the CRM through the real queue', async () => {
  const { vendors } = await startWorkerHub()
  const deliveries = await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      vendors.changeStripe(stripeCustomer({ id: `cus_${i}`, email: `p${i}@acme.example` })),
    ),
  )
  const mail = await vendors.mailEvents([
    { event: 'open', email: 'a@b.example', timestamp: Math.floor(Date.now() / 1000) },
  ])
  const answers = await Promise.all([
    ...deliveries.map(({ headers, body }) => request('/hooks/stripe', { method: 'POST', headers, body })),
    ...[1, 2, 3, 4].map(() => request('/hooks/sendgrid', { method: 'POST', ...mail })),
    ...[1, 2, 3, 4].map(() => request('/api/status', { headers: admin })),
  ])
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  await expect.poll(() => vendors.hubspot('contacts'), { timeout: 40_000 }).toHaveLength(16)
})
