// @vitest-environment jsdom
// @vitest-environment-options {"url": "https://www.acme.example/pricing?utm_campaign=spring&utm_medium=cpc"}
import { AnalyticsBrowser } from '@segment/analytics-next'
import { expect, test, vi } from 'vitest'
import { collector, KEY } from './collect-support.ts'

test('@segment/analytics-next loads its settings from the hub and delivers every call to it', async () => {
  const hub = collector({ now: () => Date.now() })
  const hosts = new Set<string>()
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    hosts.add(new URL(url).host)
    const { method, headers, body } = init ?? {}
    return hub.app.request(url, {
      method: method?.toUpperCase() ?? 'GET',
      headers: { ...headers } as Record<string, string>,
      body: body as string,
    })
  })
  const analytics = AnalyticsBrowser.load({ writeKey: KEY, cdnURL: 'https://hub.example' })
  await analytics.page('Pricing')
  await analytics.identify('u1', { email: 'ada@example.com', firstName: 'Ada' })
  await analytics.track('Demo Requested', { email: 'ada@example.com' })
  await analytics.group('g1', { name: 'Acme' })
  await analytics.alias('u2', 'u1')
  await analytics.screen('Main')

  expect([...hosts]).toEqual(['hub.example'])
  expect(hub.events().map((e) => e.type)).toEqual(['page', 'identify', 'track', 'group', 'alias', 'screen'])
  expect(hub.contributions()[0]).toMatchObject({
    type: 'touchpoint',
    touchpoint: {
      kind: 'page.viewed',
      channel: 'paid',
      url: expect.stringContaining('https://www.acme.example/pricing'),
      campaign: { name: 'spring', medium: 'cpc' },
    },
  })
  expect(hub.contributions()).toContainEqual(
    expect.objectContaining({
      type: 'person',
      attributes: expect.objectContaining({ email: 'ada@example.com', first_name: 'Ada' }),
    }),
  )
  vi.unstubAllGlobals()
})
