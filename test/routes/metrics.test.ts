import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { createDoor, createMetrics, doorInstrument, silentLog, systemClock } from '#kit'
import { guard } from '../../src/routes/guard.ts'
import { measureReceive, metricsRoutes } from '../../src/routes/metrics.ts'
import { demoData, fakeInspect } from '../support/fake-inspect.ts'

const TOKEN = 'b1f0c3d2e4a5968778695a4b3c2d1e0f'
const scrape = async (metrics = createMetrics()) => {
  const app = metricsRoutes({ metrics, inspect: fakeInspect(demoData()), guard: guard({ isLoopback: true }) })
  const response = await app.request('/metrics')
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return (await response.text()).split('\n')
}

test('totals of the database are exposed', async () => {
  const lines = await scrape()
  for (const line of [
    'tributary_people 65',
    'tributary_touchpoints 48211',
    'tributary_documents{type="invoice"} 412',
    'tributary_operations{destination="salesforce",object="Contact",state="done"} 812',
    'tributary_dead_letters{stage="receipt"} 2',
    'tributary_dead_letters{stage="operation"} 1',
    'tributary_queue_depth{stage="absorb"} 3',
    'tributary_queue_depth{stage="project"} 7',
    'tributary_queue_depth{stage="deliver"} 4',
  ]) {
    expect(lines).toContain(line)
  }
})

test('every sample belongs to a family with help and type, each family stands once', async () => {
  const metrics = createMetrics()
  doorInstrument(metrics)({
    connection: 'sf',
    method: 'GET',
    url: 'https://x',
    status: 200,
    durationMs: 12,
    attempt: 1,
  })
  const lines = await scrape(metrics)
  const types = lines.flatMap((line) => /^# TYPE (\S+) /.exec(line)?.[1] ?? [])
  expect(new Set(types).size).toBe(types.length)
  for (const line of lines.filter((text) => text !== '' && !text.startsWith('#'))) {
    expect(line).toMatch(/^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?\d+(\.\d+)?$/)
    const name = /^[a-z_]+/.exec(line)![0]
    expect(types).toContain(types.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, ''))
  }
})

test('a door reports its calls by connection and status, and a lost one as 0', async () => {
  const metrics = createMetrics()
  const answers = [new Response('{}'), new Response('', { status: 404 })]
  const door = createDoor({
    connection: 'stripe-eu',
    baseUrl: 'https://api.example.com',
    fetch: async () => answers.shift() ?? Promise.reject(new TypeError('fetch failed')),
    clock: systemClock,
    log: silentLog,
    onExchange: doorInstrument(metrics),
    limits: { attempts: 1 },
  })
  for (let i = 0; i < 3; i++) await door.fetch('https://api.example.com/v1').catch(() => {})
  const lines = metrics.render().split('\n')
  expect(lines).toContain('tributary_door_calls_total{connection="stripe-eu",status="200"} 1')
  expect(lines).toContain('tributary_door_calls_total{connection="stripe-eu",status="404"} 1')
  expect(lines).toContain('tributary_door_calls_total{connection="stripe-eu",status="0"} 1')
  expect(lines).toContain('tributary_door_call_duration_seconds_count{connection="stripe-eu"} 3')
})

test('receive latency is observed per door', async () => {
  const metrics = createMetrics()
  const times = [0, 4, 100, 700]
  const app = new Hono()
  app.use(
    '/v1/*',
    measureReceive(metrics, 'collect', () => times.shift()!),
  )
  app.post('/v1/track', (c) => c.json({ success: true }))
  await app.request('/v1/track', { method: 'POST' })
  await app.request('/v1/track', { method: 'POST' })
  const lines = metrics.render().split('\n')
  expect(lines).toContain('tributary_receive_requests_total{door="collect",status="200"} 2')
  expect(lines).toContain('tributary_receive_duration_seconds_bucket{door="collect",le="0.0025"} 0')
  expect(lines).toContain('tributary_receive_duration_seconds_bucket{door="collect",le="0.005"} 1')
  expect(lines).toContain('tributary_receive_duration_seconds_bucket{door="collect",le="1"} 2')
  expect(lines).toContain('tributary_receive_duration_seconds_bucket{door="collect",le="+Inf"} 2')
  expect(lines).toContain('tributary_receive_duration_seconds_sum{door="collect"} 0.604')
})

test('label values are escaped, and one name has one kind', () => {
  const metrics = createMetrics()
  metrics.counter('a_total', 'line\nbreak', ['who']).add({ who: 'a"b\\c\nd' })
  metrics.counter('a_total', 'line\nbreak', ['who']).add({ who: 'a"b\\c\nd' }, 2)
  expect(metrics.render()).toBe(
    '# HELP a_total line\\nbreak\n# TYPE a_total counter\na_total{who="a\\"b\\\\c\\nd"} 3\n',
  )
  expect(() => metrics.gauge('a_total', '')).toThrow(TypeError)
})

test('metrics are closed without the token', async () => {
  const app = metricsRoutes({
    metrics: createMetrics(),
    inspect: fakeInspect(demoData()),
    guard: guard({ isLoopback: false, adminToken: TOKEN }),
  })
  expect((await app.request('/metrics')).status).toBe(401)
  expect((await app.request('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200)
})
