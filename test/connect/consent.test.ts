import { expect, onTestFinished, test } from 'vitest'
import { createMetrics, newKey, silentLog } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { resealGrants, sealerOf } from '../../src/grants.ts'
import { createHub } from '../../src/hub.ts'
import type { ConsentServer } from '../../src/sandbox/consent.ts'
import { createGoogleSandbox } from '../../src/sandbox/google/index.ts'
import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { openStore } from '../../src/store/open-store.ts'
import { MINUTE, SIGNAL, testClock } from '../support/hub.ts'

const CALLBACK = 'https://hub.example.com/oauth/callback'
const APP = { clientId: 'app', clientSecret: 'app-secret', redirectUris: [CALLBACK] }
const CONFIG = `
connections:
  crm: { connector: salesforce, baseUrl: "https://acme.my.salesforce.com", grant: consent, clientId: app, clientSecret: "\${SECRET}" }
  portal: { connector: hubspot, clientId: app, clientSecret: "\${SECRET}" }
  calendar: { connector: google-calendar, clientId: app, clientSecret: "\${SECRET}", internalDomains: [hub.example] }
  own: { connector: hubspot, accessToken: "\${SECRET}" }
`

/** Hubs on one database, each a process of its own, in front of both CRMs. */
async function world({ keys = [newKey()] }: { keys?: string[] } = {}) {
  const clock = testClock()
  const salesforce = createSalesforceSandbox({ clock, ...APP })
  const hubspot = createHubspotSandbox({ clock, token: 'none', oauth: APP })
  const google = await createGoogleSandbox({ now: clock.now, ...APP })
  google.calendars.put('ana@hub.example', [])
  const store = await openStore(':memory:')
  onTestFinished(() => store.close())
  const start = (holder: string, ownKeys = keys) => {
    const { config, problems } = parseConfig({
      file: 'tributary.yaml',
      text: CONFIG,
      env: { SECRET: APP.clientSecret },
      connectors,
    })
    if (!config) throw new Error(problems.map((p) => p.message).join('\n'))
    const fetch = sandboxFetch([salesforce, hubspot, google])
    const engine = createHub({
      config,
      store,
      mappings: () => [],
      clock,
      holder,
      log: silentLog,
      fetch,
      random: () => 0.5,
      keys: ownKeys,
    })
    const app = createApp({
      engine,
      metrics: createMetrics(),
      isLoopback: true,
      secrets: config.secrets,
      publicUrl: 'https://hub.example.com',
    })
    const ask = async (name: string) => {
      const response = await app.request(`http://localhost/api/connections/${name}/connect`, {
        method: 'POST',
      })
      return { status: response.status, body: (await response.json()) as { url: string; code?: string } }
    }
    const come = async (address: string) => {
      const { pathname, search } = new URL(address)
      const response = await app.request(`http://localhost${pathname}${search}`)
      return { status: response.status, text: await response.text() }
    }
    return {
      ask,
      come,
      /** Asks, agrees and comes back. */
      async connect(name: string, consent: ConsentServer) {
        const { body } = await ask(name)
        return await come(consent.visit(new URL(body.url)))
      },
      check: (name: string) => {
        const connection = engine.deps.connections.get(name)!
        return connection.connector.check!(contextOf(connection, { clock, log: silentLog, signal: SIGNAL }))
      },
    }
  }
  return { clock, salesforce, hubspot, google, store, start }
}

test.each(['crm', 'portal', 'calendar'] as const)(
  '%s is let in by a browser, and stays so after a restart',
  async (name) => {
    const w = await world()
    const { salesforce, hubspot, google } = w
    const consent = { crm: salesforce.consent, portal: hubspot.oauth!.consent, calendar: google.consent }[
      name
    ]
    const hub = w.start('a')
    await expect(hub.check(name)).rejects.toMatchObject({
      code: 'auth.not_connected',
      message: /tributary connect/,
    })
    const { status, text } = await hub.connect(name, consent)
    expect([status, text]).toEqual([200, expect.anything()])
    expect(text).toContain(`${name} is connected`)
    await hub.check(name)
    await w.start('b').check(name)
    expect(consent.renewals).toBe(0)
  },
)

