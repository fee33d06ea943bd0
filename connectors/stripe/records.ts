import * as z from 'zod'

/**
 * Stripe's objects as they arrive, reduced to what is read here. Everything is loose and enums are open: Stripe adds
 * values without a new API version.
 * @see https://docs.stripe.com/api
 */
const Currency = z.string().regex(/^[A-Za-z]{3}$/, 'is not a three-letter currency')
const Unix = z.number()
const Amount = z.int()

/** An id, or the object itself where it was expanded. */
const Ref = z.union([z.string(), z.looseObject({ id: z.string() })])
export type Ref = z.infer<typeof Ref>

export const idOf = (ref: Ref | null | undefined): string | undefined =>
  typeof ref === 'string' ? ref : ref?.id

const Metadata = z.record(z.string(), z.string()).nullish()

const Address = z
  .looseObject({
    line1: z.string().nullish(),
    line2: z.string().nullish(),
    city: z.string().nullish(),
    state: z.string().nullish(),
    postal_code: z.string().nullish(),
    country: z.string().nullish(),
  })
  .nullish()

const listOf = <T extends z.ZodType>(item: T) => z.looseObject({ data: z.array(item) })

/** Who a document belongs to: a customer, or an account of the v2 API standing in for one. */
const owner = { customer: Ref.nullish(), customer_account: z.string().nullish() }

export const CustomerRecord = z.looseObject({
  id: z.string(),
  created: Unix,
  name: z.string().nullish(),
  business_name: z.string().nullish(),
  individual_name: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  address: Address,
  preferred_locales: z.array(z.string()).nullish(),
  metadata: Metadata,
  tax_ids: listOf(z.looseObject({ type: z.string(), value: z.string().nullish() })).nullish(),
})
export type CustomerRecord = z.infer<typeof CustomerRecord>

export const ProductRecord = z.looseObject({ id: z.string(), name: z.string().nullish() })

const Decimal = z.string().nullish()
const Tier = z.looseObject({
  up_to: z.int().nullable(),
  unit_amount_decimal: Decimal,
  flat_amount_decimal: Decimal,
})

export const PriceRecord = z.looseObject({
  id: z.string(),
  currency: Currency,
  nickname: z.string().nullish(),
  product: Ref.nullish(),
  type: z.string(),
  billing_scheme: z.string(),
  unit_amount_decimal: Decimal,
  tiers_mode: z.string().nullish(),
  tiers: z.array(Tier).nullish(),
  transform_quantity: z.looseObject({ divide_by: z.int(), round: z.string() }).nullish(),
  recurring: z
    .looseObject({ interval: z.string(), interval_count: z.int(), usage_type: z.string() })
    .nullish(),
  currency_options: z
    .record(z.string(), z.looseObject({ unit_amount_decimal: Decimal, tiers: z.array(Tier).nullish() }))
    .nullish(),
})
export type PriceRecord = z.infer<typeof PriceRecord>

export const CouponRecord = z.looseObject({
  id: z.string(),
  duration: z.string(),
  percent_off: z.number().nullish(),
  amount_off: Amount.nullish(),
  currency: z.string().nullish(),
  applies_to: z.looseObject({ products: z.array(z.string()).nullish() }).nullish(),
})

export const DiscountRecord = z.looseObject({
  id: z.string(),
  end: Unix.nullish(),
  source: z.looseObject({ coupon: z.union([z.string(), CouponRecord]).nullish() }).nullish(),
})
export type DiscountRecord = z.infer<typeof DiscountRecord>
const Discounts = z.array(z.union([z.string(), DiscountRecord])).nullish()

export const SubscriptionItem = z.looseObject({
  id: z.string(),
  quantity: z.int().nullish(),
  price: PriceRecord,
  discounts: Discounts,
  current_period_start: Unix.nullish(),
  current_period_end: Unix.nullish(),
})
export type SubscriptionItem = z.infer<typeof SubscriptionItem>

