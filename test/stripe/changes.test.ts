import { expect, test } from 'vitest'
import { RecordError } from '#kit'
import connector from '../../connectors/stripe/index.ts'
import {
  type StripeObject,
  stripeCharge,
  stripeDispute,
  stripeInvoice,
  stripePrice,
  stripeProduct,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { daysAgo, mapRecord, NOW, pull, streamOf, unix, type World, world } from './support.ts'

const pro = stripeProduct({ id: 'prod_pro', name: 'Pro' })
const team = stripeProduct({ id: 'prod_team', name: 'ٹیم' })
const monthly = stripePrice({ id: 'price_pro', product: pro.id, unit_amount: 1000 })
const yearly = stripePrice({ id: 'price_pro_year', product: pro.id, unit_amount: 12_000, interval: 'year' })
const dear = stripePrice({ id: 'price_team', product: team.id, unit_amount: 2500 })
const tiered = stripePrice({
  id: 'price_tiers',
  product: team.id,
  billing_scheme: 'tiered',
  tiers_mode: 'volume',
  tiers: [
    { up_to: 5, unit_amount: 500, unit_amount_decimal: '500', flat_amount_decimal: null },
    { up_to: null, unit_amount: 300, unit_amount_decimal: '300', flat_amount_decimal: null },
  ],
})

const subscription = (over: Record<string, unknown> = {}, price: StripeObject = monthly, quantity = 2) =>
  stripeSubscription({
    id: 'sub_1',
    customer: 'cus_1',
    created: daysAgo(50),
    items: [{ price, quantity }],
    period: { start: daysAgo(10), end: daysAgo(-20) },
    ...over,
  })

const billing = () => {
  const w = world()
  w.sandbox.load([pro, team, monthly, yearly, dear, tiered, subscription()])
  return w
}

/** What the log tells, by its own stream. */
async function told(w: World) {
  const { records } = await pull(w, 'events')
  return records
    .flatMap((record) => mapRecord(w, 'events', record))
    .map((c) => (c.type === 'touchpoint' ? c.touchpoint : c))
}

test('a dearer plan is an upgrade, worth the difference a month', async () => {
  const w = billing()
  w.sandbox.upsert(subscription({}, dear))
  expect(await told(w)).toEqual([
    {
      kind: 'subscription.upgraded',
      occurred_at: NOW,
      channel: 'billing',
      direction: 'inbound',
      title: 'Subscription upgraded: Pro → ٹیم',
      amount: { amount: 3000, currency: 'USD' },
      props: { plan: 'ٹیم', previous_plan: 'Pro', quantity: 2, previous_quantity: 2 },
    },
  ])
})

test('fewer seats are a downgrade, by tiers that only the price itself shows', async () => {
  const w = billing()
  w.sandbox.load([subscription({}, tiered, 10)])
  w.sandbox.upsert(subscription({}, tiered, 4))
  expect(await told(w)).toMatchObject([
    {
      kind: 'subscription.downgraded',
      title: 'Subscription downgraded: ٹیم, 10 → 4',
      amount: { amount: 1000, currency: 'USD' },
    },
  ])
})

test('another interval at the same price is a change; a discount is none, a renewal neither', async () => {
  const w = billing()
  w.sandbox.upsert(subscription({}, yearly))
  const half = { id: 'co_half', object: 'coupon', duration: 'forever', percent_off: 50, created: 1 }
  const discount = { id: 'di_1', object: 'discount', source: { type: 'coupon', coupon: half } }
  w.sandbox.upsert(subscription({ discounts: [discount] }, yearly))
  w.sandbox.upsert(subscription({ period: { start: daysAgo(0), end: daysAgo(-365) } }, yearly))
  expect(await told(w)).toMatchObject([{ kind: 'subscription.changed', slot: 'plan', amount: { amount: 0 } }])
})

test('before it has begun and after it is over, nothing is raised or lowered', async () => {
  const w = billing()
  for (const status of ['incomplete', 'incomplete_expired', 'canceled']) {
    w.sandbox.load([subscription({ status })])
    w.sandbox.upsert(subscription({ status }, dear))
  }
  expect(await told(w)).toEqual([])
})

test('collection is paused and resumed when it was, and another way of pausing is neither', async () => {
  const w = billing()
  const until = daysAgo(-30)
  w.sandbox.upsert(subscription({ pause_collection: { behavior: 'void', resumes_at: until } }))
  w.time.now += 3_600_000
  w.sandbox.upsert(subscription({ pause_collection: { behavior: 'keep_as_draft', resumes_at: until } }))
  w.time.now += 3_600_000
  w.sandbox.upsert(subscription())
  expect(await told(w)).toMatchObject([
    { kind: 'subscription.resumed', occurred_at: NOW + 7_200_000, title: 'Payment collection resumed: Pro' },
    {
      kind: 'subscription.paused',
      occurred_at: NOW,
      amount: { amount: 2000 },
      props: { plan: 'Pro', behavior: 'void', resumes_at: new Date(until * 1000).toISOString() },
    },
  ])
})

test('a subscription that paused without a payment method resumes', async () => {
  const w = billing()
  w.sandbox.load([subscription({ status: 'paused' })])
  w.sandbox.upsert(subscription({ status: 'active' }))
  w.sandbox.upsert(subscription({ status: 'active' }), 'resumed')
  expect(await told(w)).toMatchObject([{ kind: 'subscription.resumed', title: 'Subscription resumed: Pro' }])
})

test.each([
  ['at the end of the period', { cancel_at_period_end: true }],
  ['at a date', { cancel_at: daysAgo(-60) }],
])('a cancellation %s that is withdrawn is told', async (_name, scheduled) => {
  const w = billing()
  w.sandbox.upsert(subscription({ ...scheduled, canceled_at: daysAgo(1) }))
  expect(await told(w)).toEqual([])
  w.sandbox.upsert(subscription())
  expect(await told(w)).toMatchObject([
    { kind: 'subscription.changed', slot: 'cancellation_withdrawn', title: 'Cancellation withdrawn: Pro' },
  ])
})

test('several changes of one event stand side by side', async () => {
  const w = billing()
  w.sandbox.load([subscription({ cancel_at_period_end: true, pause_collection: { behavior: 'void' } })])
  w.sandbox.upsert(subscription({}, yearly))
  const touches = (await told(w)) as { kind: string; slot?: string }[]
  expect(new Set(touches.map(({ kind, slot }) => `${kind}/${slot}`)).size).toBe(3)
})

const invoice = (over: Record<string, unknown> = {}) =>
  stripeInvoice({
    id: 'in_1',
    customer: 'cus_1',
    created: daysAgo(3),
    total: 5000,
    number: 'A-7',
    finalizedAt: daysAgo(3),
    ...over,
  })

test('a failed attempt, and the payment that follows it, whoever started it', async () => {
  const w = billing()
  w.sandbox.load([invoice()])
  const failed = { attempted: true, attempt_count: 1, next_payment_attempt: daysAgo(-3) }
  w.sandbox.upsert(invoice(failed))
  w.sandbox.upsert(invoice(failed), 'payment_failed')
  w.time.now += 86_400_000
  // The customer entered another card: Stripe counts no attempt for that.
  const paid = {
    attempted: true,
    attempt_count: 1,
    paidAt: unix(w.time.now),
    paidBy: [{ intent: 'pi_2', amount: 5000 }],
  }
  w.sandbox.upsert(invoice(paid))
  w.sandbox.upsert(invoice(paid), 'paid')
  expect(await told(w)).toMatchObject([
    {
      kind: 'payment.recovered',
      occurred_at: NOW + 86_400_000,
      direction: 'inbound',
      title: 'Invoice A-7 paid after a failed attempt',
      amount: { amount: 5000, currency: 'USD' },
      url: 'https://invoice.stripe.com/i/in_1',
    },
    {
      kind: 'invoice.payment_failed',
      occurred_at: NOW,
      direction: 'outbound',
      amount: { amount: 5000 },
      props: { number: 'A-7', attempt: 1, next_attempt_at: new Date(daysAgo(-3) * 1000).toISOString() },
    },
  ])
})

test('an invoice paid at the first attempt is not a recovery', async () => {
  const w = billing()
  w.sandbox.load([invoice()])
  w.sandbox.upsert(
    invoice({ paidAt: unix(NOW), attempted: true, paidBy: [{ intent: 'pi_1', amount: 5000 }] }),
  )
  expect(await told(w)).toEqual([])
})

test('an invoice becomes overdue by the log alone', async () => {
  const w = billing()
  w.sandbox.load([invoice()])
  w.sandbox.upsert(invoice(), 'overdue')
  expect(await told(w)).toMatchObject([{ kind: 'invoice.overdue', amount: { amount: 5000 } }])
})

test('a dispute that is decided is closed once: by the money that came back, or by the event', async () => {
  for (const status of ['lost', 'warning_closed', 'won']) {
    const w = billing()
    w.sandbox.load([stripeCharge({ id: 'ch_1', customer: 'cus_1', amount: 900, created: daysAgo(20) })])
    const dispute = {
      id: 'dp_1',
      charge: 'ch_1',
      amount: 900,
      created: daysAgo(9),
      balance_transactions: status === 'won' ? [{ created: unix(NOW), amount: 900 }] : [],
    }
    w.sandbox.upsert(stripeDispute({ ...dispute, status }), 'closed')
    const { records } = await pull(w, 'disputes')
    const { records: events } = await pull(w, 'events')
    const closed = [
      ...records.flatMap((record) => mapRecord(w, 'disputes', record)),
      ...events.flatMap((record) => mapRecord(w, 'events', record)),
    ].filter((c) => c.type === 'touchpoint' && c.touchpoint.kind === 'dispute.closed')
    expect(closed, status).toMatchObject([
      { person: [{ value: 'cus_1' }], touchpoint: { occurred_at: NOW, props: { status } } },
    ])
  }
})

test('a webhook of a change and the log give equal contributions', async () => {
  const w = billing()
  const event = w.sandbox.upsert(subscription({}, dear))
  const { body } = await w.sandbox.signedDelivery(event)
  const delivery = { headers: {}, body, receivedAt: NOW, config: w.ctx.config }
  expect(connector.webhook!.receive(delivery)).toEqual({
    refetch: [
      { stream: 'subscriptions', key: 'sub_1' },
      { stream: 'events', key: event.id },
    ],
  })
  const fetched = await streamOf('events').fetch!(w.ctx, [event.id])
  const { records } = await pull(w, 'events')
  expect(fetched).toEqual(records)
  expect(mapRecord(w, 'events', fetched[0])).toEqual(mapRecord(w, 'events', records[0]))
})

test('the log is read once: a second pull brings what came since, with some overlap', async () => {
  const w = billing()
  w.sandbox.upsert(subscription({}, dear))
  w.time.now += 3_600_000
  const first = await pull(w, 'events')
  expect(first.records).toHaveLength(1)
  w.time.now += 3_600_000
  const before = w.sandbox.requests.length
  const second = await pull(w, 'events', first.cursor)
  expect([second.records, w.sandbox.requests.length - before]).toEqual([[], 1])
  w.sandbox.upsert(subscription())
  w.time.now += 3_600_000
  expect((await pull(w, 'events', second.cursor)).records).toHaveLength(1)
})

test('events of earlier API versions are read as far as they go, and set aside where they do not', () => {
  const event = (object: Record<string, unknown>, items: unknown) => ({
    id: 'evt_1',
    type: 'customer.subscription.updated',
    created: unix(NOW),
    data: { object: { id: 'sub_1', object: 'subscription', ...object }, previous_attributes: { items } },
  })
  const item = (quantity: number) => ({
    id: 'si_1',
    plan: { id: 'price_1', amount: 700 },
    price: { ...stripePrice({ id: 'price_1', unit_amount: 700, currency: 'eur' }) },
    quantity,
  })
  const w = world()
  const old = event(
    { customer: 'cus_1', currency: 'eur', quantity: 3, items: { data: [item(3)] } },
    { data: [item(1)] },
  )
  expect(mapRecord(w, 'events', old)).toMatchObject([
    { touchpoint: { kind: 'subscription.upgraded', amount: { amount: 1400, currency: 'EUR' } } },
  ])
  const ancient = event({ customer: 'cus_1', items: { data: [] } }, { data: [item(1)] })
  expect(() => mapRecord(w, 'events', ancient)).toThrow(RecordError)
})
