import type { Instant } from '#model'
import type { PdlCompany, PdlMatch, PdlPerson } from '../people-data-labs/types.ts'
import type { GoogleContent } from './google.ts'
import type { Locale } from './locales.ts'
import type { PhoneContent } from './phone.ts'
import type { WebinarContent } from './webinar.ts'

/** Where a buyer stands at the end of the year; it decides what billing, quotes and visits tell. */
export type Stage =
  | 'customer'
  | 'late_payer'
  | 'past_due'
  | 'trial'
  | 'paused'
  | 'churned'
  | 'opportunity'
  | 'lead'

export interface CastCompany {
  index: number
  name: string
  /** Latin letters, as in the domain. */
  romanName: string
  domain: string
  groupId: string
  locale: Locale
  city: string
  region: string
  industry: string
  employees: number
  founded: number
  stage: Stage
  /** First visit of its first person. */
  firstContactAt: Instant
  people: CastPerson[]
}

export interface CastPerson {
  index: number
  email: string
  given: string
  family: string
  fullName: string
  roman: { given: string; family: string }
  title: string
  phone?: string
  locale: Locale
  city: string
  company?: CastCompany
  /** Individuals have a stage of their own. */
  stage: Stage
  isRole: boolean
  /** Known in the product; absent for people who only visited or only get mail. */
  userId?: string
  /** Browsers; empty for people who never visited. */
  anonymousIds: string[]
  firstVisitAt: Instant
  /** When the e-mail address became known. */
  knownAt: Instant
  hasConsented: boolean
}

/** A raw Stripe object, nested ids not expanded. */
export type StripeObject = Record<string, unknown> & {
  id: string
  object: string
  created: number
  livemode: boolean
}
export type PandaDocDocument = Record<string, unknown> & { id: string; status: string; date_created: string }
export type SendGridEvent = Record<string, unknown> & {
  email: string
  event: string
  /** Seconds. */
  timestamp: number
  sg_event_id: string
}
export type WebsiteEvent = Record<string, unknown> & { type: string; messageId: string; timestamp: string }

export interface DemoFacts {
  companies: number
  /** Distinct e-mail addresses over all sources. */
  people: number
  /** Visitors who never said who they are. */
  anonymousVisitors: number
  websiteEvents: number
  /** Distinct `sg_event_id`: SendGrid delivers some events twice. */
  emailEvents: number
  quotes: number
  stripe: Record<string, number>
  /** Stripe customers with a subscription. */
  customers: number
  /** E-mail addresses without any billing document, of their own or of their company. */
  leads: number
  /** By e-mail of the Stripe customer: succeeded charges minus refunds and lost disputes, minor units by currency. */
  lifetimePaid: Record<string, Record<string, number>>
  /** By e-mail of the Stripe customer, active and past due subscriptions. */
  mrr: Record<string, { amount: number; currency: string }>
  /** What is still owed on open invoices, and the part past its due date (automatic ones have none). */
  open: Record<string, Record<string, number>>
  overdue: Record<string, Record<string, number>>
  /** The buyer of whom every source has heard: visits, mail, a meeting, an offer, calls, a subscription. */
  showcase: string
  /** Who fills in a form while the demo runs. */
  liveLeads: string[]
}

export interface DemoCompany {
  stripe: StripeObject[]
  pandadoc: PandaDocDocument[]
  sendgrid: SendGridEvent[]
  website: WebsiteEvent[]
  google: GoogleContent
  phone: PhoneContent
  mailchimp: WebinarContent
  pdl: { people: PdlMatch<PdlPerson>[]; companies: PdlMatch<PdlCompany>[] }
  /** What comes in after the history, from `now` on. */
  live: { website: WebsiteEvent[]; sendgrid: SendGridEvent[] }
  facts: DemoFacts
}
