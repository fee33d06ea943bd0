import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collector, KEY } from './collect-support.ts'

let server: ServerType
let host: string
let hub: ReturnType<typeof collector>

beforeEach(async () => {
  hub = collector({ now: () => Date.now() })
  await new Promise<void>((listening) => {
    server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 }, () => listening())
  })
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => new Promise((closed) => server.close(closed)))

const kinds = () => hub.contributions().map((c) => (c.type === 'touchpoint' ? c.touchpoint.kind : c.type))

test('@segment/analytics-node delivers every call', async () => {
  const analytics = new Analytics({ writeKey: KEY, host, maxRetries: 0 })
  const failures: unknown[] = []
  analytics.on('error', (error) => failures.push(error))
  analytics.identify({ userId: 'u1', anonymousId: 'a1', traits: { email: 'ada@example.com', name: 'آدا' } })
  analytics.track({ userId: 'u1', event: 'Order Completed', properties: { revenue: 10, currency: 'USD' } })
  analytics.page({ anonymousId: 'a1', name: 'Home', properties: { url: 'https://acme.example/' } })
  analytics.screen({ userId: 'u1', name: 'Main' })
  analytics.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Acme' } })
  analytics.alias({ userId: 'u1', previousId: 'old' })
  await analytics.closeAndFlush()

  expect(failures).toEqual([])
  expect(hub.events().map((e) => e.type)).toEqual(['identify', 'track', 'page', 'screen', 'group', 'alias'])
  expect(kinds()).toEqual([
    'person',
    'event.tracked',
    'page.viewed',
    'screen.viewed',
    'account',
    'person',
    'person',
  ])
  expect(hub.events()[0]).toMatchObject({ messageId: expect.any(String), traits: { name: 'آدا' } })
})

test('@segment/analytics-node is told about a wrong write key', async () => {
  const analytics = new Analytics({ writeKey: 'wrong', host, maxRetries: 0 })
  const failures: unknown[] = []
  analytics.on('error', (error) => failures.push(error))
  analytics.track({ userId: 'u1', event: 'X' })
  await analytics.closeAndFlush()
  expect(failures).toHaveLength(1)
  expect(hub.receipts).toEqual([])
})

test.each([true, false])('@rudderstack/rudder-sdk-node delivers every call, gzip %s', async (gzip) => {
  const analytics = new RudderAnalytics(KEY, {
    dataPlaneUrl: host,
    gzip,
    retryCount: 0,
    flushInterval: 100_000,
    flushAt: 100,
  })
  analytics.identify({ userId: 'u1', traits: { email: 'r@example.com', firstName: '小明' } })
  analytics.track({ userId: 'u1', event: 'Signed Up', properties: { plan: 'pro' } })
  analytics.page({ userId: 'u1', name: 'Pricing', properties: { url: 'https://acme.example/pricing' } })
  analytics.screen({ userId: 'u1', name: 'Main' })
  analytics.group({ userId: 'u1', groupId: 'g1', traits: { website: 'https://acme.example' } })
  analytics.alias({ userId: 'u1', previousId: 'anon' })
  await analytics.flush()

  expect(
    hub
      .events()
      .map((e) => e.type)
      .toSorted(),
  ).toEqual(['alias', 'group', 'identify', 'page', 'screen', 'track'])
  expect(hub.contributions()).toContainEqual(
    expect.objectContaining({
      type: 'person',
      attributes: expect.objectContaining({ email: 'r@example.com', first_name: '小明' }),
    }),
  )
  expect(kinds()).toContain('form.submitted')
})

test('the times of a client whose clock is an hour ahead are put right', async () => {
  const ahead = 3_600_000
  const before = Date.now()
  const sentAt = new Date(before + ahead).toISOString()
  const timestamp = new Date(before + ahead - 5_000).toISOString()
  const answer = await fetch(`${host}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({
      writeKey: KEY,
      sentAt,
      batch: [{ type: 'page', anonymousId: 'a', messageId: 'm', timestamp }],
    }),
  })
  expect(answer.status).toBe(200)
  const [only] = hub.contributions()
  const occurred = only?.type === 'touchpoint' ? only.touchpoint.occurred_at : 0
  expect(occurred).toBeGreaterThanOrEqual(before - 5_000)
  expect(occurred).toBeLessThanOrEqual(Date.now() - 5_000)
})

test('a body without a declared length is read up to the limit', async () => {
  const stream = (size: number) =>
    new Blob([
      JSON.stringify({ writeKey: KEY, anonymousId: 'a', event: 'X', text: 'x'.repeat(size) }),
    ]).stream()
  const post = (size: number) =>
    fetch(`${host}/v1/track`, { method: 'POST', body: stream(size), duplex: 'half' } as RequestInit)
  expect((await post(1_000)).status).toBe(200)
  expect((await post(40_000)).status).toBe(400)
})
