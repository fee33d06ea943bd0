import { expect, test } from 'vitest'
import { apiRoutes } from '../../src/routes/api.ts'
import { guard } from '../../src/routes/guard.ts'
import { type GoogleHub, googleHub, HOUR, NOW } from './support.ts'

const DAY = 24 * HOUR
const day = (offset: number) => new Date(NOW + offset * DAY).toISOString().slice(0, 10)

const CONFIG = 'properties: ["4711"], historyDays: 5'

async function api(hub: GoogleHub, query: string) {
  const app = apiRoutes({
    inspect: hub.store.inspect,
    engine: hub.deps,
    guard: guard({ isLoopback: true }),
    secrets: [],
  } as never)
  const answer = await app.request(`/api/traffic?${query}`)
  return { status: answer.status, body: (await answer.json()) as { items: Record<string, unknown>[] } }
}

const paid = {
  sessionDefaultChannelGroup: 'Paid Search',
  sessionSource: 'google',
  sessionMedium: 'cpc',
  sessionCampaignName: 'spring',
  landingPage: '/pricing',
}
const direct = {
  sessionDefaultChannelGroup: 'Direct',
  sessionSource: '(direct)',
  sessionMedium: '(none)',
  sessionCampaignName: '(direct)',
  landingPage: '/',
}

test('visits are told by channel, campaign, landing page and day, and are of nobody', async () => {
  const hub = await googleHub('ga4', CONFIG)
  hub.google.analytics.put('4711', [
    { date: day(-1), ...paid, sessions: 30, engagedSessions: 20, newUsers: 25, keyEvents: 3 },
    { date: day(-2), ...paid, sessions: 10, engagedSessions: 6, newUsers: 9, keyEvents: 1 },
    { date: day(-2), ...direct, sessions: 4 },
    { date: day(-40), ...direct, sessions: 999 },
  ])
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 6, pages: 6 } })
  expect((await api(hub, '')).body).toEqual({
    from: day(-29),
    to: day(0),
    items: [
      {
        channel: 'paid',
        visits: 40,
        engaged_visits: 26,
        new_visitors: 34,
        conversions: 4,
        is_limited: false,
      },
      { channel: 'direct', visits: 4, engaged_visits: 0, new_visitors: 0, conversions: 0, is_limited: false },
    ],
  })
  const detailed = await api(
    hub,
    `by=day,campaign,source,medium,landing_page,site&from=${day(-2)}&to=${day(-2)}`,
  )
  expect(detailed.body.items).toMatchObject([
    {
      day: day(-2),
      site: 'properties/4711',
      campaign: 'spring',
      source: 'google',
      medium: 'cpc',
      landing_page: '/pricing',
      visits: 10,
    },
    { day: day(-2), landing_page: '/', visits: 4 },
  ])
  expect(detailed.body.items[1]).not.toHaveProperty('source')
  expect(await hub.people()).toEqual([])
  expect(await hub.touchpoints()).toEqual([])
})

test('the last three days are read again, because counts settle late, and a day is replaced as a whole', async () => {
  const hub = await googleHub('ga4', CONFIG)
  hub.google.analytics.put('4711', [
    { date: day(-3), ...direct, sessions: 7 },
    { date: day(-5), ...direct, sessions: 1 },
  ])
  await hub.pull()
  hub.google.analytics.put('4711', [
    { date: day(-3), ...paid, sessions: 9 },
    { date: day(-5), ...direct, sessions: 100 },
  ])
  hub.clock.advance(10 * 60_000)
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 0 } })
  hub.clock.advance(HOUR)
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 4, changed: 1 } })
  const { body } = await api(hub, '')
  expect(body.items.map(({ channel, visits }) => [channel, visits])).toEqual([
    ['paid', 9],
    ['direct', 1],
  ])
})

test('what Google withholds is marked, what is beyond the limit is one row', async () => {
  const hub = await googleHub('ga4', CONFIG)
  const many = Array.from({ length: 2100 }, (_, i) => ({
    date: day(-2),
    ...direct,
    landingPage: `/p/${i}`,
    sessions: 2,
    newUsers: 1,
  }))
  hub.google.analytics.put(
    '4711',
    [{ date: day(-1), ...paid, sessions: 50 }, { date: day(-1), ...direct, sessions: 1 }, ...many],
    { threshold: 2 },
  )
  await hub.pull()
  const { body } = await api(hub, 'by=day,channel')
  expect(body.items).toMatchObject([
    { day: day(-2), channel: 'direct', visits: 4000, new_visitors: 2000, is_limited: true },
    { day: day(-2), channel: 'other', visits: 200, new_visitors: 100, is_limited: true },
    { day: day(-1), channel: 'paid', visits: 50, is_limited: true },
  ])
})

test('a used up quota, a property of others and a failure each have their class; reports are repeated', async () => {
  const hub = await googleHub('ga4', CONFIG)
  hub.google.analytics.put('4711', [], { tokensPerDay: 35 })
  hub.google.fail({ kind: 'lost_after', matches: ({ url }) => url.includes('runReport') })
  const { run } = await hub.pull()
  expect(run).toMatchObject({
    state: 'failed',
    counts: { pages: 2 },
    error: { kind: 'rate_limit', code: 'http.rate_limited' },
  })
  hub.google.analytics.put('4711', [])
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { pages: 4 } })
  hub.google.analytics.put('4711', [], { sharedWith: [] })
  hub.clock.advance(DAY)
  expect((await hub.pull()).run.error).toMatchObject({ code: 'auth.forbidden' })
})

test('the API refuses what it does not know', async () => {
  const hub = await googleHub('ga4', CONFIG)
  expect((await api(hub, 'by=person')).status).toBe(400)
  expect((await api(hub, 'from=yesterday')).status).toBe(400)
  expect((await api(hub, 'from=2026-01-01&to=2026-01-31')).body.items).toEqual([])
})
