/**
 * What the simulator knows of Stripe's objects: which fields hold other objects by id until they are expanded, and
 * which are left out until they are asked for.
 * @see https://docs.stripe.com/expand
 */
export interface ObjectType {
  /** Path within the object → type it refers to. Absent in an answer only where the object has no such field. */
  references?: Record<string, string>
  /** Fields that only come when they are expanded. */
  includable?: readonly string[]
}

export const TYPES: Record<string, ObjectType> = {
  customer: { references: { default_source: 'source' }, includable: ['tax_ids', 'subscriptions', 'sources'] },
  tax_id: { references: { customer: 'customer' } },
  product: { references: { default_price: 'price' } },
  price: { references: { product: 'product' }, includable: ['tiers', 'currency_options'] },
  coupon: { includable: ['applies_to', 'currency_options'] },
  discount: { references: { 'source.coupon': 'coupon', customer: 'customer' } },
  subscription: {
    references: {
      customer: 'customer',
      latest_invoice: 'invoice',
      discounts: 'discount',
      schedule: 'subscription_schedule',
    },
  },
  subscription_item: { references: { discounts: 'discount' } },
  subscription_schedule: {
    references: {
      customer: 'customer',
      subscription: 'subscription',
      released_subscription: 'subscription',
      'phases.items.price': 'price',
    },
  },
  invoice: {
    references: { customer: 'customer', discounts: 'discount' },
    includable: ['payments', 'amount_paid_off_stripe'],
  },
  invoice_payment: {
    references: {
      invoice: 'invoice',
      'payment.charge': 'charge',
      'payment.payment_intent': 'payment_intent',
    },
  },
  line_item: { references: { discounts: 'discount' } },
  payment_intent: { references: { customer: 'customer', latest_charge: 'charge' } },
  charge: { references: { customer: 'customer', payment_intent: 'payment_intent' }, includable: ['refunds'] },
  refund: { references: { charge: 'charge', customer: 'customer', payment_intent: 'payment_intent' } },
  dispute: { references: { charge: 'charge', payment_intent: 'payment_intent' } },
  credit_note: { references: { customer: 'customer', invoice: 'invoice' } },
  quote: {
    references: {
      customer: 'customer',
      invoice: 'invoice',
      subscription: 'subscription',
      discounts: 'discount',
    },
    includable: ['line_items'],
  },
  event: {},
}

export interface ListSpec {
  type: string
  /** Filters besides limit, cursors, expand and (where `created`) created. */
  filters: readonly string[]
  created: boolean
  status?: readonly string[]
}

const SUBSCRIPTION_STATUS = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
]

/** List endpoints and the parameters they take; anything else is refused as unknown. */
export const LISTS: Record<string, ListSpec> = {
  customers: { type: 'customer', filters: ['email', 'test_clock'], created: true },
  products: { type: 'product', filters: ['active', 'ids', 'shippable', 'type', 'url'], created: true },
  prices: { type: 'price', filters: ['active', 'currency', 'lookup_keys', 'product', 'type'], created: true },
  coupons: { type: 'coupon', filters: [], created: true },
  subscriptions: {
    type: 'subscription',
    filters: ['status', 'customer', 'customer_account', 'collection_method'],
    created: true,
    status: SUBSCRIPTION_STATUS,
  },
  subscription_schedules: {
    type: 'subscription_schedule',
    filters: ['customer', 'customer_account', 'scheduled'],
    created: true,
  },
  subscription_items: { type: 'subscription_item', filters: ['subscription'], created: false },
  invoices: {
    type: 'invoice',
    filters: ['status', 'customer', 'customer_account', 'collection_method', 'subscription'],
    created: true,
    status: ['draft', 'open', 'paid', 'uncollectible', 'void'],
  },
  invoice_payments: { type: 'invoice_payment', filters: ['invoice', 'status'], created: true },
  charges: { type: 'charge', filters: ['customer', 'payment_intent', 'transfer_group'], created: true },
  refunds: { type: 'refund', filters: ['charge', 'payment_intent'], created: true },
  disputes: { type: 'dispute', filters: ['charge', 'payment_intent'], created: true },
  credit_notes: { type: 'credit_note', filters: ['customer', 'customer_account', 'invoice'], created: true },
  quotes: {
    type: 'quote',
    filters: ['status', 'customer', 'customer_account', 'test_clock'],
    created: false,
    status: ['draft', 'open', 'accepted', 'canceled'],
  },
  events: { type: 'event', filters: ['type', 'types'], created: true },
}

/** Lists of objects that name their parent: `field` of a parent of type `type` shows the children. */
export const CHILDREN: Record<
  string,
  Record<string, { type: string; by: string; url: (id: string) => string }>
> = {
  customer: { tax_ids: { type: 'tax_id', by: 'customer', url: (id) => `/v1/customers/${id}/tax_ids` } },
  invoice: {
    payments: { type: 'invoice_payment', by: 'invoice', url: (id) => `/v1/invoice_payments?invoice=${id}` },
  },
}

export const CAN_BE_DELETED = new Set(['customer', 'product', 'price', 'invoice', 'coupon'])

/** Prefix of event types: a subscription's events are the customer's. */
export const EVENT_PREFIX: Record<string, string> = {
  subscription: 'customer.subscription',
  dispute: 'charge.dispute',
  tax_id: 'customer.tax_id',
  discount: 'customer.discount',
}
