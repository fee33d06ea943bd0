import { campaignOfMail, contributeMail, MAIL_EVENTS, type MailDetails, type MailMeaning } from '#kit'
import { type Campaign, type Contribution, email, fromUnix, type Identifier, userId } from '#model'
import type { SendgridEvent } from './api.ts'

/**
 * What each event means. `processed` and `deferred` are SendGrid's own progress: a later event says how it ended.
 * An unknown event has no meaning here and its record is kept.
 */
const MEANINGS: Record<string, MailMeaning> = {
  delivered: MAIL_EVENTS.delivered,
  open: MAIL_EVENTS.opened,
  click: MAIL_EVENTS.clicked,
  bounce: MAIL_EVENTS.bounced,
  blocked: MAIL_EVENTS.bounced,
  dropped: MAIL_EVENTS.bounced,
  spamreport: MAIL_EVENTS.spamReported,
  unsubscribe: MAIL_EVENTS.unsubscribed,
  group_unsubscribe: MAIL_EVENTS.listLeft,
  group_resubscribe: MAIL_EVENTS.listRejoined,
}

/** One event of the webhook as a touchpoint, and as consent where the recipient refused. */
export function map(event: SendgridEvent): Contribution[] {
  const meaning = MEANINGS[event.event]
  if (!meaning) return []
  return contributeMail(meaning, { address: event.email, person: identifiersOf(event) }, told(event))
}

function identifiersOf({ email: address, user_id }: SendgridEvent): Identifier[] {
  const user = user_id === undefined || user_id === null ? '' : String(user_id)
  return [email(address), ...(user !== '' && user.length <= 512 ? [userId(user)] : [])]
}

function told(event: SendgridEvent): MailDetails {
  const campaign = campaignOf(event)
  const machine = machineReason(event)
  const props = propsOf(event, machine)
  return {
    occurred_at: fromUnix(event.timestamp),
    ...(campaign?.name ? { title: campaign.name } : {}),
    ...(event.url ? { url: event.url } : {}),
    ...(campaign ? { campaign } : {}),
    ...(machine ? { is_machine: true } : {}),
    ...(Object.keys(props).length > 0 ? { props } : {}),
  }
}

/** The single send or marketing campaign where there is one, else the first category. */
function campaignOf(event: SendgridEvent): Campaign | undefined {
  const [category] = typeof event.category === 'string' ? [event.category] : (event.category ?? [])
  return campaignOfMail(event.singlesend_name || event.marketing_campaign_name || category, event.url)
}

/**
 * Agents of link scanners that name themselves; others cannot be told from one event. Not GoogleImageProxy: Gmail
 * fetches images through it when the person opens the message.
 */
const SCANNER =
  /bot\b|crawler|spider|scanner|barracuda|mimecast|proofpoint|safelinks|symantec|python-|curl\/|go-http/i

function machineReason(event: SendgridEvent): string | undefined {
  if (event.event === 'open' && event.sg_machine_open) return 'prefetch'
  const isEngagement = event.event === 'open' || event.event === 'click'
  return isEngagement && SCANNER.test(event.useragent ?? '') ? 'scanner' : undefined
}

const KEPT = [
  'sg_message_id',
  'reason',
  'status',
  'response',
  'bounce_classification',
  'asm_group_id',
  'marketing_campaign_id',
  'singlesend_id',
  'template_id',
  'category',
] as const

function propsOf(event: SendgridEvent, machine: string | undefined): Record<string, unknown> {
  const props: Record<string, unknown> = {}
  for (const field of KEPT) {
    const value = event[field]
    if (value !== undefined && value !== null && value !== '') props[field] = value
  }
  if (event.event === 'bounce' || event.event === 'blocked' || event.event === 'dropped') {
    props.bounce = event.event === 'bounce' ? (event.type ?? 'bounce') : event.event
  }
  if (event.event.startsWith('group_')) props.scope = 'group'
  return machine ? { ...props, machine } : props
}
