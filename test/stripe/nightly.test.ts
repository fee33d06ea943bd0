import { expect, test } from 'vitest'
import { passesOf } from '../../connectors/stripe/nightly.ts'
import {
  stripeCharge,
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { daysAgo, NOW, pull, unix, type World, world } from './support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ids = (records: unknown[]) => [...new Set(records.map((record) => (record as { id: string }).id))]

const price = stripePrice({ id: 'price_1', unit_amount: 100 })
const subscription = (id: string, over: Record<string, unknown> = {}) =>
  stripeSubscription({
    id,
    customer: 'cus_1',
    created: daysAgo(700),
    items: [{ price }],
    period: { start: daysAgo(3), end: daysAgo(-27) },
    ...over,
  })

/** A first pull at noon, then one at each of the given hours after it. */
async function pulls(w: World, stream: string, hours: number[], meanwhile: () => void = () => {}) {
  let { cursor } = await pull(w, stream)
  meanwhile()
  const read: string[][] = []
  for (const hour of hours) {
    w.time.now = NOW + hour * HOUR
    const next = await pull(w, stream, cursor)
    cursor = next.cursor
    read.push(ids(next.records))
  }
  return read
}

test('what changed without an event is found in the night after, once', async () => {
  const w = world()
  w.sandbox.load([subscription('sub_1'), subscription('sub_over', { status: 'canceled' })])
  const change = () => w.sandbox.load([subscription('sub_1', { status: 'past_due' })])
  // Noon + 14 h is two in the morning; the overlap of runs must not make it two nights.
  expect(await pulls(w, 'subscriptions', [13, 13.9, 14, 14.1, 14.2, 37, 39], change)).toEqual([
    [],
    [],
    ['sub_1'],
    [],
    [],
    [],
    ['sub_1'],
  ])
})

test('a night reads what is new and what is open, and little of the past', async () => {
  const w = world()
  const paid = Array.from({ length: 70 }, (_, i) =>
    stripeInvoice({
      id: `in_${i}`,
      customer: 'cus_1',
      created: daysAgo(10 * i + 5),
      total: 1,
      finalizedAt: 1,
      paidAt: 2,
    }),
  )
  const open = { customer: 'cus_1', total: 1, finalizedAt: 1 }
  w.sandbox.load([...paid, stripeInvoice({ ...open, id: 'in_open', created: daysAgo(650) })])
  const fresh = stripeInvoice({ ...open, id: 'in_new', created: daysAgo(-0.1), paidAt: 2 })
  const read = await pulls(w, 'invoices', [2.5, 15, 39], () => w.sandbox.load([fresh]))
  expect(read[0]).toEqual(['in_new'])
  for (const night of read.slice(1)) {
    expect(night).toEqual(expect.arrayContaining(['in_new', 'in_open']))
    expect(night.length).toBeLessThan(5)
  }
  expect(read[1]).not.toEqual(read[2])
})

test('the slices of the past meet: within twelve weeks every record of 21 months is read again', () => {
  const nights = Array.from({ length: 84 }, (_, n) => NOW + n * DAY)
  for (let days = 4; days < 640; days++) {
    const created = NOW - days * DAY
    const isRead = nights.some((until) =>
      passesOf('charges', until).some(
        (pass) =>
          !('types' in pass) &&
          (pass.since ?? 0) <= created &&
          created < (pass.before ?? Number.POSITIVE_INFINITY),
      ),
    )
    expect(isRead, `${days} days old`).toBe(true)
  }
})

test('a deletion that was told too late for the overlap of two runs is found in the night', async () => {
  const w = world()
  w.sandbox.load(['cus_1', 'cus_2'].map((id) => stripeCustomer({ id, created: daysAgo(300) })))
  const first = await pull(w, 'customers')
  w.time.now = NOW + HOUR
  const second = await pull(w, 'customers', first.cursor)
  w.time.now = NOW + 0.2 * HOUR
  w.sandbox.remove('customer', 'cus_1')
  w.time.now = NOW + 2 * HOUR
  const third = await pull(w, 'customers', second.cursor)
  expect(third.deleted).toEqual([])
  w.time.now = NOW + 15 * HOUR
  expect((await pull(w, 'customers', third.cursor)).deleted).toEqual(['cus_1'])
})

test('a night that is stopped after any page goes on there', async () => {
  const w = world()
  const charges = Array.from({ length: 230 }, (_, i) =>
    stripeCharge({ id: `ch_${i}`, customer: 'cus_1', amount: 1, created: unix(NOW - DAY) + i }),
  )
  w.sandbox.load(charges)
  const { cursor } = await pull(w, 'charges')
  w.time.now += 20 * HOUR
  const whole = await pull(w, 'charges', cursor)
  expect(ids(whole.records)).toHaveLength(230)
  expect(whole.pages.length).toBeGreaterThan(3)
  for (let stop = 1; stop < whole.pages.length; stop++) {
    const kept = whole.pages.slice(0, stop).flatMap((page) => page.records)
    const rest = await pull(w, 'charges', JSON.parse(JSON.stringify(whole.pages[stop - 1]!.cursor)))
    expect(ids([...kept, ...rest.records])).toEqual(ids(whole.records))
    expect(kept.length + rest.records.length).toBe(whole.records.length)
  }
})

test('nights can be switched off', async () => {
  const w = world({ config: { nightly: false } })
  w.sandbox.load([subscription('sub_1')])
  expect(await pulls(w, 'subscriptions', [15])).toEqual([[]])
})
