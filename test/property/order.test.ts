import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StageName } from '../../src/engine/engine.ts'
import { hashText } from '../../src/engine/hash.ts'
import {
  type StripeObject,
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeProduct,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { createWorld, START, type World } from '../engine/support.ts'

const mappingFolder = fileURLToPath(new URL('../../mappings', import.meta.url))
/** Visits are logged by the day, so that what is put on a timeline shows too when a browser turns out to be another's. */
const SHIPPED = Object.fromEntries(
  readdirSync(mappingFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.yaml$/.test(name) && !name.includes('fixtures'))
    .map((name) => [
      name,
      readFileSync(join(mappingFolder, name), 'utf8').replaceAll(
        'policy: counter_only',
        'policy: daily_digest',
      ),
    ]),
)

/** Something that comes in: always the same bytes, however often. */
interface Incoming {
  connection: 'website' | 'stripe'
  body: string
}

const DAY = 86_400_000
const at = (day: number, minute: number) => START - (20 - day) * DAY + minute * 60_000
const iso = (day: number, minute: number) => new Date(at(day, minute)).toISOString()
const seconds = (day: number) => Math.floor(at(day, 0) / 1000)

const website = (payload: Record<string, unknown>): Incoming => ({
  connection: 'website',
  body: JSON.stringify({
    type: payload.type,
    received_at: START,
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
    payload,
  }),
})

const page = (id: string, anonymousId: string, day: number, minute: number, extra: object = {}) =>
  website({
    type: 'page',
    messageId: id,
    anonymousId,
    timestamp: iso(day, minute),
    name: 'Pricing',
    context: {
      page: {
        url: `https://www.seller.de/pricing?n=${id}`,
        title: 'Preise',
        referrer: day < 5 ? 'https://www.google.com/' : '',
      },
      campaign: day < 3 ? { name: 'spring', source: 'news', medium: 'email' } : {},
    },
    ...extra,
  })
const identify = (id: string, anonymousId: string, day: number, traits: object, userId?: string) =>
  website({
    type: 'identify',
    messageId: id,
    anonymousId,
    timestamp: iso(day, 30),
    traits,
    ...(userId ? { userId } : {}),
  })
const form = (id: string, anonymousId: string, day: number, minute: number) =>
  website({
    type: 'track',
    event: 'Form Submitted',
    messageId: id,
    anonymousId,
    timestamp: iso(day, minute),
    properties: { form: 'demo' },
  })

/** Leads: visits before and after they say who they are, one browser shared by two, one person with two browsers. */
const LEADS: Incoming[] = [
  page('p1', 'browser-a', 1, 0),
  page('p2', 'browser-a', 1, 5),
  page('p3', 'browser-b', 2, 0),
  page('p4', 'browser-shared', 3, 0),
  page('p5', 'browser-c', 9, 0),
  page('p6', 'browser-a', 12, 0),
  page('p7', 'browser-shared', 13, 0),
  identify('i1', 'browser-a', 4, {
    email: 'ayesha@lahore-textiles.pk',
    firstName: 'عائشہ',
    lastName: 'خان',
    company: { name: 'لاہور ٹیکسٹائل' },
  }),
  identify('i2', 'browser-shared', 6, { email: 'first@shared-desk.de', firstName: 'Erste' }),
  identify('i3', 'browser-shared', 7, { email: 'second@shared-desk.de', firstName: 'Zweite' }),
  identify('i4', 'browser-b', 5, { email: 'AYESHA@lahore-textiles.pk', title: 'Leiterin' }),
  identify('i5', 'browser-c', 10, { email: '李四@例子.公司', firstName: '四', lastName: '李' }, 'user-5'),
  form('f1', 'browser-a', 4, 31),
  form('f2', 'browser-shared', 6, 31),
  form('f3', 'browser-shared', 7, 31),
  form('f4', 'browser-c', 10, 40),
]

const price = stripePrice({ id: 'price_1', product: 'prod_1', unit_amount: 4900 })
const OBJECTS: StripeObject[] = [
  stripeProduct({ id: 'prod_1', name: 'Team' }),
  price,
  stripeCustomer({
    id: 'cus_1',
    email: 'kaeufer@muehle-soehne.de',
    name: 'Käufer',
    created: seconds(1),
    metadata: { company: 'Mühle & Söhne', user_id: 'user-1' },
  }),
  stripeSubscription({
    id: 'sub_1',
    customer: 'cus_1',
    created: seconds(2),
    start_date: seconds(2),
    status: 'active',
    items: [{ price }],
    period: { start: seconds(2), end: seconds(19) },
  }),
  stripeInvoice({
    id: 'in_1',
    customer: 'cus_1',
    number: 'A-1',
    created: seconds(2),
    finalizedAt: seconds(2),
    total: 4900,
  }),
  stripeInvoice({
    id: 'in_2',
    customer: 'cus_1',
    number: 'A-2',
    created: seconds(15),
    finalizedAt: seconds(15),
    total: 9900,
  }),
]
const hint = (object: StripeObject, n: number): Incoming => ({
  connection: 'stripe',
  body: JSON.stringify({
    id: `evt_${n}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: seconds(16),
    livemode: false,
    type: `${object.object === 'subscription' ? 'customer.subscription' : object.object}.updated`,
    data: { object },
  }),
})
/** Customers, known by billing, by the product's user id, and by a visit before. */
const CUSTOMERS: Incoming[] = [
  ...OBJECTS.slice(2).map(hint),
  page('c1', 'browser-k', 1, 10),
  identify('c2', 'browser-k', 3, { firstName: 'Karla' }, 'user-1'),
  website({
    type: 'group',
    messageId: 'c3',
    userId: 'user-1',
    groupId: 'g-1',
    timestamp: iso(4, 0),
    traits: { name: 'Mühle & Söhne', website: 'https://muehle-soehne.de' },
  }),
]

async function openWorld(): Promise<World> {
  const world = await createWorld({
    use: ['website', 'stripe', 'inference', 'salesforce', 'hubspot'],
    with: { stripe: 'webhookSecret: ${SECRET}' },
    mappings: SHIPPED,
    config: 'enrich: { order: [inference] }',
  })
  world.sandboxes.stripe.load(OBJECTS)
  return world
}

async function receive(world: World, { connection, body }: Incoming): Promise<void> {
  await world.engine.receiver.receive({
    id: hashText(connection + body),
    connection,
    receivedAt: START,
    headers: {},
    body,
  })
}

/** The state of both CRMs without ids of either side: what a person would see. */
function seen(world: World): unknown {
  const { records, ...rest } = world.sandboxes.hubspot.snapshot()
  const hubspot = {
    ...rest,
    records: Object.fromEntries(
      Object.entries(records).map(([object, byKey]) => [object, Object.values(byKey)]),
    ),
  }
  const text = JSON.stringify({ salesforce: world.sandboxes.salesforce.snapshot(), hubspot })
  // Our own keys differ with the order in which somebody became known; everything else must not.
  return sortDeep(
    JSON.parse(text.replace(/(per|acc)_[0-9a-f]{24}|dg_[0-9a-f]{29}/g, (key) => key.slice(0, 3))),
  )
}

function sortDeep(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sortDeep).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sortDeep(v)]),
  )
}

async function inOrder(events: Incoming[]): Promise<unknown> {
  const world = await openWorld()
  for (const event of events) await receive(world, event)
  await world.settle()
  const state = seen(world)
  await world.close()
  return state
}

async function disordered(events: Incoming[], stages: StageName[][]): Promise<unknown> {
  const world = await openWorld()
  const signal = new AbortController().signal
  for (const [i, event] of events.entries()) {
    await receive(world, event)
    for (const stage of stages[i % stages.length]!) await world.engine.step(stage, { signal, flush: true })
  }
  await world.settle()
  const state = seen(world)
  await world.close()
  return state
}

const withDuplicates = (events: Incoming[]) =>
  fc
    .tuple(fc.shuffledSubarray(events, { minLength: events.length }), fc.subarray(events))
    .chain(([all, again]) =>
      fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }),
    )
const stagesOf = (names: StageName[]) =>
  fc.array(fc.array(fc.constantFrom(...names), { maxLength: 4 }), { minLength: 1, maxLength: 6 })

test('the same events in any order, with duplicates and with work in between, give the same CRMs', {
  timeout: 180_000,
}, async () => {
  const events = [...LEADS, ...CUSTOMERS]
  const expected = await inOrder(events)
  await fc.assert(
    fc.asyncProperty(
      withDuplicates(events),
      stagesOf(['unpack', 'absorb', 'enrich', 'project']),
      async (arrival, stages) => {
        expect(await disordered(arrival, stages)).toEqual(expected)
      },
    ),
    { numRuns: 30, endOnFailure: true },
  )
})

/**
 * What was sent is not taken back: when an earlier sign-in becomes known, the digest of a day of which nothing is left to
 * whoever a shared browser seemed to belong to stays, as do HubSpot's associations. So shared browsers are left out here.
 */
const SEPARATE = LEADS.filter(({ body }) => !body.includes('browser-shared'))

test('for leads the order does not show even where the CRMs are written to in between', {
  timeout: 180_000,
}, async () => {
  const expected = await inOrder(SEPARATE)
  await fc.assert(
    fc.asyncProperty(
      withDuplicates(SEPARATE),
      stagesOf(['unpack', 'absorb', 'enrich', 'project', 'deliver']),
      async (arrival, stages) => {
        expect(await disordered(arrival, stages)).toEqual(expected)
      },
    ),
    { numRuns: 30, endOnFailure: true },
  )
})
