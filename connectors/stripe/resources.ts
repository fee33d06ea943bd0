/** What is read of Stripe, per stream. @see https://docs.stripe.com/api */
export interface Resource {
  path: string
  /** Relative to the object; lists add "data.", and Stripe allows four levels including that. */
  expand: readonly string[]
  query?: Record<string, string | readonly string[]>
  /** Whether the list can be filtered by creation time. */
  hasCreated: boolean
  /** Lists what can still change at any age, where that is few of all. */
  living?: Record<string, string>
  /** Of `events`, those that end an object. */
  deletions?: readonly string[]
  /** Event types that tell of a change. At most 20, as many as `types[]` of the event list takes. */
  events: readonly string[]
}

const verbs = (prefix: string, ...names: string[]): string[] => names.map((name) => `${prefix}.${name}`)

export const RESOURCES = {
  customers: {
    path: '/v1/customers',
    deletions: ['customer.deleted'],
    expand: ['tax_ids'],
    hasCreated: true,
    events: [
      ...verbs('customer', 'created', 'updated', 'deleted'),
      ...verbs('customer.tax_id', 'created', 'updated', 'deleted'),
    ],
  },
  products: {
    path: '/v1/products',
    deletions: ['product.deleted'],
    expand: [],
    hasCreated: true,
    events: verbs('product', 'created', 'updated', 'deleted'),
  },
  prices: {
    path: '/v1/prices',
    deletions: ['price.deleted'],
    expand: [],
    hasCreated: true,
    events: verbs('price', 'created', 'updated', 'deleted'),
  },
  subscriptions: {
    path: '/v1/subscriptions',
    expand: ['discounts.source.coupon', 'items.data.discounts', 'customer'],
    // Without it Stripe leaves canceled ones out, and churn would never be seen.
    query: { status: 'all' },
    living: {},
    hasCreated: true,
    events: [
      ...verbs(
        'customer.subscription',
        'created',
        'updated',
        'deleted',
        'paused',
        'resumed',
        'trial_will_end',
      ),
      ...verbs('customer.subscription', 'pending_update_applied', 'pending_update_expired'),
      ...verbs('customer.discount', 'created', 'updated', 'deleted'),
    ],
  },
  subscription_schedules: {
    path: '/v1/subscription_schedules',
    living: { scheduled: 'true' },
    expand: ['phases.items.price'],
    hasCreated: true,
    events: verbs(
      'subscription_schedule',
      'created',
      'updated',
      'released',
      'canceled',
      'completed',
      'aborted',
      'expiring',
    ),
  },
  invoices: {
    path: '/v1/invoices',
    deletions: ['invoice.deleted'],
    expand: ['payments'],
    living: { status: 'open' },
    hasCreated: true,
    events: [
      ...verbs(
        'invoice',
        'created',
        'updated',
        'finalized',
        'paid',
        'payment_failed',
        'payment_action_required',
      ),
      ...verbs('invoice', 'overdue', 'voided', 'marked_uncollectible', 'deleted'),
      'invoice_payment.paid',
    ],
  },
  charges: {
    path: '/v1/charges',
    expand: [],
    hasCreated: true,
    events: verbs('charge', 'captured', 'expired', 'failed', 'pending', 'refunded', 'succeeded', 'updated'),
  },
  refunds: {
    path: '/v1/refunds',
    expand: ['charge'],
    hasCreated: true,
    events: verbs('refund', 'created', 'updated', 'failed'),
  },
  disputes: {
    path: '/v1/disputes',
    expand: ['charge'],
    hasCreated: true,
    events: verbs('charge.dispute', 'created', 'updated', 'closed', 'funds_withdrawn', 'funds_reinstated'),
  },
  credit_notes: {
    path: '/v1/credit_notes',
    expand: [],
    hasCreated: true,
    events: verbs('credit_note', 'created', 'updated', 'voided'),
  },
  quotes: {
    path: '/v1/quotes',
    living: { status: 'open' },
    expand: [],
    hasCreated: false,
    events: verbs('quote', 'created', 'finalized', 'accepted', 'canceled'),
  },
  // The log itself, for what no object keeps: which value was there before, and when it changed.
  events: {
    path: '/v1/events',
    expand: [],
    query: {
      types: [
        ...verbs('customer.subscription', 'updated', 'resumed'),
        ...verbs('invoice', 'updated', 'payment_failed', 'overdue'),
        'charge.dispute.closed',
      ],
    },
    hasCreated: true,
    events: [],
  },
} as const satisfies Record<string, Resource>

export type StreamName = keyof typeof RESOURCES
