import * as z from 'zod'
import { Instant } from './instant.ts'
import { Money } from './money.ts'

/** Open enums: a status that is not listed passes through and is treated as "other" by roll-ups. */
const status = <const T extends readonly [string, ...string[]]>(known: T) => z.enum(known).or(z.string())

const shared = {
  key: z.string().min(1).describe("The vendor's id of the document"),
  number: z.string().nullish().describe('Human-readable number'),
  currency: z.string().regex(/^[A-Z]{3}$/),
  url: z.string().nullish().describe('Where a person can see it'),
}

/** A recurring contract. `mrr` is normalised to one month, discounts applied, tax excluded. */
export const Subscription = z.object({
  ...shared,
  type: z.literal('subscription'),
  status: status([
    'trialing',
    'active',
    'past_due',
    'unpaid',
    'paused',
    'incomplete',
    'incomplete_expired',
    'canceled',
  ]),
  plan: z.string().nullish().describe('Product and price as shown to people'),
  quantity: z.number().nullish(),
  mrr: Money,
  started_at: Instant,
  renews_at: Instant.nullish().describe('End of the current period'),
  cancels_at: Instant.nullish().describe('Set while a cancellation is scheduled'),
  ended_at: Instant.nullish(),
})
export type Subscription = z.infer<typeof Subscription>

export const Invoice = z.object({
  ...shared,
  type: z.literal('invoice'),
  status: status(['draft', 'open', 'paid', 'uncollectible', 'void']),
  issued_at: Instant,
  due_at: Instant.nullish(),
  paid_at: Instant.nullish(),
  total: Money,
  paid: Money.describe('Paid so far'),
  open: Money.describe('Still owed; 0 unless status is open or uncollectible'),
  subscription_key: z.string().nullish(),
})
export type Invoice = z.infer<typeof Invoice>

/** Money that moved. Refunds, disputes lost and credit notes are payments with a negative amount. */
export const Payment = z.object({
  ...shared,
  type: z.literal('payment'),
  status: status(['succeeded', 'pending', 'failed']),
  kind: status(['charge', 'refund', 'dispute', 'credit_note']),
  at: Instant,
  amount: Money,
  invoice_key: z.string().nullish(),
  failure: z.string().nullish().describe('Why it failed, as the vendor says'),
})
export type Payment = z.infer<typeof Payment>

export const Quote = z.object({
  ...shared,
  type: z.literal('quote'),
  status: status(['draft', 'sent', 'viewed', 'accepted', 'declined', 'expired', 'canceled']),
  title: z.string().nullish(),
  total: Money,
  recurring_mrr: Money.nullish(),
  created_at: Instant,
  sent_at: Instant.nullish(),
  viewed_at: Instant.nullish(),
  expires_at: Instant.nullish(),
  closed_at: Instant.nullish().describe('Accepted, declined, expired or canceled'),
})
export type Quote = z.infer<typeof Quote>

/** A sale as the CRM holds it; counts for no billing field. */
export const Deal = z.object({
  ...shared,
  type: z.literal('deal'),
  status: status(['open', 'won', 'lost']),
  title: z.string().nullish(),
  pipeline: z.string().nullish(),
  stage: z.string().describe('As the CRM names it'),
  stages: z
    .array(z.object({ stage: z.string(), at: Instant }))
    .describe('Which stage it entered when, oldest first'),
  amount: Money.nullish(),
  probability: z.number().min(0).max(100).nullish().describe('Percent'),
  owner_email: z.string().nullish(),
  source: z.string().nullish().describe('Where the CRM says it came from'),
  is_ours: z.boolean().optional().describe('We made it, of a document of another source'),
  created_at: Instant,
  closes_at: Instant.nullish().describe('Expected'),
  closed_at: Instant.nullish(),
})
export type Deal = z.infer<typeof Deal>

export const BillingDocument = z.discriminatedUnion('type', [Subscription, Invoice, Payment, Quote, Deal])
export type BillingDocument = z.infer<typeof BillingDocument>
export type DocumentType = BillingDocument['type']
