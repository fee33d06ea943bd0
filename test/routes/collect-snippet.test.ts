import { gzipSync } from 'node:zlib'
import { JSDOM } from 'jsdom'
import { expect, test } from 'vitest'
import { SNIPPET } from '../../src/routes/snippet-source.ts'
import { collector, KEY } from './collect-support.ts'

interface Api {
  page(name?: string, properties?: object): void
  track(event: string, properties?: object): void
  identify(id: unknown, traits?: object): void
  group(id: string, traits?: object): void
  consent(categories: Record<string, boolean>): void
  reset(): void
  flush(): Promise<void>
}

interface Setup {
  url?: string
  referrer?: string
  attributes?: Record<string, string>
  early?: unknown[]
  navigator?: Record<string, unknown>
  answer?: () => Promise<Response>
  storage?: Record<string, string>
  isStorageBlocked?: boolean
}

/** A page that has the snippet in it; requests go to the collector. */
function open(setup: Setup = {}) {
  const hub = collector({ now: () => Date.now() })
  const requests: { url: string; init: RequestInit }[] = []
  const beacons: string[] = []
  const url = setup.url ?? 'https://www.acme.example/'
  const dom = new JSDOM('<title>Acme</title>', {
    url,
    ...(setup.referrer ? { referrer: setup.referrer } : {}),
    runScripts: 'outside-only',
  })
  const { window } = dom
  if (setup.isStorageBlocked)
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new Error('blocked')
      },
    })
  else for (const [key, value] of Object.entries(setup.storage ?? {})) window.localStorage.setItem(key, value)
  for (const [key, value] of Object.entries(setup.navigator ?? {}))
    Object.defineProperty(window.navigator, key, { value })
  const tag = window.document.createElement('script')
  tag.src = 'https://hub.example/t.js'
  for (const [name, value] of Object.entries({ key: KEY, ...setup.attributes }))
    tag.setAttribute(`data-${name}`, value)
  Object.defineProperty(window.document, 'currentScript', { value: tag, configurable: true })
  Object.assign(window, {
    tributary: setup.early,
    fetch: async (address: string, init: RequestInit) => {
      requests.push({ url: address, init })
      if (setup.answer) return setup.answer()
      return hub.app.request(address, {
        method: init.method!,
        headers: init.headers as Record<string, string>,
        body: init.body as string,
      })
    },
  })
  Object.defineProperty(window.navigator, 'sendBeacon', {
    value: (address: string, body: string) => {
      beacons.push(body)
      return address === 'https://hub.example/v1/batch'
    },
  })
  window.eval(SNIPPET)
  return { hub, window, requests, beacons, api: (window as unknown as { tributary: Api }).tributary }
}

test('the snippet is served with a tag, and is at most 3 kB gzipped', async () => {
  const { app } = collector()
  const answer = await app.request('/t.js')
  expect(answer.headers.get('content-type')).toContain('javascript')
  expect(await answer.text()).toBe(SNIPPET)
  expect(gzipSync(SNIPPET).length).toBeLessThanOrEqual(3 * 1024)
  const etag = answer.headers.get('etag')!
  for (const sent of [etag, `W/${etag}`]) {
    expect((await app.request('/t.js', { headers: { 'if-none-match': sent } })).status).toBe(304)
  }
})

test('a page view is sent by itself, with where the visitor came from', async () => {
  const { hub, api, requests } = open({
    url: 'https://www.acme.example/pricing?utm_campaign=spring&utm_medium=cpc&q=1',
    referrer: 'https://www.google.com/',
  })
  await api.flush()
  expect(requests[0]).toMatchObject({
    url: 'https://hub.example/v1/batch',
    init: { credentials: 'omit', keepalive: true, headers: { 'content-type': 'text/plain' } },
  })
  expect(hub.contributions()).toEqual([
    expect.objectContaining({
      touchpoint: expect.objectContaining({
        kind: 'page.viewed',
        title: 'Acme',
        channel: 'paid',
        url: 'https://www.acme.example/pricing?utm_campaign=spring&utm_medium=cpc&q=1',
        referrer: 'https://www.google.com/',
        campaign: { name: 'spring', medium: 'cpc' },
      }),
    }),
  ])
})

test('calls made before it has loaded are not lost, and identify is remembered', async () => {
  const { hub, api } = open({
    early: [['identify', 'u1', { email: 'a@example.com' }]],
    attributes: { auto: 'false' },
  })
  api.track('Demo Requested', { size: 5 })
  api.group('g1', { name: 'Acme' })
  await api.flush()
  const [identify, track, group] = hub.events()
  expect(identify).toMatchObject({ type: 'identify', userId: 'u1', traits: { email: 'a@example.com' } })
  expect(track).toMatchObject({
    type: 'track',
    userId: 'u1',
    anonymousId: identify!.anonymousId,
    properties: { size: 5 },
  })
  expect(group).toMatchObject({ type: 'group', userId: 'u1', groupId: 'g1' })
})

test('reset makes a new, unknown visitor', async () => {
  const { hub, api } = open({ attributes: { auto: 'false' } })
  api.identify('u1')
  api.reset()
  api.track('X')
  await api.flush()
  const [before, after] = hub.events()
  expect(after!.anonymousId).not.toBe(before!.anonymousId)
  expect(after).not.toHaveProperty('userId')
})

