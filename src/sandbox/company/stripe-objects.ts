import type { Instant } from '#model'
import { unix } from './calendar.ts'
import type { Price } from './catalogue.ts'
import type { Random } from './random.ts'
import type { StripeObject } from './types.ts'

/*
 * Builders of raw objects as API version 2026-10-28.endive answers them: periods on subscription items, the
 * subscription of an invoice under `parent`, payments of an invoice as objects of their own.
 * @see https://docs.stripe.com/api
 */

const ACCOUNT = 'acct_1NorthwindTelemetry'

export const listOf = (data: object[], url: string) => ({ object: 'list', data, has_more: false, url })

const nullable = (at: Instant | undefined) => (at === undefined ? null : unix(at))

export interface Party {
  id: string
  email: string
  name: string
  currency: string
  address: object
}

export function customerObject(
  party: Party & {
    phone?: string
    locale: string
    metadata: Record<string, string>
    createdAt: Instant
    isDelinquent: boolean
    vatId?: { type: string; value: string }
  },
  random: Random,
): StripeObject {
  const created = unix(party.createdAt)
  const taxIds = party.vatId
    ? [
        {
          id: `txi_1${random.token(23)}`,
          object: 'tax_id',
          country: party.vatId.value.slice(0, 2),
          created,
          customer: party.id,
          livemode: false,
          owner: { customer: party.id, type: 'customer' },
          ...party.vatId,
          verification: null,
        },
      ]
    : []
  return {
    id: party.id,
    object: 'customer',
    address: party.address,
    balance: 0,
    created,
    currency: party.currency,
    customer_account: null,
    default_source: null,
    delinquent: party.isDelinquent,
    description: null,
    discount: null,
    email: party.email,
    invoice_prefix: random.token(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: party.metadata,
    name: party.name,
    phone: party.phone ?? null,
    preferred_locales: [party.locale],
    shipping: null,
    tax_exempt: 'none',
    // Includable: an answer shows it only where it is expanded.
    tax_ids: listOf(taxIds, `/v1/customers/${party.id}/tax_ids`),
    test_clock: null,
  }
}

export interface SubscriptionInput {
  id: string
  itemId: string
  customer: string
  price: Price
  seats: number
  status: string
  createdAt: Instant
  period: { start: Instant; end: Instant }
  trial?: { start: Instant; end: Instant }
  collection: string
  cancelAt?: Instant
  canceledAt?: Instant
  endedAt?: Instant
  cancelReason?: string
  latestInvoice: string | null
  metadata: Record<string, string>
}

export function subscriptionObject(input: SubscriptionInput): StripeObject {
  const { id, price, createdAt, cancelAt } = input
  const isScheduled = cancelAt !== undefined && input.endedAt === undefined
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: unix(input.trial?.end ?? createdAt),
    billing_cycle_anchor_config: null,
    billing_mode: { type: 'flexible', flexible: { proration_discounts: 'included' } },
    billing_thresholds: null,
    cancel_at: nullable(cancelAt),
    cancel_at_period_end: isScheduled,
    canceled_at: nullable(input.canceledAt),
    cancellation_details: {
      comment: null,
      feedback: input.cancelReason === 'cancellation_requested' ? 'too_expensive' : null,
      reason: input.cancelReason ?? null,
    },
    collection_method: input.collection,
    created: unix(createdAt),
    currency: price.raw.currency,
    customer: input.customer,
    customer_account: null,
    days_until_due: input.collection === 'send_invoice' ? 14 : null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: nullable(input.endedAt),
    invoice_settings: { account_tax_ids: null, issuer: { type: 'self' } },
    items: listOf(
      [
        {
          id: input.itemId,
          object: 'subscription_item',
          billing_thresholds: null,
          created: unix(createdAt),
          current_period_end: unix(input.period.end),
          current_period_start: unix(input.period.start),
          discounts: [],
          metadata: {},
          price: price.raw,
          quantity: input.seats,
          subscription: id,
          tax_rates: [],
        },
      ],
      `/v1/subscription_items?subscription=${id}`,
    ),
    latest_invoice: input.latestInvoice,
    livemode: false,
    metadata: input.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: unix(createdAt),
    status: input.status,
    test_clock: null,
    transfer_data: null,
    trial_end: nullable(input.trial?.end),
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    trial_start: nullable(input.trial?.start),
  }
}

