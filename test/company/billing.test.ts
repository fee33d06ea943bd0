import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDemoCompany, type DemoCompany } from '../../src/sandbox/company/index.ts'
import { at, byId, company, NOW, number, ofType, text } from './support.ts'

type Sums = Record<string, Record<string, number>>

function add(sums: Sums, email: string, currency: string, amount: number): void {
  const code = currency.toUpperCase()
  sums[email] = { ...sums[email], [code]: (sums[email]?.[code] ?? 0) + amount }
}

/** Charges minus refunds minus lost disputes, from the objects alone. */
function received(from: DemoCompany): Sums {
  const sums: Sums = {}
  const customers = byId('customer', from)
  const charges = byId('charge', from)
  const emailOf = (charge: unknown) => text(customers.get(at(charge, 'customer')), 'email')
  for (const charge of charges.values())
    if (charge.status === 'succeeded')
      add(sums, emailOf(charge), text(charge, 'currency'), number(charge, 'amount'))
  for (const refund of ofType('refund', from))
    add(sums, emailOf(charges.get(refund.charge)), text(refund, 'currency'), -number(refund, 'amount'))
  for (const dispute of ofType('dispute', from)) {
    if (dispute.status === 'lost')
      add(sums, emailOf(charges.get(dispute.charge)), text(dispute, 'currency'), -number(dispute, 'amount'))
  }
  return sums
}

test('every reference of a Stripe object leads to an object', () => {
  const references: Record<string, Record<string, string>> = {
    price: { product: 'product' },
    subscription: { customer: 'customer', latest_invoice: 'invoice' },
    invoice: { customer: 'customer', 'parent.subscription_details.subscription': 'subscription' },
    invoice_payment: { invoice: 'invoice', 'payment.payment_intent': 'payment_intent' },
    payment_intent: { customer: 'customer', latest_charge: 'charge' },
    charge: { customer: 'customer', payment_intent: 'payment_intent' },
    refund: { charge: 'charge', payment_intent: 'payment_intent' },
    dispute: { charge: 'charge', payment_intent: 'payment_intent' },
    credit_note: { customer: 'customer', invoice: 'invoice' },
    quote: { customer: 'customer', subscription: 'subscription', invoice: 'invoice' },
  }
  for (const [type, paths] of Object.entries(references)) {
    for (const object of ofType(type)) {
      for (const [path, target] of Object.entries(paths)) {
        const id = at(object, path)
        if (id !== null && id !== undefined)
          expect(byId(target).has(id), `${type} ${object.id} ${path}`).toBe(true)
      }
    }
  }
})

test('ids are unique, every object is dated and none is from the future', () => {
  expect(new Set(company.stripe.map(({ object, id }) => `${object} ${id}`)).size).toBe(company.stripe.length)
  for (const object of company.stripe) {
    expect(object.livemode).toBe(false)
    expect(object.created).toBeLessThanOrEqual(NOW / 1000)
    for (const moment of [
      'paid_at',
      'finalized_at',
      'voided_at',
      'marked_uncollectible_at',
      'accepted_at',
      'canceled_at',
    ]) {
      expect(
        number({ at: at(object, `status_transitions.${moment}`) ?? 0 }, 'at'),
        `${object.object} ${moment}`,
      ).toBeLessThanOrEqual(NOW / 1000)
    }
  }
})

test('an invoice is worth its lines, and paid by exactly the charges that succeeded', () => {
  const paidByIntent = new Map<unknown, number>()
  for (const charge of ofType('charge')) {
    if (charge.status === 'succeeded')
      paidByIntent.set(
        charge.payment_intent,
        (paidByIntent.get(charge.payment_intent) ?? 0) + number(charge, 'amount'),
      )
  }
  const paidByInvoice = new Map<unknown, number>()
  for (const payment of ofType('invoice_payment'))
    paidByInvoice.set(payment.invoice, paidByIntent.get(at(payment, 'payment.payment_intent')) ?? 0)

  for (const invoice of ofType('invoice')) {
    const lines = at(invoice, 'lines.data') as unknown[]
    const unit = number(lines[0], 'pricing.unit_amount_decimal') * number(lines[0], 'quantity')
    const total = number(invoice, 'total')
    expect(lines.reduce<number>((sum, line) => sum + number(line, 'amount'), 0)).toBe(total)
    if (total > 0) expect(unit).toBe(total)
    expect(paidByInvoice.get(invoice.id) ?? 0).toBe(number(invoice, 'amount_paid'))
    expect(number(invoice, 'amount_remaining')).toBe(
      total - number(invoice, 'amount_paid') - number(invoice, 'pre_payment_credit_notes_amount'),
    )
    if (invoice.status === 'paid') expect(invoice.amount_remaining).toBe(0)
  }
})

