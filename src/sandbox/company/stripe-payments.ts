import type { Instant } from '#model'
import { unix } from './calendar.ts'
import type { Random } from './random.ts'
import { listOf, type Party } from './stripe-objects.ts'
import type { StripeObject } from './types.ts'

export interface ChargeInput {
  party: Party
  amount: number
  at: Instant
  intent: string
  description: string
  failure?: { code: string; message: string }
}

const CARDS = ['visa', 'mastercard', 'amex', 'jcb', 'unionpay'] as const

export function chargeObject(
  { party, amount, at, intent, description, failure }: ChargeInput,
  random: Random,
): StripeObject {
  const id = `ch_3${random.token(23)}`
  return {
    id,
    object: 'charge',
    amount,
    amount_captured: failure ? 0 : amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: failure ? null : `txn_3${random.token(23)}`,
    billing_details: {
      address: party.address,
      email: party.email,
      name: party.name,
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: 'NORTHWIND TELEMETRY',
    captured: !failure,
    created: unix(at),
    currency: party.currency,
    customer: party.id,
    description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: failure ? '51' : null,
      network_status: failure ? 'declined_by_network' : 'approved_by_network',
      reason: failure?.code ?? null,
      risk_level: 'normal',
      seller_message: failure ? 'The bank declined the payment.' : 'Payment complete.',
      type: failure ? 'issuer_declined' : 'authorized',
    },
    paid: !failure,
    payment_intent: intent,
    payment_method: `pm_1${random.token(23)}`,
    payment_method_details: {
      card: {
        brand: random.pick(CARDS),
        country: 'US',
        exp_month: 8,
        exp_year: 2031,
        funding: 'credit',
        last4: String(random.int(1000, 9999)),
      },
      type: 'card',
    },
    presentment_details: null,
    receipt_email: party.email,
    receipt_number: null,
    receipt_url: failure ? null : `https://pay.stripe.com/receipts/payment/${random.token(40)}`,
    refunded: false,
    review: null,
    shipping: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: failure ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: null,
  }
}

export function paymentIntentObject(input: {
  id: string
  party: Party
  amount: number
  at: Instant
  charge: string | null
  isPaid: boolean
}): StripeObject {
  return {
    id: input.id,
    object: 'payment_intent',
    amount: input.amount,
    amount_capturable: 0,
    amount_received: input.isPaid ? input.amount : 0,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: null,
    confirmation_method: 'automatic',
    created: unix(input.at),
    currency: input.party.currency,
    customer: input.party.id,
    customer_account: null,
    description: null,
    last_payment_error: null,
    latest_charge: input.charge,
    livemode: false,
    metadata: {},
    payment_method_types: ['card'],
    receipt_email: null,
    setup_future_usage: 'off_session',
    status: input.isPaid ? 'succeeded' : 'requires_payment_method',
  }
}

export function invoicePaymentObject(
  input: {
    invoice: string
    intent: string
    amount: number
    currency: string
    at: Instant
    paidAt?: Instant
    isCanceled?: boolean
  },
  random: Random,
): StripeObject {
  const { paidAt } = input
  return {
    id: `inpay_1${random.token(23)}`,
    object: 'invoice_payment',
    amount_paid: paidAt === undefined ? null : input.amount,
    amount_requested: input.amount,
    created: unix(input.at),
    currency: input.currency,
    invoice: input.invoice,
    is_default: true,
    livemode: false,
    payment: { payment_intent: input.intent, type: 'payment_intent' },
    status: paidAt !== undefined ? 'paid' : input.isCanceled ? 'canceled' : 'open',
    status_transitions: {
      canceled_at: input.isCanceled ? unix(input.at) : null,
      paid_at: paidAt === undefined ? null : unix(paidAt),
    },
  }
}

export function refundObject(
  charge: StripeObject,
  amount: number,
  at: Instant,
  random: Random,
): StripeObject {
  return {
    id: `re_3${random.token(23)}`,
    object: 'refund',
    amount,
    balance_transaction: `txn_3${random.token(23)}`,
    charge: charge.id,
    created: unix(at),
    currency: charge.currency,
    destination_details: {
      card: { reference: random.token(12), reference_status: 'available', type: 'refund' },
      type: 'card',
    },
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: 'requested_by_customer',
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  }
}

export function disputeObject(
  charge: StripeObject,
  amount: number,
  at: Instant,
  status: 'lost' | 'needs_response',
  random: Random,
): StripeObject {
  return {
    id: `du_1${random.token(23)}`,
    object: 'dispute',
    amount,
    balance_transactions: [
      {
        id: `txn_1${random.token(23)}`,
        object: 'balance_transaction',
        amount: -amount,
        created: unix(at),
        currency: charge.currency,
        type: 'adjustment',
      },
    ],
    charge: charge.id,
    created: unix(at),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: {},
    evidence_details: {
      due_by: unix(at) + 9 * 86_400,
      enhanced_eligibility: {},
      has_evidence: status === 'lost',
      past_due: false,
      submission_count: status === 'lost' ? 1 : 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: { brand: 'visa', case_type: 'chargeback', network_reason_code: '13.1' },
      type: 'card',
    },
    reason: 'product_not_received',
    status,
  }
}

export function creditNoteObject(
  input: {
    invoice: StripeObject
    amount: number
    at: Instant
    number: string
    refund?: StripeObject
    reason: string
  },
  random: Random,
): StripeObject {
  const { invoice, amount, at, refund } = input
  const id = `cn_1${random.token(23)}`
  return {
    id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: unix(at),
    currency: invoice.currency,
    customer: invoice.customer,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: unix(at),
    invoice: invoice.id,
    lines: listOf([], `/v1/credit_notes/${id}/lines`),
    livemode: false,
    memo: null,
    metadata: {},
    number: input.number,
    out_of_band_amount: null,
    pdf: `https://pay.stripe.com/credit_notes/${random.token(24)}/pdf`,
    post_payment_amount: refund ? amount : 0,
    pre_payment_amount: refund ? 0 : amount,
    pretax_credit_amounts: [],
    reason: input.reason,
    refunds: refund ? [{ amount_refunded: amount, refund: refund.id, type: 'refund' }] : [],
    shipping_cost: null,
    status: 'issued',
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
    total_taxes: [],
    type: refund ? 'post_payment' : 'pre_payment',
    voided_at: null,
  }
}
