import { beforeAll, describe, expect, test } from 'vitest'
import { startLoop } from '../../src/engine/schedule.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { announcementsOf, CUSTOMERS, deliver, KNOWN_COMPANIES, PROSPECTS, stock } from '../support/events.ts'
import { HOUR, mappings, preparedCrms, startHub, type TestHub, testClock } from '../support/hub.ts'
import { createSandboxes } from '../support/sandboxes.ts'
import { type Content, contentOf, duplicatesIn, withoutFirstWritten } from '../support/snapshots.ts'

/** Customers are there before; then prospects come in, or billing announces everything once more. */
const EVENTS = {
  salesforce: PROSPECTS,
  hubspot: PROSPECTS,
  stripe: [...announcementsOf('acme'), ...announcementsOf('zoe')],
}
/** Longer for a source: each delivery waits for it on its own, and none may be given up. */
const OUTAGE_MS = { salesforce: HOUR / 2, hubspot: HOUR / 2, stripe: 3 * HOUR }

/** How a vendor fails; undefined where it does not. */
type Outage = (request: Request) => Response | undefined

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

const refused: Outage = () => {
  throw new TypeError('fetch failed')
}
const unavailable: Outage = () => answer(503, { message: 'Service Unavailable' })
const invalidSession: Outage = () =>
  answer(401, [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }])
const invalidToken: Outage = () =>
  answer(401, { status: 'error', category: 'INVALID_AUTHENTICATION', message: 'invalid' })
const orgQuota: Outage = ({ url }) =>
  url.includes('/oauth2/')
    ? undefined
    : answer(403, [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }], {
        'sforce-limit-info': 'api-usage=15000/15000',
      })
const portalQuota: Outage = () =>
  answer(429, { status: 'error', policyName: 'DAILY', message: 'You have reached your daily limit.' })
const hangUp: Outage = ({ method }) => {
  if (method !== 'GET') throw new TypeError('fetch failed')
  return undefined
}

const HOSTS = { salesforce: 'acme.my.salesforce.com', hubspot: 'api.hubapi.com', stripe: 'api.stripe.com' }

type Vendor = keyof typeof HOSTS

interface World {
  hub: TestHub
  /** Calls that reached the vendor while it failed, by the time of the hub. */
  calls: number[]
  fail(outage: Outage | undefined): void
}

async function createWorld(vendor: Vendor): Promise<World> {
  const clock = testClock()
  const sandboxes = await createSandboxes(clock, {
    crm: await preparedCrms(),
    pdl: { companies: KNOWN_COMPANIES },
  })
  stock(sandboxes)
  const inner = sandboxFetch(Object.values(sandboxes))
  const calls: number[] = []
  let outage: Outage | undefined
  const hub = await startHub({
    clock,
    sandboxes,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      if (outage && new URL(request.url).host === HOSTS[vendor]) {
        calls.push(clock.now())
        const failure = outage(request)
        if (failure) return failure
      }
      return inner(request)
    },
  })
  if (vendor === 'stripe') {
    // A quote seen before the bill would make a lead of its buyer first.
    for (const id of ['doc_ada', 'doc_acme']) sandboxes.pandadoc.remove(id)
  } else {
    await deliver(hub, CUSTOMERS)
    await hub.drainAll()
  }
  return {
    hub,
    calls,
    fail(next) {
      outage = next
    },
  }
}

/** The Node host's own loop, whose waits move the clock, until that has gone on by `ms`. */
async function run({ engine, clock }: TestHub, ms: number): Promise<void> {
  const end = clock.now() + ms
  const stop = new AbortController()
  const { now } = clock
  clock.now = () => {
    if (now() >= end) stop.abort()
    return now()
  }
  await startLoop(engine, stop.signal).stopped
  clock.now = now
}

const contentWithoutOutage = new Map<Vendor, Content>()
beforeAll(async () => {
  for (const vendor of ['salesforce', 'stripe'] as const) {
    const { hub } = await createWorld(vendor)
    await deliver(hub, EVENTS[vendor])
    await hub.drainAll()
    contentWithoutOutage.set(vendor, seen(hub))
    await hub.close()
  }
  contentWithoutOutage.set('hubspot', contentWithoutOutage.get('salesforce')!)
})

const seen = (hub: TestHub): Content => withoutFirstWritten(contentOf(hub.sandboxes), mappings())

const OUTAGES: [vendor: Vendor, name: string, outage: Outage][] = [
  ['salesforce', 'refuses connections', refused],
  ['salesforce', 'answers 503', unavailable],
  ['salesforce', 'refuses its sessions', invalidSession],
  ['salesforce', 'has no calls left', orgQuota],
  ['salesforce', 'hangs up on writes', hangUp],
  ['hubspot', 'refuses connections', refused],
  ['hubspot', 'answers 503', unavailable],
  ['hubspot', 'refuses its token', invalidToken],
  ['hubspot', 'has no calls left', portalQuota],
  ['stripe', 'refuses connections', refused],
  ['stripe', 'answers 503', unavailable],
]

describe.each(OUTAGES)('%s %s for a long time', (vendor, _, outage) => {
  test('events are taken meanwhile, calls are few, and everything arrives afterwards', async () => {
    const world = await createWorld(vendor)
    const { hub, calls, fail } = world
    fail(outage)
    const events = EVENTS[vendor]
    // deliver throws where anything but 200 is answered.
    for (let i = 0; i < events.length; i += 6) {
      await deliver(hub, events.slice(i, i + 6))
      await run(hub, OUTAGE_MS[vendor] / Math.ceil(events.length / 6))
    }
    const other = vendor === 'salesforce' ? 'hubspot contacts' : 'salesforce Lead'
    if (vendor !== 'stripe') expect(seen(hub)[other]).toEqual(contentWithoutOutage.get(vendor)![other])
    expect(calls.length).toBeGreaterThan(0)
    expect(busiestMinute(calls), 'calls in one minute').toBeLessThanOrEqual(vendor === 'stripe' ? 120 : 20)

    fail(undefined)
    await hub.drainAll({ flush: false })
    const totals = await hub.store.inspect.totals()
    expect(totals.receipts).toMatchObject({ new: 0, dead: 0 })
    expect(totals.operations.filter((o) => ['dead', 'held', 'pending', 'sending'].includes(o.state))).toEqual(
      [],
    )
    expect(duplicatesIn(hub.sandboxes)).toEqual([])
    expect(seen(hub)).toEqual(contentWithoutOutage.get(vendor))
    await hub.close()
  })
})

function busiestMinute(calls: readonly number[]): number {
  const perMinute = Map.groupBy(calls, (at) => Math.floor(at / 60_000))
  return Math.max(...[...perMinute.values()].map(({ length }) => length))
}