export interface InvoiceInput {
  id: string
  lineId: string
  number: string | null
  party: Party
  price: Price
  quantity: number
  description: string
  status: string
  reason: string
  collection: string
  createdAt: Instant
  finalizedAt?: Instant
  paidAt?: Instant
  voidedAt?: Instant
  uncollectibleAt?: Instant
  dueAt?: Instant
  nextAttemptAt?: Instant
  attempts: number
  total: number
  paid: number
  period: { start: Instant; end: Instant }
  subscription?: { id: string; itemId: string }
}

export function invoiceObject(input: InvoiceInput, random: Random): StripeObject {
  const { id, party, total, paid, createdAt, subscription } = input
  const parent = subscription
    ? {
        quote_details: null,
        subscription_details: { metadata: {}, subscription: subscription.id },
        type: 'subscription_details',
      }
    : null
  const isFinal = input.finalizedAt !== undefined
  const token = isFinal ? random.token(32) : ''
  return {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Northwind Telemetry',
    account_tax_ids: null,
    amount_due: total,
    amount_overpaid: 0,
    amount_paid: paid,
    amount_remaining: total - paid,
    amount_shipping: 0,
    application: null,
    attempt_count: input.attempts,
    attempted: input.attempts > 0,
    auto_advance: input.status === 'draft' || input.status === 'open',
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: input.reason,
    collection_method: input.collection,
    created: unix(createdAt),
    currency: party.currency,
    custom_fields: null,
    customer: party.id,
    customer_account: null,
    customer_address: party.address,
    customer_email: party.email,
    customer_name: party.name,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: nullable(input.dueAt),
    effective_at: nullable(input.finalizedAt),
    ending_balance: isFinal ? 0 : null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: isFinal ? `https://invoice.stripe.com/i/${ACCOUNT}/test_${token}` : null,
    invoice_pdf: isFinal ? `https://pay.stripe.com/invoice/${ACCOUNT}/test_${token}/pdf` : null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: listOf([invoiceLine(input, random)], `/v1/invoices/${id}/lines`),
    livemode: false,
    metadata: {},
    next_payment_attempt: nullable(input.nextAttemptAt),
    number: input.number,
    on_behalf_of: null,
    parent,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: unix(createdAt),
    period_start: unix(createdAt),
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: input.status,
    status_transitions: {
      finalized_at: nullable(input.finalizedAt),
      marked_uncollectible_at: nullable(input.uncollectibleAt),
      paid_at: nullable(input.paidAt),
      voided_at: nullable(input.voidedAt),
    },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: null,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: unix(createdAt),
  }
}

/** The one line that our invoices have. */
function invoiceLine(input: InvoiceInput, random: Random) {
  const { id, party, total, period, subscription } = input
  return {
    id: input.lineId,
    object: 'line_item',
    amount: total,
    currency: party.currency,
    description: input.description,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: id,
    livemode: false,
    metadata: {},
    parent: subscription
      ? {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: null,
            proration: false,
            proration_details: { credited_items: null },
            subscription: subscription.id,
            subscription_item: subscription.itemId,
          },
          type: 'subscription_item_details',
        }
      : {
          invoice_item_details: {
            invoice_item: `ii_1${random.token(23)}`,
            proration: false,
            proration_details: null,
            subscription: null,
          },
          subscription_item_details: null,
          type: 'invoice_item_details',
        },
    period: { end: unix(period.end), start: unix(period.start) },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: input.price.raw.id, product: input.price.raw.product },
      type: 'price_details',
      unit_amount_decimal: String(input.price.amount),
    },
    quantity: input.quantity,
    subtotal: total,
    taxes: [],
  }
}