test('refunds stay within their charge and are noted on it', () => {
  for (const refund of ofType('refund')) {
    const charge = byId('charge').get(refund.charge)
    expect(charge?.amount_refunded).toBe(refund.amount)
    expect(number(refund, 'amount')).toBeLessThanOrEqual(number(charge, 'amount'))
    expect(refund.created).toBeGreaterThanOrEqual(charge!.created)
  }
})

test('three-decimal amounts end in 0, as Stripe demands', () => {
  const amounts = company.stripe
    .filter(({ currency }) => currency === 'kwd')
    .flatMap(({ amount, total }) => [amount, total])
    .filter((n) => typeof n === 'number')
  expect(amounts.length).toBeGreaterThan(20)
  expect(amounts.filter((amount) => amount % 10 !== 0)).toEqual([])
})

test('the facts follow from the objects', () => {
  expect(company.facts.lifetimePaid).toEqual(received(company))
  const customers = byId('customer')
  const mrr: Record<string, { amount: number; currency: string }> = {}
  for (const subscription of ofType('subscription')) {
    if (subscription.status !== 'active' && subscription.status !== 'past_due') continue
    const item = at(subscription, 'items.data.0')
    const perPeriod = number(item, 'price.unit_amount') * number(item, 'quantity')
    const amount = at(item, 'price.recurring.interval') === 'year' ? perPeriod / 12 : perPeriod
    mrr[text(customers.get(subscription.customer), 'email')] = {
      amount,
      currency: text(subscription, 'currency').toUpperCase(),
    }
  }
  expect(company.facts.mrr).toEqual(mrr)
  for (const { amount } of Object.values(mrr)) expect(Number.isInteger(amount)).toBe(true)
  expect(company.facts.stripe.invoice).toBe(ofType('invoice').length)
})

test('every state that billing knows occurs', () => {
  const states = (type: string, path = 'status') => new Set(ofType(type).map((object) => at(object, path)))
  expect([...states('subscription')]).toEqual(
    expect.arrayContaining(['active', 'past_due', 'trialing', 'canceled', 'paused']),
  )
  expect([...states('invoice')]).toEqual(expect.arrayContaining(['paid', 'open', 'void', 'uncollectible']))
  expect([...states('quote')]).toEqual(expect.arrayContaining(['draft', 'open', 'accepted', 'canceled']))
  expect([...states('charge')]).toEqual(expect.arrayContaining(['succeeded', 'failed']))
  expect([...states('dispute')]).toEqual(expect.arrayContaining(['lost', 'needs_response']))
  expect([...states('subscription', 'currency')]).toEqual(
    expect.arrayContaining(['usd', 'eur', 'gbp', 'jpy', 'kwd', 'inr', 'aed']),
  )
  expect([...states('price', 'recurring.interval')]).toEqual(expect.arrayContaining(['month', 'year']))
  expect([...states('credit_note', 'type')]).toEqual(expect.arrayContaining(['pre_payment', 'post_payment']))
  expect(Object.keys(company.facts.overdue).length).toBeGreaterThan(0)
  expect(new Set(company.pandadoc.map(({ status }) => status)).size).toBeGreaterThanOrEqual(5)
})

test('an accepted quote precedes the subscription that came of it', () => {
  const subscriptions = byId('subscription')
  const accepted = ofType('quote').filter(({ status }) => status === 'accepted')
  for (const quote of accepted) {
    const subscription = subscriptions.get(quote.subscription)
    expect(number(quote, 'status_transitions.accepted_at')).toBeLessThanOrEqual(subscription!.created)
    expect(number(quote, 'status_transitions.finalized_at')).toBeLessThan(
      number(quote, 'status_transitions.accepted_at'),
    )
    expect(quote.created).toBeGreaterThanOrEqual(byId('customer').get(quote.customer)!.created)
  }
})

test('quotes of PandaDoc name known people, exact amounts and dates in order', () => {
  const known = new Set([
    ...company.sendgrid.map(({ email }) => email),
    ...company.website.map((event) => text(event, 'traits.email')),
  ])
  for (const document of company.pandadoc) {
    expect(known.has(text(document, 'recipients.0.email'))).toBe(true)
    expect(text(document, 'grand_total.amount')).toMatch(/^\d+(\.\d{2,3})?$/)
    expect(Date.parse(text(document, 'date_modified'))).toBeLessThanOrEqual(NOW)
    expect(Date.parse(document.date_created)).toBeLessThan(Date.parse(text(document, 'date_modified')))
  }
})

test('books balance for any seed and any time of the year', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 400 }), (seed, days) => {
      const made = createDemoCompany({
        seed,
        now: NOW - days * 86_400_000 + seed * 1000,
        companies: 20,
        people: 60,
      })
      expect(made.facts.lifetimePaid).toEqual(received(made))
      for (const sums of Object.values(made.facts.lifetimePaid))
        for (const amount of Object.values(sums)) expect(amount).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 25 },
  )
})
