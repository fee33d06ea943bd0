import type { StripeObject } from './objects.ts'

/**
 * Objects with every field Stripe would send and this hub reads, so that a demo company or a test only names what
 * matters. Seconds since the epoch throughout; amounts in minor units.
 */
export type Fields = { id: string } & Record<string, unknown>

export const common = { livemode: false, metadata: {} }
export const listOf = (url: string, data: StripeObject[]) => ({ object: 'list', data, has_more: false, url })
const EMPTY_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }

export function stripeCustomer(
  fields: Fields & { taxIds?: { type: string; value: string }[] },
): StripeObject {
  const { taxIds = [], ...rest } = fields
  const url = `/v1/customers/${fields.id}/tax_ids`
  const ids = taxIds.map(({ type, value }, i) => ({
    id: `txi_${fields.id}_${i}`,
    object: 'tax_id',
    customer: fields.id,
    type,
    value,
    ...common,
  }))
  return {
    object: 'customer',
    ...common,
    address: EMPTY_ADDRESS,
    balance: 0,
    created: 0,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: null,
    name: null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    tax_ids: listOf(url, ids),
    test_clock: null,
    ...rest,
  }
}

export const stripeProduct = (fields: Fields): StripeObject => ({
  object: 'product',
  ...common,
  active: true,
  created: 0,
  default_price: null,
  description: null,
  images: [],
  name: '',
  type: 'service',
  updated: 0,
  ...fields,
})

/** `interval: null` makes a one-time price. */
export function stripePrice(
  fields: Fields & {
    unit_amount?: number | null
    interval?: string | null
    interval_count?: number
    usage_type?: string
  },
): StripeObject {
  const { interval = 'month', interval_count = 1, usage_type = 'licensed', ...rest } = fields
  const amount = fields.unit_amount ?? null
  return {
    object: 'price',
    ...common,
    active: true,
    billing_scheme: 'per_unit',
    created: 0,
    currency: 'usd',
    custom_unit_amount: null,
    lookup_key: null,
    nickname: null,
    product: null,
    recurring:
      interval === null
        ? null
        : { interval, interval_count, meter: null, trial_period_days: null, usage_type },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: interval === null ? 'one_time' : 'recurring',
    unit_amount: amount,
    unit_amount_decimal: amount === null ? null : String(amount),
    ...rest,
  }
}

/** `items` name a price object each; `period` is that of all items. */
export function stripeSubscription(
  fields: Fields & {
    customer: string
    created: number
    items: { price: StripeObject; quantity?: number; discounts?: unknown[] }[]
    period: { start: number; end: number }
  },
): StripeObject {
  const { items, period, ...rest } = fields
  const url = `/v1/subscription_items?subscription=${fields.id}`
  const data = items.map(
    (item, i): StripeObject => ({
      id: `si_${fields.id}_${i}`,
      object: 'subscription_item',
      created: fields.created,
      current_period_end: period.end,
      current_period_start: period.start,
      discounts: [],
      metadata: {},
      quantity: 1,
      subscription: fields.id,
      tax_rates: [],
      ...item,
    }),
  )
  return {
    object: 'subscription',
    ...common,
    billing_cycle_anchor: fields.created,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: 'charge_automatically',
    currency: 'usd',
    customer_account: null,
    days_until_due: null,
    description: null,
    discounts: [],
    ended_at: null,
    items: listOf(url, data),
    latest_invoice: null,
    pause_collection: null,
    schedule: null,
    start_date: fields.created,
    status: 'active',
    trial_end: null,
    trial_start: null,
    ...rest,
  }
}