test('what is stored tells no token', async () => {
  const w = await world()
  await w.start('a').connect('portal', w.hubspot.oauth!.consent)
  const [row] = await w.store.credentials.list()
  expect(row).toMatchObject({ connection: 'portal', sealed: /^v1\./ })
  expect(JSON.stringify(row)).not.toMatch(/access-|refresh-/)
})

test('a token that ends, or is refused before its time, is renewed once, whoever asks', async () => {
  const w = await world()
  const { consent, expire } = w.hubspot.oauth!
  const [a, b] = [w.start('a'), w.start('b')]
  await a.connect('portal', consent)
  await Promise.all([a.check('portal'), b.check('portal')])
  w.clock.advance(31 * MINUTE)
  await Promise.all([a.check('portal'), a.check('portal'), b.check('portal')])
  expect(consent.renewals).toBe(1)
  expire()
  await a.check('portal')
  await b.check('portal')
  expect(consent.renewals).toBe(2)
})

test('a consent that was withdrawn asks for a new one, and is good again with it', async () => {
  const w = await world()
  const { consent } = w.salesforce
  const hub = w.start('a')
  await hub.connect('crm', consent)
  await hub.check('crm')
  w.salesforce.expireTokens()
  consent.withdraw()
  await expect(hub.check('crm')).rejects.toMatchObject({ code: 'auth.revoked', kind: 'auth' })
  await hub.connect('crm', consent)
  await hub.check('crm')
})

test('an answer that nobody asked for, that comes late or twice, or was altered connects nothing', async () => {
  const w = await world()
  const { consent } = w.hubspot.oauth!
  const hub = w.start('a')
  const { body } = await hub.ask('portal')
  const back = new URL(consent.visit(new URL(body.url)))
  const state = back.searchParams.get('state')!
  const refused = async (change: (url: URL) => void) => {
    const url = new URL(back)
    change(url)
    const { status, text } = await hub.come(url.href)
    expect(status).toBe(400)
    return (JSON.parse(text) as { code: string }).code
  }
  expect(await refused((url) => url.searchParams.delete('state'))).toBe('auth.state_invalid')
  expect(await refused((url) => url.searchParams.set('state', `${state.slice(0, -2)}xx`))).toBe(
    'auth.state_invalid',
  )
  expect(await refused((url) => url.searchParams.set('state', state.replace('portal~', 'crm~')))).toBe(
    'auth.state_invalid',
  )
  expect(await refused((url) => url.searchParams.set('state', state.replace('portal~', 'own~')))).toBe(
    'auth.state_invalid',
  )
  expect(await w.store.credentials.list()).toEqual([])
  expect((await hub.come(back.href)).status).toBe(200)
  expect((await hub.come(back.href)).status).toBe(400)
  w.clock.advance(11 * MINUTE)
  expect(await refused(() => {})).toBe('auth.state_invalid')
})

test('an owner who refuses, and an app with the wrong scopes, are told as the vendor said it', async () => {
  const w = await world()
  const hub = w.start('a')
  const { body } = await hub.ask('crm')
  const { status, text } = await hub.come(w.salesforce.consent.visit(new URL(body.url), 'refuse'))
  expect(status).toBe(400)
  expect(JSON.parse(text)).toMatchObject({
    code: 'auth.denied',
    detail: expect.stringContaining('access_denied'),
  })
})

test('only a connection that needs consent asks for it, and only where there is a key to keep it with', async () => {
  const w = await world()
  expect(await w.start('a').ask('own')).toMatchObject({ body: { code: 'config.invalid' } })
  expect(await w.start('a').ask('portl')).toMatchObject({ status: 404, body: { detail: /portal/ } })
  expect(await w.start('a', []).ask('portal')).toMatchObject({ body: { code: 'credential.key_missing' } })
})

test('keys rotate: what the former key sealed is sealed anew, and the former key is no longer needed', async () => {
  const [former, next] = [newKey(), newKey()]
  const w = await world({ keys: [former] })
  await w.start('a').connect('portal', w.hubspot.oauth!.consent)
  await expect(w.start('b', [next]).check('portal')).rejects.toMatchObject({ code: 'credential.key_unknown' })
  const sealer = await sealerOf([next, former])()
  expect(await resealGrants(w.store, sealer, 1)).toEqual({ resealed: ['portal'], unchanged: [] })
  expect(await resealGrants(w.store, sealer, 2)).toEqual({ resealed: [], unchanged: ['portal'] })
  await w.start('c', [next]).check('portal')
})
