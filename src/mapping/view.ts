import type { AccountAttributes, Instant, Money, PersonAttributes, Quote } from '#model'

/**
 * What mapping expressions can read. Built by the engine from golden values, documents and touchpoint buckets.
 * In every part an absent key is *absent* (no source speaks of it), `null` is "known to have no value", '' is empty.
 */
export interface MappingView {
  now: Instant
  person?: PersonView
  account?: AccountView
  billing: BillingView
  /** Consent of the person, flattened: consent.marketing, consent.analytics, consent.gpc. */
  consent: { marketing?: string; analytics?: string; gpc?: boolean }
  touchpoints: TouchBucket[]
  quote?: QuoteView
}

/** A touch that is known and has, say, no campaign says null: a field of an earlier belief can be cleared by it. */
export interface TouchView {
  at: Instant
  kind: string
  channel: string
  title?: string | null
  url?: string | null
  referrer?: string | null
  landing_page?: string | null
  campaign?: Partial<Record<'name' | 'source' | 'medium' | 'term' | 'content', string | null>>
}

export interface PersonView extends PersonAttributes {
  id: string
  /**
   * visitor: only a browser's anonymous id is known · lead: no commercial relation yet · contact: they or their company
   * have (had) billing documents.
   */
  stage: 'visitor' | 'lead' | 'contact'
  /** subscriber · lead · opportunity · customer · former_customer */
  lifecycle: string
  created_at: Instant
  first_touch?: TouchView
  last_touch?: TouchView
  /**
   * How the person came to their account: named by a source, by the domain of their address, or by the name of their
   * employer and what settled which company of that name is meant.
   */
  account_match?: { method: string; confidence: number }
  /** People without company who share family name and address. */
  household?: { id: string; name?: string; members: number }
}

export interface AccountView extends AccountAttributes {
  id: string
  stage: 'prospect' | 'opportunity' | 'customer' | 'former_customer'
  created_at: Instant
  first_touch?: TouchView
  last_touch?: TouchView
  /** What the rules of classify.yaml say; absent where none holds. */
  class?: string
  activity_band?: string
  revenue_band?: string
  buyer_stage?: string
  /** The company that it belongs to, and the one at the top; absent for the top itself. */
  parent?: RelativeView
  ultimate_parent?: RelativeView
  /** Companies directly below it. */
  children?: number
  /** Sums over it and all companies below it. */
  rollup?: RollupView
}

export interface RelativeView {
  id: string
  name?: string
  domain?: string
}

export interface RollupView {
  accounts: number
  customers: number
  subscriptions: number
  open_quotes: number
  /** Amounts of this currency only: the account's own, else the largest one's. */
  currency?: string
  mrr?: Money
  lifetime_paid?: Money
  open?: Money
  overdue?: Money
  /** Midnight (UTC) of the day of the last touch. */
  last_touch_at?: Instant
}

/** Every key is absent where there is nothing to say, so that a mapping never blanks billing fields of a prospect. */
export interface BillingView {
  plan?: string
  mrr?: Money
  currency?: string
  subscription_status?: string
  subscriptions?: number
  renewal_date?: Instant
  cancels_at?: Instant
  churned_at?: Instant
  customer_since?: Instant
  last_invoice_number?: string
  last_invoice_amount?: Money
  last_invoice_status?: string
  last_invoice_at?: Instant
  last_paid_at?: Instant
  open?: Money
  overdue?: Money
  lifetime_paid?: Money
  invoices?: number
  open_quotes?: number
}

export interface QuoteView extends Quote {
  id: string
}

/** Touchpoints counted per kind, channel and UTC day. */
export interface TouchBucket {
  kind: string
  channel: string
  /** UTC day number. */
  day: number
  count: number
  firstAt: Instant
  lastAt: Instant
  amounts: Record<string, number>
}