export const SubscriptionRecord = z.looseObject({
  ...owner,
  customer: z
    .union([z.string(), z.looseObject({ id: z.string(), discount: DiscountRecord.nullish() })])
    .nullish(),
  id: z.string(),
  created: Unix,
  status: z.string(),
  currency: Currency,
  items: listOf(SubscriptionItem),
  discounts: Discounts,
  start_date: Unix.nullish(),
  trial_start: Unix.nullish(),
  trial_end: Unix.nullish(),
  cancel_at: Unix.nullish(),
  cancel_at_period_end: z.boolean().nullish(),
  canceled_at: Unix.nullish(),
  ended_at: Unix.nullish(),
  pause_collection: z.looseObject({ behavior: z.string() }).nullish(),
  cancellation_details: z
    .looseObject({
      reason: z.string().nullish(),
      feedback: z.string().nullish(),
      comment: z.string().nullish(),
    })
    .nullish(),
})
export type SubscriptionRecord = z.infer<typeof SubscriptionRecord>

const PhaseItem = z.looseObject({
  quantity: z.int().nullish(),
  price: z.union([z.string(), PriceRecord, z.looseObject({ id: z.string(), deleted: z.literal(true) })]),
})

export const ScheduleRecord = z.looseObject({
  ...owner,
  id: z.string(),
  created: Unix,
  status: z.string(),
  subscription: Ref.nullish(),
  current_phase: z.looseObject({ start_date: Unix }).nullish(),
  end_behavior: z.string().nullish(),
  phases: z.array(
    z.looseObject({
      start_date: Unix,
      end_date: Unix.nullish(),
      currency: Currency,
      items: z.array(PhaseItem),
    }),
  ),
})
export type ScheduleRecord = z.infer<typeof ScheduleRecord>

const InvoicePayment = z.looseObject({
  id: z.string(),
  status: z.string(),
  amount_paid: Amount.nullish(),
  created: Unix.nullish(),
  payment: z.looseObject({ type: z.string() }),
  status_transitions: z.looseObject({ paid_at: Unix.nullish() }).nullish(),
})

export const InvoiceRecord = z.looseObject({
  ...owner,
  id: z.string(),
  created: Unix,
  currency: Currency,
  status: z.string().nullish(),
  number: z.string().nullish(),
  billing_reason: z.string().nullish(),
  collection_method: z.string().nullish(),
  total: Amount,
  amount_paid: Amount,
  amount_remaining: Amount,
  attempt_count: z.int().nullish(),
  due_date: Unix.nullish(),
  hosted_invoice_url: z.string().nullish(),
  status_transitions: z
    .looseObject({
      finalized_at: Unix.nullish(),
      paid_at: Unix.nullish(),
      voided_at: Unix.nullish(),
      marked_uncollectible_at: Unix.nullish(),
    })
    .nullish(),
  parent: z
    .looseObject({ subscription_details: z.looseObject({ subscription: Ref.nullish() }).nullish() })
    .nullish(),
  payments: listOf(InvoicePayment).nullish(),
})
export type InvoiceRecord = z.infer<typeof InvoiceRecord>

export const ChargeRecord = z.looseObject({
  ...owner,
  id: z.string(),
  created: Unix,
  currency: Currency,
  amount: Amount,
  amount_captured: Amount.nullish(),
  captured: z.boolean().nullish(),
  refunded: z.boolean().nullish(),
  status: z.string(),
  description: z.string().nullish(),
  receipt_number: z.string().nullish(),
  receipt_url: z.string().nullish(),
  failure_code: z.string().nullish(),
  failure_message: z.string().nullish(),
})
export type ChargeRecord = z.infer<typeof ChargeRecord>

/** The charge behind a refund or dispute: it knows the customer, and whether money was taken at all. */
const ChargeRef = z.union([
  z.string(),
  z.looseObject({ ...owner, id: z.string(), captured: z.boolean().nullish() }),
])
export type ChargeRef = z.infer<typeof ChargeRef>