test('without localStorage the visitor is remembered in a cookie', async () => {
  const { hub, api, window } = open({ isStorageBlocked: true })
  await api.flush()
  expect(decodeURIComponent(window.document.cookie)).toContain(
    `tributary_id="${hub.events()[0]!.anonymousId}"`,
  )
})

test('moving inside a single-page app is a page view, a new hash is not', async () => {
  const { hub, api, window } = open()
  window.history.pushState({}, '', '/features')
  window.history.pushState({}, '', '/features#top')
  await api.flush()
  const touchpoints = hub.contributions().flatMap((c) => (c.type === 'touchpoint' ? [c.touchpoint] : []))
  expect(touchpoints.map((t) => [t.url, t.channel])).toEqual([
    ['https://www.acme.example/', 'direct'],
    ['https://www.acme.example/features', 'direct'],
  ])
})

test('respect-gpc sends and stores nothing under GPC or DNT', async () => {
  for (const navigator of [{ globalPrivacyControl: true }, { doNotTrack: '1' }]) {
    const { api, requests, window } = open({ attributes: { 'respect-gpc': 'true' }, navigator })
    api.track('X')
    api.identify('u1')
    await api.flush()
    expect(requests).toEqual([])
    expect(window.localStorage).toHaveLength(0)
  }
})

test('with required consent nothing is sent or stored before it, and everything after', async () => {
  const { hub, api, requests, window } = open({ attributes: { consent: 'required' } })
  api.track('X')
  await api.flush()
  expect(requests).toEqual([])
  expect(window.localStorage).toHaveLength(0)
  api.consent({ Analytics: true, Advertising: false })
  await api.flush()
  expect(hub.events().map((e) => e.event ?? e.type)).toEqual([
    'page',
    'X',
    'Segment Consent Preference Updated',
  ])
  expect(hub.events()[0]).toMatchObject({
    context: { consent: { categoryPreferences: { Analytics: true, Advertising: false } } },
  })
})

test('a refusal drops what was held back; a withdrawal is told once and then nothing more', async () => {
  const refused = open({ attributes: { consent: 'required' } })
  refused.api.consent({ Analytics: false })
  await refused.api.flush()
  expect(refused.requests).toEqual([])
  const withdrawn = open({ attributes: { auto: 'false' } })
  withdrawn.api.consent({ Analytics: false })
  withdrawn.api.track('X')
  await withdrawn.api.flush()
  expect(withdrawn.hub.events()).toHaveLength(1)
  expect(withdrawn.hub.contributions()).toContainEqual(
    expect.objectContaining({
      type: 'person',
      attributes: expect.objectContaining({ consent: expect.objectContaining({ analytics: 'denied' }) }),
    }),
  )
})

test('what could not be delivered is kept for the next page, and sent from there', async () => {
  const first = open({ answer: async () => new Response('', { status: 503 }) })
  await first.api.flush()
  const kept = first.window.localStorage.getItem('tributary_queue')!
  expect(JSON.parse(kept)).toHaveLength(1)
  first.window.close()
  const second = open({ attributes: { auto: 'false' }, storage: { tributary_queue: kept } })
  await second.api.flush()
  expect(second.hub.events()).toEqual([expect.objectContaining({ type: 'page' })])
  expect(second.window.localStorage.getItem('tributary_queue')).toBe('[]')
})

test('what the hub refuses is not sent again', async () => {
  const { api, requests, window } = open({ answer: async () => new Response('', { status: 400 }) })
  await api.flush()
  await api.flush()
  expect(requests).toHaveLength(1)
  expect(window.localStorage.getItem('tributary_queue')).toBe('[]')
})

test('many events leave in batches that the collector takes', async () => {
  const { hub, api, requests } = open({ attributes: { auto: 'false' } })
  for (let i = 0; i < 45; i++) api.track(`E${i}`, { text: 'x'.repeat(10_000) })
  await api.flush()
  expect(hub.events()).toHaveLength(45)
  for (const { init } of requests) expect((init.body as string).length).toBeLessThan(60_000)
})

test('a page that ends hands over what was not sent', async () => {
  const { api, window, beacons } = open({ attributes: { auto: 'false' } })
  api.track('Last')
  window.dispatchEvent(new window.Event('pagehide'))
  expect(beacons.map((body) => JSON.parse(body).batch[0].event)).toEqual(['Last'])
  expect(window.localStorage.getItem('tributary_queue')).toBe('[]')
})

test('a plain form that is sent to the hub carries the visitor along, where the visitor allows it', () => {
  const submit = (attributes: Record<string, string>, action: string) => {
    const { window } = open({ attributes })
    const found = window.eval(`
      const form = document.createElement('form')
      form.action = ${JSON.stringify(action)}
      document.documentElement.appendChild(form)
      for (let n = 0; n < 2; n++) form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
      JSON.stringify([...form.querySelectorAll('input')].map(({ name, type, value }) => [name, type, value.length > 0]))
    `)
    return JSON.parse(String(found))
  }
  const field = ['_anonymous_id', 'hidden', true]
  expect(submit({}, 'https://hub.example/f/contact')).toEqual([field])
  expect(submit({}, 'https://elsewhere.example/f/contact')).toEqual([])
  expect(submit({ consent: 'required' }, 'https://hub.example/f/contact')).toEqual([])
})
