import * as z from 'zod'
import { Campaign, Channel } from './campaign.ts'
import { Instant } from './instant.ts'
import { Money } from './money.ts'

/** Kinds that shipped connectors emit. The field is open: `noun.verb`, so a new vendor event never breaks a run. */
export const TOUCHPOINT_KINDS = [
  'page.viewed',
  'screen.viewed',
  'form.submitted',
  'event.tracked',
  'person.identified',
  'account.joined',
  'email.sent',
  'email.received',
  'email.delivered',
  'email.opened',
  'email.clicked',
  'email.bounced',
  'email.subscribed',
  'email.unsubscribed',
  'email.spam_reported',
  'meeting.scheduled',
  'meeting.held',
  'meeting.canceled',
  'call.completed',
  'call.missed',
  'campaign.joined',
  'campaign.responded',
  'deal.created',
  'deal.stage_changed',
  'deal.won',
  'deal.lost',
  'quote.created',
  'quote.sent',
  'quote.viewed',
  'quote.accepted',
  'quote.declined',
  'quote.expired',
  'subscription.started',
  'subscription.trial_started',
  'subscription.canceled',
  'subscription.paused',
  'subscription.resumed',
  'subscription.upgraded',
  'subscription.downgraded',
  'subscription.changed',
  'subscription.scheduled',
  'invoice.issued',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.overdue',
  'invoice.voided',
  'invoice.uncollectible',
  'payment.succeeded',
  'payment.failed',
  'payment.recovered',
  'payment.refunded',
  'dispute.opened',
  'dispute.closed',
  'credit_note.issued',
] as const

/** Canonical event: who (by the identifiers beside it), what, when, where from, through which channel, worth what. */
export const Touchpoint = z.object({
  kind: z
    .string()
    .regex(/^[a-z_]+\.[a-z_]+$/)
    .describe('noun.verb, see TOUCHPOINT_KINDS'),
  slot: z
    .string()
    .optional()
    .describe('Tells apart touchpoints of one kind from one record; part of the derived id'),
  occurred_at: Instant,
  channel: Channel,
  direction: z.enum(['inbound', 'outbound']).describe('inbound: the buyer did it; outbound: we did it'),
  title: z.string().optional().describe('One line for a timeline, in the language of the source'),
  url: z.string().optional(),
  referrer: z.string().optional(),
  campaign: Campaign.optional(),
  amount: Money.optional(),
  is_machine: z.boolean().optional().describe('Prefetch, scanner or bot; kept but not counted as engagement'),
  props: z.record(z.string(), z.unknown()).optional().describe('What the vendor said besides, JSON'),
})
export type Touchpoint = z.infer<typeof Touchpoint>
