import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Contribution, type DocumentContribution, type TouchpointContribution } from '#model'
import connector from '../../connectors/stripe/index.ts'
import {
  type StripeObject,
  stripeCharge,
  stripeCustomer,
  stripeDispute,
  stripeInvoice,
  stripePrice,
  stripeQuote,
  stripeRefund,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { company } from './company.ts'
import { daysAgo, mapRecord, pull, streamOf, world } from './support.ts'

const w = world()
const map = (stream: string, raw: unknown): Contribution[] =>
  mapRecord(w, stream, raw).map((c) => Contribution.parse(c))
const documents = (cs: Contribution[]) =>
  cs.filter((c): c is DocumentContribution => c.type === 'document').map((c) => c.document)
const touches = (cs: Contribution[]) =>
  cs.filter((c): c is TouchpointContribution => c.type === 'touchpoint').map((c) => c.touchpoint)
const kinds = (cs: Contribution[]) => touches(cs).map(({ kind }) => kind)
const names = Object.keys(connector.streams!)

/** The store's rule: succeeded payments, and what invoices say was paid where no positive one of them refers to it. */
function lifetimePaid(contributions: Contribution[]): number {
  const all = documents(contributions)
  const payments = all.filter((d) => d.type === 'payment')
  const linked = new Set(
    payments.filter((p) => p.status === 'succeeded' && p.amount.amount > 0).map((p) => p.invoice_key),
  )
  const paid = payments.filter((p) => p.status === 'succeeded').reduce((sum, p) => sum + p.amount.amount, 0)
  const rest = all
    .filter((d) => d.type === 'invoice')
    .filter((d) => !linked.has(d.key))
    .reduce((sum, d) => sum + d.paid.amount, 0)
  return paid + rest
}

const RESOURCES: Record<string, string> = {
  customers: 'customer',
  products: 'product',
  prices: 'price',
  subscriptions: 'subscription',
  subscription_schedules: 'subscription_schedule',
  invoices: 'invoice',
  charges: 'charge',
  refunds: 'refund',
  disputes: 'dispute',
  credit_notes: 'credit_note',
  events: 'event',
  quotes: 'quote',
}
const fixtures = (() => {
  try {
    const text = readFileSync(new URL('../../../shared/data/stripe/fixtures3.json', import.meta.url), 'utf8')
    return (JSON.parse(text) as { resources: Record<string, StripeObject> }).resources
  } catch {
    return undefined
  }
})()

test.skipIf(!fixtures)(
  `every resource of Stripe's own fixtures parses and maps${fixtures ? '' : ' (no data)'}`,
  () => {
    expect(Object.keys(RESOURCES)).toEqual(names)
    for (const name of names) {
      const raw = fixtures![RESOURCES[name]!]!
      expect(streamOf(name).key(streamOf(name).record.parse(raw))).toBe(raw.id)
      const contributions = map(name, raw)
      if (!['products', 'prices', 'events'].includes(name))
        expect(contributions.length, name).toBeGreaterThan(0)
    }
  },
)

test('a broken record names the field, whatever is broken', () => {
  const invoice = stripeInvoice({ id: 'in_1', customer: 'cus_1', created: 1, total: 1 })
  expect(() => map('invoices', { ...invoice, currency: 'dollars' })).toThrow('currency')
  expect(() => map('invoices', { ...invoice, total: 'a lot' })).toThrow('total')
})

test('a customer is a person, and a company where something says so', () => {
  const [fatima, acme, solo] = company()
    .filter(({ object }) => object === 'customer')
    .map((c) => map('customers', c))
  expect(fatima).toEqual([
    {
      type: 'person',
      identifiers: [
        { kind: 'vendor_id', value: 'cus_fatima' },
        { kind: 'email', value: 'fatima@nadiradata.pk' },
        { kind: 'user_id', value: 'u_17' },
      ],
      attributes: {
        email: 'fatima@nadiradata.pk',
        full_name: 'فاطمہ خان',
        phone: '+92 21 111 222 333',
        company_name: 'نادرہ ڈیٹا',
        language: 'ur-PK',
        street: 'شاہراہ فیصل',
        city: 'کراچی',
        region: null,
        postal_code: '75350',
        country: 'PK',
      },
      account: [{ kind: 'vendor_id', value: 'cus_fatima' }],
    },
    {
      type: 'account',
      identifiers: [
        { kind: 'vendor_id', value: 'cus_fatima' },
        { kind: 'domain', value: 'nadiradata.pk' },
      ],
      attributes: {
        name: 'نادرہ ڈیٹا',
        street: 'شاہراہ فیصل',
        city: 'کراچی',
        region: null,
        postal_code: '75350',
        country: 'PK',
      },
    },
  ])
  expect(acme).toMatchObject([
    { attributes: { company_name: 'ACME GmbH' } },
    { attributes: { name: 'ACME GmbH', vat_id: 'DE123456789' } },
  ])
  expect(acme![0]).not.toHaveProperty('attributes.full_name')
  expect(solo).toMatchObject([{ type: 'person', attributes: { full_name: 'Solo', email: null, city: null } }])
  expect(solo![0]).not.toHaveProperty('account')
})

test('absent, null and empty stay three values', () => {
  const { phone: _, name: __, ...bare } = stripeCustomer({ id: 'cus_1', email: '' })
  expect(map('customers', bare)[0]).toMatchObject({ attributes: { email: '', region: null } })
  expect(map('customers', bare)[0]).not.toHaveProperty('attributes.phone')
  expect(map('customers', bare)[0]).not.toHaveProperty('attributes.full_name')
})

test('what a customer paid is counted once, refunds and lost disputes taken off', async () => {
  const one = world()
  one.sandbox.load(company())
  const all: Contribution[] = []
  for (const name of names)
    all.push(...(await pull(one, name)).records.flatMap((r) => mapRecord(one, name, r)))
  const of = (id: string) => all.filter((c) => c.type === 'document' && c.person?.[0]?.value === id)
  // 139.00 charged for invoice A-1, 39.00 refunded, 10.00 lost in a dispute; a failed attempt moved nothing.
  expect(lifetimePaid(of('cus_fatima'))).toBe(13_900 - 3_900 - 1_000)
  // 200.00 of invoice A-2 came by bank transfer, 50.00 went back the same way.
  expect(lifetimePaid(of('cus_acme'))).toBe(20_000 - 5_000)
})

test('lifetime paid is right for any mix of payments, whatever order they come in', () => {
  const payment = fc.record({
    amount: fc.integer({ min: 1, max: 99_999 }),
    isCharge: fc.boolean(),
    refunded: fc.nat(100),
  })
  fc.assert(
    fc.property(fc.array(fc.array(payment, { maxLength: 3 }), { maxLength: 4 }), (invoices) => {
      let expected = 0
      const contributions = invoices.flatMap((parts, i) => {
        const paidBy = parts.map(({ amount, isCharge }, j) =>
          isCharge ? { intent: `pi_${i}_${j}`, amount } : { amount },
        )
        const total = parts.reduce((sum, { amount }) => sum + amount, 0)
        const invoice = stripeInvoice({
          id: `in_${i}`,
          customer: 'cus_1',
          created: 1,
          total,
          finalizedAt: 2,
          paidAt: 3,
          paidBy,
        })
        const charges = parts.flatMap(({ amount, isCharge, refunded }, j) => {
          const back = isCharge ? Math.floor((amount * refunded) / 100) : 0
          expected += amount - back
          if (!isCharge) return []
          const id = `ch_${i}_${j}`
          const refund = stripeRefund({ id: `re_${i}_${j}`, charge: id, amount: back, created: 4 })
          return [
            ...map('charges', stripeCharge({ id, amount, created: 3, customer: 'cus_1' })),
            ...map('refunds', refund),
          ]
        })
        return [...charges, ...map('invoices', invoice)]
      })
      expect(lifetimePaid(contributions)).toBe(expected)
      expect(lifetimePaid(contributions.toReversed())).toBe(expected)
    }),
    { numRuns: 50 },
  )
})

test('an authorisation is not money, and neither is its release', () => {
  const held = stripeCharge({ id: 'ch_1', amount: 500, created: 1, captured: false, amount_captured: 0 })
  const released = { ...held, refunded: true, amount_refunded: 500 }
  expect(documents(map('charges', held))).toMatchObject([{ status: 'pending', amount: { amount: 500 } }])
  expect(documents(map('charges', released))).toMatchObject([{ status: 'failed' }])
  expect(
    map('refunds', {
      ...stripeRefund({ id: 're_1', charge: 'ch_1', amount: 500, created: 2 }),
      charge: released,
    }),
  ).toEqual([])
  expect([...kinds(map('charges', held)), ...kinds(map('charges', released))]).toEqual([])
  const partly = stripeCharge({ id: 'ch_2', amount: 500, amount_captured: 300, created: 1 })
  expect(documents(map('charges', partly))).toMatchObject([{ status: 'succeeded', amount: { amount: 300 } }])
})

test('refunds and disputes take the customer of their charge', () => {
  const charge = stripeCharge({ id: 'ch_1', amount: 500, created: 1, customer: 'cus_9' })
  const refund = { ...stripeRefund({ id: 're_1', charge: 'ch_1', amount: 500, created: 2 }), charge }
  const dispute = { ...stripeDispute({ id: 'dp_1', charge: 'ch_1', amount: 500, created: 2 }), charge }
  for (const contribution of [...map('refunds', refund), ...map('disputes', dispute)]) {
    expect(contribution).toMatchObject({ person: [{ value: 'cus_9' }], account: [{ value: 'cus_9' }] })
  }
})

test.each([
  ['pending', 'pending'],
  ['requires_action', 'pending'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
  ['succeeded', 'succeeded'],
])('a refund that is %s is a payment that is %s', (status, expected) => {
  const [payment] = documents(
    map('refunds', stripeRefund({ id: 're_1', charge: 'ch_1', amount: 5, created: 2, status })),
  )
  expect(payment).toMatchObject({ status: expected, amount: { amount: -5 } })
})

test.each([
  ['lost', 'succeeded'],
  ['won', 'failed'],
  ['warning_closed', 'failed'],
  ['prevented', 'failed'],
  ['needs_response', 'pending'],
  ['appeal_under_review', 'pending'],
])('a dispute that is %s is a payment that is %s', (status, expected) => {
  const balance_transactions = [
    { amount: -5, created: 3 },
    { amount: 5, created: 9 },
  ]
  const contributions = map(
    'disputes',
    stripeDispute({ id: 'dp_1', charge: 'ch_1', amount: 5, created: 2, status, balance_transactions }),
  )
  expect(documents(contributions)).toMatchObject([
    { status: expected, kind: 'dispute', amount: { amount: -5 } },
  ])
  const closed = touches(contributions).find(({ kind }) => kind === 'dispute.closed')
  expect(closed?.occurred_at).toBe(status === 'won' ? 9000 : undefined)
})

test('an invoice says what is owed, by its status', () => {
  const base = { id: 'in_1', customer: 'cus_1', created: daysAgo(9), total: 1000, finalizedAt: daysAgo(8) }
  const openOf = (over: Record<string, unknown>) =>
    documents(map('invoices', stripeInvoice({ ...base, ...over })))[0]
  expect(openOf({})).toMatchObject({ status: 'open', open: { amount: 1000 }, issued_at: daysAgo(8) * 1000 })
  expect(openOf({ status: 'uncollectible' })).toMatchObject({ open: { amount: 1000 } })
  expect(openOf({ status: 'void' })).toMatchObject({ open: { amount: 0 } })
  expect(openOf({ status: 'draft', status_transitions: null })).toMatchObject({
    status: 'draft',
    open: { amount: 0 },
    issued_at: daysAgo(9) * 1000,
  })
  expect(openOf({ subscription: 'sub_7', currency: 'jpy' })).toMatchObject({
    subscription_key: 'sub_7',
    total: { amount: 1000, currency: 'JPY' },
  })
})

test('an automatic renewal is nothing the buyer did; paying a sent invoice is', () => {
  const base = {
    id: 'in_1',
    customer: 'cus_1',
    created: 1,
    total: 10,
    finalizedAt: 2,
    paidAt: 3,
    subscription: 'sub_1',
    paidBy: [{ intent: 'pi_1', amount: 10 }],
  }
  const paid = (over: object) =>
    touches(map('invoices', stripeInvoice({ ...base, ...over }))).find(({ kind }) => kind === 'invoice.paid')
  expect(paid({})).toMatchObject({
    direction: 'outbound',
    amount: { amount: 10, currency: 'USD' },
    occurred_at: 3000,
  })
  expect(paid({ collection_method: 'send_invoice' })?.direction).toBe('inbound')
  expect(paid({ billing_reason: 'subscription_create' })?.direction).toBe('inbound')
})

const price = stripePrice({ id: 'price_1', unit_amount: 1000 })
const subscribed = (over: Record<string, unknown>) =>
  map(
    'subscriptions',
    stripeSubscription({
      id: 'sub_1',
      customer: 'cus_1',
      created: 100,
      items: [{ price }],
      period: { start: 100, end: 900 },
      ...over,
    }),
  )

test.each([
  ['paid from the start', {}, { 'subscription.started': 100 }],
  [
    'in trial',
    { status: 'trialing', trial_start: 100, trial_end: 500 },
    { 'subscription.trial_started': 100 },
  ],
  [
    'after a trial',
    { trial_start: 100, trial_end: 500 },
    { 'subscription.trial_started': 100, 'subscription.started': 500 },
  ],
  [
    'canceled in trial',
    { status: 'canceled', trial_start: 100, trial_end: 500, ended_at: 300 },
    { 'subscription.trial_started': 100, 'subscription.canceled': 300 },
  ],
  [
    'paused after trial',
    { status: 'paused', trial_start: 100, trial_end: 500 },
    { 'subscription.trial_started': 100, 'subscription.paused': 500 },
  ],
  ['never paid', { status: 'incomplete_expired' }, {}],
  [
    'to be canceled',
    { cancel_at_period_end: true, canceled_at: 700 },
    { 'subscription.started': 100, 'subscription.changed': 700 },
  ],
  [
    'canceled at once',
    { status: 'canceled', canceled_at: 700, ended_at: 700 },
    { 'subscription.started': 100, 'subscription.canceled': 700 },
  ],
])('touchpoints of a subscription %s are dated by the object', (_name, over, expected) => {
  const dated = Object.fromEntries(
    touches(subscribed(over)).map(({ kind, occurred_at }) => [kind, occurred_at / 1000]),
  )
  expect(dated).toEqual(expected)
})

test('a subscription shows renewal, planned end and end', () => {
  expect(documents(subscribed({}))).toMatchObject([
    { renews_at: 900_000, cancels_at: null, ended_at: null, started_at: 100_000 },
  ])
  expect(documents(subscribed({ cancel_at_period_end: true, canceled_at: 5 }))).toMatchObject([
    { cancels_at: 900_000 },
  ])
  expect(documents(subscribed({ cancel_at: 750 }))).toMatchObject([{ cancels_at: 750_000 }])
  expect(documents(subscribed({ status: 'canceled', ended_at: 300 }))).toMatchObject([
    { renews_at: null, cancels_at: null, ended_at: 300_000, mrr: { amount: 0 } },
  ])
})

test.each([
  ['draft', {}, 'draft', ['quote.created']],
  ['open', { finalizedAt: 200 }, 'sent', ['quote.created', 'quote.sent']],
  [
    'accepted',
    { finalizedAt: 200, acceptedAt: 300 },
    'accepted',
    ['quote.created', 'quote.sent', 'quote.accepted'],
  ],
  [
    'canceled',
    { finalizedAt: 200, canceledAt: 300 },
    'canceled',
    ['quote.created', 'quote.sent', 'quote.declined'],
  ],
  [
    'expired',
    { finalizedAt: 200, canceledAt: 300, expires_at: 300 },
    'expired',
    ['quote.created', 'quote.sent', 'quote.expired'],
  ],
  ['canceled draft', { canceledAt: 300 }, 'canceled', ['quote.created']],
])('a quote that is %s', (_name, over, status, expected) => {
  const contributions = map(
    'quotes',
    stripeQuote({ id: 'qt_1', created: 100, amount_total: 5000, customer: 'cus_1', ...over }),
  )
  expect(documents(contributions)).toMatchObject([{ status, total: { amount: 5000, currency: 'USD' } }])
  expect(kinds(contributions)).toEqual(expected)
})

test('a quote brings its recurring part per month, without tax', () => {
  const quote = stripeQuote({
    id: 'qt_1',
    created: 1,
    amount_total: 1,
    recurring: { amount_total: 142_800, interval: 'year' },
  })
  const computed = quote.computed as { recurring: object }
  const taxed = {
    ...quote,
    computed: { recurring: { ...computed.recurring, total_details: { amount_tax: 22_800 } } },
  }
  expect(documents(map('quotes', taxed))).toMatchObject([{ recurring_mrr: { amount: 10_000 } }])
  expect(map('quotes', { ...quote, currency: null })).toEqual([])
})

test('documents of a v2 account name the account instead of a customer', () => {
  const invoice = stripeInvoice({ id: 'in_1', customer: 'cus_1', created: 1, total: 1 })
  expect(map('invoices', { ...invoice, customer: null, customer_account: 'acct_5' })[0]).toMatchObject({
    person: [{ value: 'acct_5' }],
  })
  expect(map('invoices', { ...invoice, customer: null })[0]).not.toHaveProperty('person')
})