export const RefundRecord = z.looseObject({
  ...owner,
  id: z.string(),
  created: Unix,
  currency: Currency,
  amount: Amount,
  status: z.string().nullish(),
  reason: z.string().nullish(),
  failure_reason: z.string().nullish(),
  receipt_number: z.string().nullish(),
  charge: ChargeRef.nullish(),
})
export type RefundRecord = z.infer<typeof RefundRecord>

export const DisputeRecord = z.looseObject({
  id: z.string(),
  created: Unix,
  currency: Currency,
  amount: Amount,
  status: z.string(),
  reason: z.string().nullish(),
  charge: ChargeRef.nullish(),
  balance_transactions: z
    .array(z.looseObject({ created: Unix.nullish(), amount: Amount.nullish() }))
    .nullish(),
})
export type DisputeRecord = z.infer<typeof DisputeRecord>

export const CreditNoteRecord = z.looseObject({
  ...owner,
  id: z.string(),
  created: Unix,
  effective_at: Unix.nullish(),
  currency: Currency,
  total: Amount,
  out_of_band_amount: Amount.nullish(),
  status: z.string(),
  number: z.string().nullish(),
  reason: z.string().nullish(),
  invoice: Ref.nullish(),
  pdf: z.string().nullish(),
})
export type CreditNoteRecord = z.infer<typeof CreditNoteRecord>

export const QuoteRecord = z.looseObject({
  ...owner,
  id: z.string(),
  created: Unix,
  currency: Currency.nullish(),
  status: z.string(),
  number: z.string().nullish(),
  description: z.string().nullish(),
  header: z.string().nullish(),
  amount_total: Amount,
  expires_at: Unix.nullish(),
  computed: z
    .looseObject({
      recurring: z
        .looseObject({
          amount_total: Amount,
          interval: z.string(),
          interval_count: z.int(),
          total_details: z.looseObject({ amount_tax: Amount.nullish() }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  status_transitions: z
    .looseObject({ finalized_at: Unix.nullish(), accepted_at: Unix.nullish(), canceled_at: Unix.nullish() })
    .nullish(),
})
export type QuoteRecord = z.infer<typeof QuoteRecord>

export const EventRecord = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: Unix,
  livemode: z.boolean().nullish(),
  /** The connected account it happened in; absent for the key's own account. */
  account: z.string().nullish(),
  data: z.looseObject({
    object: z.looseObject({ object: z.string(), id: z.string().nullish() }),
    /** Only of updates: what changed, as it was. Of a changed list, the whole list. */
    previous_attributes: z.record(z.string(), z.unknown()).nullish(),
  }),
})
export type EventRecord = z.infer<typeof EventRecord>

/** The objects of events keep the shape of the API version they were made with, so little is asked of them. */
export const ChangedSubscription = z.looseObject({
  ...owner,
  currency: Currency,
  items: listOf(SubscriptionItem),
  pause_collection: z.looseObject({ behavior: z.string().nullish(), resumes_at: Unix.nullish() }).nullish(),
})
export type ChangedSubscription = z.infer<typeof ChangedSubscription>

export const ChangedInvoice = z.looseObject({
  ...owner,
  currency: Currency,
  number: z.string().nullish(),
  amount_paid: Amount,
  amount_remaining: Amount,
  attempt_count: z.int().nullish(),
  next_payment_attempt: Unix.nullish(),
  hosted_invoice_url: z.string().nullish(),
})
export type ChangedInvoice = z.infer<typeof ChangedInvoice>

/** A thin event of the v2 API: names the object, does not carry it. */
export const ThinEventRecord = z.looseObject({
  id: z.string(),
  object: z.literal('v2.core.event'),
  type: z.string(),
  livemode: z.boolean().nullish(),
  /** The connected account it happened in, as `account` of other events. */
  context: z.string().nullish(),
  related_object: z.looseObject({ id: z.string(), type: z.string(), url: z.string().nullish() }).nullish(),
})
