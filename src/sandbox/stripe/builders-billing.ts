import { common, type Fields, listOf } from './builders.ts'
import type { StripeObject } from './objects.ts'

/** `paidBy` names payment intents (or "record" for money from elsewhere) with the amount each settled, at `paidAt`. */
export function stripeInvoice(
  fields: Fields & {
    customer: string
    created: number
    total: number
    subscription?: string
    finalizedAt?: number
    paidAt?: number
    paidBy?: { intent?: string; amount: number }[]
  },
): StripeObject {
  const { subscription, finalizedAt = null, paidAt = null, paidBy = [], ...rest } = fields
  const currency = typeof fields.currency === 'string' ? fields.currency : 'usd'
  const paid = paidBy.reduce((sum, { amount }) => sum + amount, 0)
  const status = paidAt !== null ? 'paid' : finalizedAt !== null ? 'open' : 'draft'
  const payments = paidBy.map(
    ({ intent, amount }, i): StripeObject => ({
      id: `inpay_${fields.id}_${i}`,
      object: 'invoice_payment',
      amount_paid: amount,
      amount_requested: amount,
      created: finalizedAt ?? fields.created,
      currency,
      invoice: fields.id,
      is_default: i === 0,
      livemode: false,
      payment: intent
        ? { type: 'payment_intent', payment_intent: intent }
        : { type: 'payment_record', payment_record: `payrec_${fields.id}_${i}` },
      status: 'paid',
      status_transitions: { canceled_at: null, paid_at: paidAt ?? finalizedAt },
    }),
  )
  return {
    object: 'invoice',
    ...common,
    amount_due: fields.total,
    amount_paid: paid,
    amount_remaining: fields.total - paid,
    amount_overpaid: 0,
    amount_shipping: 0,
    attempt_count: paid > 0 ? 1 : 0,
    attempted: paid > 0,
    auto_advance: false,
    billing_reason: subscription ? 'subscription_cycle' : 'manual',
    collection_method: 'charge_automatically',
    currency,
    customer_account: null,
    customer_email: null,
    customer_name: null,
    description: null,
    discounts: [],
    due_date: null,
    effective_at: finalizedAt,
    ending_balance: null,
    hosted_invoice_url: finalizedAt === null ? null : `https://invoice.stripe.com/i/${fields.id}`,
    invoice_pdf: null,
    lines: listOf(`/v1/invoices/${fields.id}/lines`, []),
    next_payment_attempt: null,
    number: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: {}, subscription },
          type: 'subscription_details',
        }
      : null,
    payments: listOf(`/v1/invoice_payments?invoice=${fields.id}`, payments),
    period_end: fields.created,
    period_start: fields.created,
    status,
    status_transitions: {
      finalized_at: finalizedAt,
      marked_uncollectible_at: null,
      paid_at: paidAt,
      voided_at: null,
    },
    subtotal: fields.total,
    ...rest,
  }
}

export const stripeCharge = (fields: Fields & { amount: number; created: number }): StripeObject => ({
  object: 'charge',
  ...common,
  amount_captured: fields.status === 'failed' ? 0 : fields.amount,
  amount_refunded: 0,
  balance_transaction: null,
  captured: fields.status !== 'failed',
  currency: 'usd',
  customer: null,
  customer_account: null,
  description: null,
  disputed: false,
  failure_code: null,
  failure_message: null,
  paid: fields.status !== 'failed',
  payment_intent: null,
  receipt_number: null,
  receipt_url: null,
  refunded: false,
  status: 'succeeded',
  ...fields,
})

export const stripeRefund = (
  fields: Fields & { amount: number; created: number; charge: string },
): StripeObject => ({
  object: 'refund',
  balance_transaction: null,
  currency: 'usd',
  customer: null,
  customer_account: null,
  metadata: {},
  payment_intent: null,
  reason: null,
  receipt_number: null,
  status: 'succeeded',
  ...fields,
})

export const stripeDispute = (
  fields: Fields & { amount: number; created: number; charge: string },
): StripeObject => ({
  object: 'dispute',
  ...common,
  balance_transactions: [],
  currency: 'usd',
  evidence: {},
  is_charge_refundable: false,
  payment_intent: null,
  reason: 'general',
  status: 'needs_response',
  ...fields,
})

export const stripeCreditNote = (
  fields: Fields & { total: number; created: number; customer: string; invoice: string },
): StripeObject => ({
  object: 'credit_note',
  ...common,
  amount: fields.total,
  currency: 'usd',
  customer_account: null,
  effective_at: fields.created,
  memo: null,
  number: fields.id,
  out_of_band_amount: null,
  pdf: `https://pay.stripe.com/credit_notes/${fields.id}/pdf`,
  post_payment_amount: 0,
  pre_payment_amount: fields.total,
  reason: null,
  refunds: [],
  status: 'issued',
  subtotal: fields.total,
  type: 'pre_payment',
  voided_at: null,
  ...fields,
})

/** `recurring` is what the quote would bring in per interval. */
export function stripeQuote(
  fields: Fields & {
    created: number
    amount_total: number
    recurring?: { amount_total: number; interval: string; interval_count?: number }
    finalizedAt?: number
    acceptedAt?: number
    canceledAt?: number
  },
): StripeObject {
  const { recurring, finalizedAt = null, acceptedAt = null, canceledAt = null, ...rest } = fields
  const details = { amount_discount: 0, amount_shipping: 0, amount_tax: 0 }
  const status =
    canceledAt !== null
      ? 'canceled'
      : acceptedAt !== null
        ? 'accepted'
        : finalizedAt !== null
          ? 'open'
          : 'draft'
  return {
    object: 'quote',
    ...common,
    amount_subtotal: fields.amount_total,
    collection_method: 'send_invoice',
    computed: {
      recurring: recurring
        ? { amount_subtotal: recurring.amount_total, interval_count: 1, total_details: details, ...recurring }
        : null,
      upfront: {
        amount_subtotal: fields.amount_total,
        amount_total: fields.amount_total,
        total_details: details,
      },
    },
    currency: 'usd',
    customer: null,
    customer_account: null,
    description: null,
    discounts: [],
    expires_at: fields.created + 30 * 86_400,
    footer: null,
    from_quote: null,
    header: null,
    invoice: null,
    number: null,
    status,
    status_transitions: { accepted_at: acceptedAt, canceled_at: canceledAt, finalized_at: finalizedAt },
    subscription: null,
    subscription_schedule: null,
    total_details: details,
    ...rest,
  }
}

/** `phases` name a price object or id each, and begin where the one before ends. */
export const stripeSchedule = (
  fields: Fields & {
    customer: string
    created: number
    phases: {
      start_date: number
      end_date: number
      items: { price: StripeObject | string; quantity?: number }[]
    }[]
  },
): StripeObject => ({
  object: 'subscription_schedule',
  ...common,
  canceled_at: null,
  completed_at: null,
  current_phase: null,
  customer_account: null,
  default_settings: { collection_method: 'charge_automatically', description: null },
  end_behavior: 'release',
  released_at: null,
  released_subscription: null,
  status: 'not_started',
  subscription: null,
  test_clock: null,
  ...fields,
  phases: fields.phases.map(({ items, ...phase }) => ({
    add_invoice_items: [],
    currency: 'usd',
    discounts: [],
    metadata: {},
    proration_behavior: 'create_prorations',
    trial_end: null,
    ...phase,
    items: items.map((item) => ({ discounts: [], metadata: {}, quantity: 1, tax_rates: [], ...item })),
  })),
})
