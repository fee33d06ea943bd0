import type { Instant } from '#model'
import { majorText } from '#model'
import type { Account } from './billing.ts'
import { between, DAY, HOUR, iso, MINUTE, unix } from './calendar.ts'
import { type Catalogue, type Price, planName } from './catalogue.ts'
import type { Deal } from './deals.ts'
import type { Random } from './random.ts'
import { listOf } from './stripe-objects.ts'
import type { PandaDocDocument, StripeObject } from './types.ts'

const SELLERS = [
  { email: 'sofia.brandt@northwind-telemetry.com', first_name: 'Sofia', last_name: 'Brandt' },
  { email: 'owen.castellane@northwind-telemetry.com', first_name: 'Owen', last_name: 'Castellane' },
]
const FIRST_QUOTE = 1041

type Outcome = 'accepted' | 'draft' | 'sent' | 'viewed' | 'waiting_approval' | 'declined' | 'expired'

interface QuotePlan {
  deal: Deal
  price: Price
  total: number
  outcome: Outcome
  createdAt: Instant
  sentAt?: Instant
  viewedAt?: Instant
  closedAt?: Instant
  expiresAt: Instant
}

export interface Quotes {
  stripe: StripeObject[]
  pandadoc: PandaDocDocument[]
}

/** Quotes before the subscriptions that came of them, and those that are still open or came to nothing. */
export function createQuotes(
  random: Random,
  now: Instant,
  deals: Deal[],
  accounts: Account[],
  catalogue: Catalogue,
): Quotes {
  const quotes: Quotes = { stripe: [], pandadoc: [] }
  const open = { stripe: 0, pandadoc: 0 }
  for (const deal of deals) {
    const { quotedBy } = deal
    if (!quotedBy) continue
    const price = catalogue.plan(deal.plan, deal.currency, deal.interval)
    const outcome = deal.isShowcase
      ? 'viewed'
      : deal.stage === 'opportunity'
        ? outcomeOf(quotedBy, open[quotedBy]++)
        : 'accepted'
    const plan: QuotePlan = {
      deal,
      price,
      total: price.amount * deal.seats,
      outcome,
      ...datesOf(random, now, deal, outcome),
    }
    if (quotedBy === 'pandadoc') {
      quotes.pandadoc.push(pandaDocument(random, plan, quotes.pandadoc.length))
      continue
    }
    const account = accounts.find((item) => item.deal === deal)
    if (account) quotes.stripe.push(stripeQuote(random, plan, account, quotes.stripe.length))
  }
  return quotes
}

const OPEN_OUTCOMES: Record<'stripe' | 'pandadoc', readonly Outcome[]> = {
  stripe: ['sent', 'expired', 'draft', 'declined'],
  pandadoc: ['sent', 'viewed', 'declined', 'waiting_approval', 'expired', 'draft'],
}

function outcomeOf(quotedBy: 'stripe' | 'pandadoc', index: number): Outcome {
  const outcomes = OPEN_OUTCOMES[quotedBy]
  return outcomes[index % outcomes.length]!
}

