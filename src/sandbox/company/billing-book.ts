import type { Instant } from '#model'
import type { Random } from './random.ts'
import { type InvoiceInput, invoiceObject, listOf } from './stripe-objects.ts'
import {
  type ChargeInput,
  chargeObject,
  invoicePaymentObject,
  paymentIntentObject,
} from './stripe-payments.ts'
import type { StripeObject } from './types.ts'

/** What is asked of an invoice: how and when it is (not) paid. */
export interface Bill
  extends Omit<
    InvoiceInput,
    'id' | 'lineId' | 'number' | 'status' | 'attempts' | 'paid' | 'finalizedAt' | 'paidAt'
  > {
  finalizedAt: Instant
  /** Failed attempts, oldest first. */
  failures: Instant[]
  paidAt?: Instant
}

/** Everything that has been written for Stripe, with the sums that follow from it. */
export interface Book {
  objects: StripeObject[]
  /** Charges that succeeded, with the invoice they settle. */
  paid: { charge: StripeObject; invoice: StripeObject; amount: number }[]
  /** Invoices still owed. */
  open: StripeObject[]
  /** By e-mail and upper-case currency, minor units. */
  lifetimePaid: Record<string, Record<string, number>>
  mrr: Record<string, { amount: number; currency: string }>
  /** Adds a bill with its attempts and payment, as far as they have happened by now. */
  add(bill: Bill): StripeObject
  /** Counts money received (or given back) for an invoice. */
  account(invoice: StripeObject, amount: number): void
}

const DECLINES = [
  { code: 'card_declined', message: 'Your card was declined.' },
  { code: 'insufficient_funds', message: 'Your card has insufficient funds.' },
  { code: 'expired_card', message: 'Your card has expired.' },
]

export function createBook(random: Random, now: Instant): Book {
  const objects: StripeObject[] = []
  const numbers = new Map<string, number>()
  const book: Book = {
    objects,
    paid: [],
    open: [],
    lifetimePaid: {},
    mrr: {},
    add,
    account(invoice, amount) {
      const email = String(invoice.customer_email)
      const currency = String(invoice.currency).toUpperCase()
      const sums = book.lifetimePaid[email] ?? {}
      book.lifetimePaid[email] = { ...sums, [currency]: (sums[currency] ?? 0) + amount }
    },
  }

  function add(bill: Bill): StripeObject {
    const isFinal = bill.finalizedAt <= now
    const failures = bill.failures.filter((at) => at <= now)
    const isVoid = bill.voidedAt !== undefined
    const isPaid =
      isFinal && !isVoid && (bill.total === 0 || (bill.paidAt !== undefined && bill.paidAt <= now))
    const { paidAt = bill.finalizedAt, failures: _failures, finalizedAt, ...rest } = bill
    const status = !isFinal
      ? 'draft'
      : isVoid
        ? 'void'
        : isPaid
          ? 'paid'
          : bill.uncollectibleAt !== undefined
            ? 'uncollectible'
            : 'open'
    const invoice = invoiceObject(
      {
        ...rest,
        id: `in_1${random.token(23)}`,
        lineId: `il_1${random.token(23)}`,
        number: isFinal ? nextNumber(bill.party.id) : null,
        status,
        attempts: failures.length + (isPaid && bill.total > 0 ? 1 : 0),
        paid: isPaid ? bill.total : 0,
        ...(isFinal ? { finalizedAt } : {}),
        ...(isPaid ? { paidAt } : {}),
      },
      random,
    )
    objects.push(invoice)
    if (status === 'open') book.open.push(invoice)
    if (isFinal && bill.total > 0) settle(bill, invoice, failures, isPaid ? paidAt : undefined)
    return invoice
  }

  function settle(bill: Bill, invoice: StripeObject, failures: Instant[], paidAt: Instant | undefined): void {
    const { party, total } = bill
    const intent = `pi_3${random.token(23)}`
    const base: Omit<ChargeInput, 'at'> = { party, amount: total, intent, description: bill.description }
    for (const at of failures)
      objects.push(chargeObject({ ...base, at, failure: random.pick(DECLINES) }, random))
    const last = objects.at(-1)
    let charge = failures.length > 0 && last ? last.id : null
    if (paidAt !== undefined) {
      const paid = chargeObject({ ...base, at: paidAt }, random)
      objects.push(paid)
      charge = paid.id
      book.paid.push({ charge: paid, invoice, amount: total })
      book.account(invoice, total)
    }
    objects.push(
      paymentIntentObject({
        id: intent,
        party,
        amount: total,
        at: bill.finalizedAt,
        charge,
        isPaid: paidAt !== undefined,
      }),
    )
    const payment = invoicePaymentObject(
      {
        invoice: invoice.id,
        intent,
        amount: total,
        currency: party.currency,
        at: bill.finalizedAt,
        ...(paidAt !== undefined ? { paidAt } : {}),
        isCanceled: bill.voidedAt !== undefined,
      },
      random,
    )
    objects.push(payment)
    // Includable: an answer shows it only where it is expanded.
    Object.assign(invoice, { payments: listOf([payment], `/v1/invoice_payments?invoice=${invoice.id}`) })
  }

  function nextNumber(customer: string): string {
    const n = (numbers.get(customer) ?? 0) + 1
    numbers.set(customer, n)
    return `${customer.slice(-8).toUpperCase()}-${String(n).padStart(4, '0')}`
  }

  return book
}
