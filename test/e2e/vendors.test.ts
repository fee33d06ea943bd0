import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { KNOWN_COMPANIES, stock } from '../support/events.ts'
import { hubConfig, preparedCrms, startHub, type TestHub, testClock } from '../support/hub.ts'
import { createSandboxes, type Sandboxes } from '../support/sandboxes.ts'

/** Where each vendor is really found. The company's own Salesforce addresses differ from org to org. */
const ADDRESSES: Record<Exclude<keyof Sandboxes, 'sendgrid'>, string[]> = {
  stripe: ['https://api.stripe.com/*'],
  pandadoc: ['https://api.pandadoc.com/*'],
  pdl: ['https://api.peopledatalabs.com/*'],
  salesforce: ['https://login.salesforce.com/*', 'https://*.my.salesforce.com/*'],
  hubspot: ['https://api.hubapi.com/*'],
}

const server = setupServer()
/** Addresses that the hub called and no vendor of this test has. */
const strangers: string[] = []

beforeAll(() => {
  // Once for the file: the global fetch is wrapped from here on.
  server.listen({
    onUnhandledFrame({ frame, defaults }) {
      const { request } = frame.data as { request?: Request }
      strangers.push(request?.url ?? frame.protocol)
      defaults.error()
    },
  })
  return () => server.close()
})
afterEach(() => {
  server.resetHandlers()
  expect(strangers.splice(0), 'calls to hosts that no vendor here has').toEqual([])
})

const answeredBy = (sandbox: Sandbox, addresses: string[]) =>
  addresses.map((address) =>
    http.all(address, async ({ request }) => {
      try {
        return (await sandbox.fetch(request)) as HttpResponse<never>
      } catch {
        return HttpResponse.error()
      }
    }),
  )

/** As a company would write it: no address but the org's own, and fetch as the platform has it. */
const CONFIG = hubConfig().replace('baseUrl: "https://acme.my', 'loginUrl: "https://acme.my')

async function startCompany(): Promise<TestHub> {
  const clock = testClock()
  const sandboxes = await createSandboxes(clock, {
    crm: await preparedCrms(),
    pdl: { companies: KNOWN_COMPANIES },
  })
  stock(sandboxes)
  server.use(
    ...Object.entries(ADDRESSES).flatMap(([name, addresses]) =>
      answeredBy(sandboxes[name as keyof Sandboxes], addresses),
    ),
  )
  return startHub({ clock, sandboxes, config: CONFIG, fetch: (...call) => globalThis.fetch(...call) })
}

test('the configuration names no address of a simulator', () => {
  expect(CONFIG.match(/\w+Url: "[^"]+"/g)).toEqual(['loginUrl: "https://acme.my.salesforce.com"'])
})

test('pulled at their own addresses, enriched and delivered: vendors are found where they really are', async () => {
  const hub = await startCompany()
  const { stripe, pandadoc, pdl, salesforce, hubspot } = hub.sandboxes
  for (const source of ['stripe', 'pandadoc']) {
    const results = await hub.pull(source)
    expect(results.length).toBeGreaterThan(0)
    for (const { run } of results) expect(run).toMatchObject({ state: 'done' })
  }
  await hub.drainAll()

  for (const { name, requests } of [stripe, pandadoc, pdl, salesforce, hubspot])
    expect(requests.length, `calls to ${name}`).toBeGreaterThan(0)
  const totals = await hub.store.inspect.totals()
  expect(totals.operations.filter(({ state }) => state !== 'done' && state !== 'superseded')).toEqual([])
  expect(totals.usage.filter(({ failures }) => failures > 0)).toEqual([])
  expect(salesforce.records('Contact').map(({ LastName }) => LastName)).toContain('خان')
  expect(salesforce.records('Account').map(({ Name }) => Name)).toContain('Acme Works SARL')
  expect(salesforce.records('Opportunity')).not.toEqual([])
  expect(hubspot.records('companies').map(({ properties }) => properties.name)).toEqual(
    expect.arrayContaining(['Acme Works SARL', 'Tarabridge']),
  )
  expect(hubspot.records('contacts').map(({ properties }) => properties.email)).toEqual(
    expect.arrayContaining(['ada@tarabridge.com', 'cfo@acmeworks.com', 'zoe@khan.pk']),
  )
  await hub.close()
})

test('a call to any other host is refused and noticed', async () => {
  const hub = await startCompany()
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  await expect(fetch('https://api.elsewhere.example/v1/things')).rejects.toThrow()
  expect(strangers.splice(0)).toEqual(['https://api.elsewhere.example/v1/things'])
  said.mockRestore()
  await hub.close()
})