function datesOf(random: Random, now: Instant, deal: Deal, outcome: Outcome) {
  if (deal.isShowcase) {
    const sentAt = now - 11 * DAY
    return { createdAt: sentAt - 3 * HOUR, sentAt, viewedAt: now - 10 * DAY, expiresAt: sentAt + 30 * DAY }
  }
  if (outcome === 'accepted') {
    const closedAt = deal.startsAt - 20 * MINUTE
    const sentAt = closedAt - random.int(2, 6) * DAY
    return {
      createdAt: sentAt - 3 * HOUR,
      sentAt,
      viewedAt: between(random, sentAt + HOUR, closedAt),
      closedAt,
      expiresAt: sentAt + 30 * DAY,
    }
  }
  // Still open ones are recent; lost ones have had time to be lost.
  const isLost = outcome === 'declined' || outcome === 'expired'
  const createdAt = isLost ? now - random.int(38, 48) * DAY : now - random.int(2, 20) * DAY
  const sentAt = createdAt + random.int(1, 5) * HOUR
  const expiresAt = sentAt + 30 * DAY
  if (outcome === 'draft' || outcome === 'waiting_approval') return { createdAt, expiresAt }
  if (outcome === 'sent') return { createdAt, sentAt, expiresAt }
  const viewedAt = between(random, sentAt + 10 * MINUTE, sentAt + DAY)
  if (outcome === 'viewed') return { createdAt, sentAt, viewedAt, expiresAt }
  return {
    createdAt,
    sentAt,
    viewedAt,
    expiresAt,
    closedAt: outcome === 'expired' ? expiresAt : viewedAt + random.int(1, 9) * DAY,
  }
}

/** A quote has no views, and no way to decline: Stripe cancels it. @see https://docs.stripe.com/api/quotes/object */
function stripeQuote(
  random: Random,
  plan: QuotePlan,
  { party, subscription }: Account,
  index: number,
): StripeObject {
  const { deal, price, total, outcome } = plan
  const status =
    outcome === 'accepted'
      ? 'accepted'
      : plan.closedAt !== undefined
        ? 'canceled'
        : plan.sentAt !== undefined
          ? 'open'
          : 'draft'
  const id = `qt_1${random.token(23)}`
  const none = { amount_discount: 0, amount_shipping: 0, amount_tax: 0 }
  const transition = (at: Instant | undefined, when: boolean) => (when && at !== undefined ? unix(at) : null)
  const description = titleOf(deal)
  return {
    id,
    object: 'quote',
    amount_subtotal: total,
    amount_total: total,
    application: null,
    application_fee_amount: null,
    application_fee_percent: null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    collection_method: deal.collection,
    computed: {
      recurring: {
        amount_subtotal: total,
        amount_total: total,
        interval: deal.interval,
        interval_count: 1,
        total_details: none,
      },
      upfront: { amount_subtotal: total, amount_total: total, total_details: none },
    },
    created: unix(plan.createdAt),
    currency: deal.currency,
    customer: party.id,
    customer_account: null,
    default_tax_rates: [],
    description,
    discounts: [],
    expires_at: unix(plan.expiresAt),
    footer: null,
    from_quote: null,
    header: null,
    invoice: status === 'accepted' ? (subscription?.firstInvoice ?? null) : null,
    invoice_settings: { days_until_due: null, issuer: { type: 'self' } },
    line_items: listOf(
      [
        {
          id: `li_1${random.token(23)}`,
          object: 'item',
          amount_discount: 0,
          amount_subtotal: total,
          amount_tax: 0,
          amount_total: total,
          currency: deal.currency,
          description: planName(deal.plan),
          price: price.raw,
          quantity: deal.seats,
        },
      ],
      `/v1/quotes/${id}/line_items`,
    ),
    livemode: false,
    metadata: {},
    number: status === 'draft' ? null : `QT-${FIRST_QUOTE + index}-1`,
    on_behalf_of: null,
    status,
    status_transitions: {
      accepted_at: transition(plan.closedAt, status === 'accepted'),
      canceled_at: transition(plan.closedAt, status === 'canceled'),
      finalized_at: transition(plan.sentAt, true),
    },
    subscription: status === 'accepted' ? (subscription?.id ?? null) : null,
    subscription_data: {
      billing_mode: { type: 'flexible' },
      description: null,
      effective_date: null,
      metadata: {},
      trial_period_days: null,
    },
    subscription_schedule: null,
    test_clock: null,
    total_details: none,
    transfer_data: null,
  }
}

const PANDADOC_STATUS: Record<Outcome, string> = {
  accepted: 'document.completed',
  draft: 'document.draft',
  sent: 'document.sent',
  viewed: 'document.viewed',
  waiting_approval: 'document.waiting_approval',
  declined: 'document.declined',
  expired: 'document.voided',
}

/** List item and details in one: the list shows the first fields. @see https://developers.pandadoc.com/reference/document-details */
function pandaDocument(random: Random, plan: QuotePlan, index: number): PandaDocDocument {
  const { deal, price, total, outcome } = plan
  const currency = deal.currency.toUpperCase()
  const amount = majorText({ amount: total, currency })
  const modifiedAt = plan.closedAt ?? plan.viewedAt ?? plan.sentAt ?? plan.createdAt + 20 * MINUTE
  const at = (instant: Instant | undefined) => (instant === undefined ? null : iso(instant))
  const seller = {
    id: random.token(22),
    ...SELLERS[index % SELLERS.length]!,
    avatar: null,
    membership_id: random.token(22),
  }
  return {
    id: random.token(22),
    name: titleOf(deal),
    status: PANDADOC_STATUS[outcome],
    date_created: iso(plan.createdAt),
    date_modified: iso(modifiedAt),
    date_completed: outcome === 'accepted' ? at(plan.closedAt) : null,
    expiration_date: iso(plan.expiresAt),
    version: '2',
    approval_execution: null,
    autonumbering_sequence_name_prefix: null,
    content_date_modified: iso(plan.createdAt),
    created_by: seller,
    date_sent: at(plan.sentAt),
    fields: [],
    grand_total: { amount, currency },
    images: [],
    linked_objects: [],
    lock: null,
    metadata: {
      'northwind.quote': String(FIRST_QUOTE + index),
      ...(deal.company ? { 'northwind.company': deal.company.domain } : {}),
    },
    pricing: {
      tables: [
        {
          id: random.token(22),
          name: 'Pricing Table 1',
          total: amount,
          is_included_in_total: true,
          currency,
          summary: { subtotal: amount, total: amount, discount: '0', tax: '0', fee: '0' },
          items: [
            {
              id: random.token(22),
              sku: String(price.raw.lookup_key),
              qty: String(deal.seats),
              name: planName(deal.plan),
              price: majorText({ amount: price.amount, currency }),
              description: deal.interval === 'year' ? 'per seat and year' : 'per seat and month',
              subtotal: amount,
            },
          ],
        },
      ],
      quotes: [
        {
          id: random.uuid(),
          currency,
          total: amount,
          summary: {
            total: amount,
            subtotal: amount,
            one_time_subtotal: '0',
            recurring_subtotal: [
              { billing_cycle: deal.interval === 'year' ? 'annually' : 'monthly', value: amount },
            ],
          },
          sections: [],
        },
      ],
    },
    recipients: [
      {
        id: random.token(22),
        type: 'recipient',
        contact_id: random.token(22),
        first_name: deal.buyer.given,
        last_name: deal.buyer.family,
        email: deal.buyer.email,
        phone: deal.buyer.phone ?? '',
        recipient_type: 'signer',
        role: 'Client',
        roles: ['Client'],
        has_completed: outcome === 'accepted',
        signing_order: null,
        signature_date: outcome === 'accepted' ? at(plan.closedAt) : null,
        delivery_methods: { email: true, sms: false },
        shared_link: `https://app.pandadoc.com/document/${random.token(40)}`,
      },
    ],
    ref_number: `${random.token(5)}-${random.token(5)}-${random.token(5)}`.toUpperCase(),
    sent_by: plan.sentAt === undefined ? null : seller,
    tables: [],
    tags: [],
    template: { id: 'nwtSaasProposal0000001', name: 'SaaS proposal' },
    texts: [],
    tokens: [{ name: 'Client.Company', value: deal.company?.name ?? '' }],
  }
}

const titleOf = ({ company, buyer, plan, seats }: Deal) =>
  `${planName(plan)} for ${company?.name ?? buyer.fullName} (${seats} seats)`
