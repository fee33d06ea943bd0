import type { Campaign, Consent, Contribution, Identifier, Touchpoint } from '#model'
import { email, fromUnix, userId } from '#model'
import type { SendgridEvent } from './api.ts'

interface Meaning {
  kind: string
  direction: 'inbound' | 'outbound'
  marketing?: NonNullable<Consent['marketing']>
}

/**
 * What each event means. `processed` and `deferred` are SendGrid's own progress: a later event says how it ended.
 * An unknown event has no meaning here and its record is kept.
 */
const MEANINGS: Record<string, Meaning> = {
  delivered: { kind: 'email.delivered', direction: 'outbound' },
  open: { kind: 'email.opened', direction: 'inbound' },
  click: { kind: 'email.clicked', direction: 'inbound' },
  bounce: { kind: 'email.bounced', direction: 'outbound' },
  blocked: { kind: 'email.bounced', direction: 'outbound' },
  dropped: { kind: 'email.bounced', direction: 'outbound' },
  spamreport: { kind: 'email.spam_reported', direction: 'inbound', marketing: 'denied' },
  unsubscribe: { kind: 'email.unsubscribed', direction: 'inbound', marketing: 'denied' },
  // Leaving one group of messages is not a refusal of all of them.
  group_unsubscribe: { kind: 'email.unsubscribed', direction: 'inbound' },
  group_resubscribe: { kind: 'email.resubscribed', direction: 'inbound' },
}

/** One event of the webhook as a touchpoint, and as consent where the recipient refused. */
export function map(event: SendgridEvent): Contribution[] {
  const meaning = MEANINGS[event.event]
  if (!meaning) return []
  const person = identifiersOf(event)
  const touchpoint = touchpointOf(event, meaning)
  const said: Contribution[] = meaning.marketing
    ? [
        {
          type: 'person',
          identifiers: person,
          attributes: { email: event.email, consent: { marketing: meaning.marketing } },
          observed_at: touchpoint.occurred_at,
        },
      ]
    : []
  return [...said, { type: 'touchpoint', person, touchpoint }]
}

function identifiersOf({ email: address, user_id }: SendgridEvent): Identifier[] {
  const user = user_id === undefined || user_id === null ? '' : String(user_id)
  return [email(address), ...(user !== '' && user.length <= 512 ? [userId(user)] : [])]
}

function touchpointOf(event: SendgridEvent, { kind, direction }: Meaning): Touchpoint {
  const campaign = campaignOf(event)
  const machine = machineReason(event)
  const props = propsOf(event, machine)
  return {
    kind,
    occurred_at: fromUnix(event.timestamp),
    channel: 'email',
    direction,
    ...(campaign?.name ? { title: campaign.name } : {}),
    ...(event.url ? { url: event.url } : {}),
    ...(campaign ? { campaign } : {}),
    ...(machine ? { is_machine: true } : {}),
    ...(Object.keys(props).length > 0 ? { props } : {}),
  }
}

/** The single send or marketing campaign where there is one, else the first category; utm parameters of a clicked link. */
function campaignOf(event: SendgridEvent): Campaign | undefined {
  const [category] = typeof event.category === 'string' ? [event.category] : (event.category ?? [])
  const name = event.singlesend_name || event.marketing_campaign_name || category
  const query = event.url && URL.canParse(event.url) ? new URL(event.url).searchParams : undefined
  const campaign: Campaign = {}
  const named = name || query?.get('utm_campaign')
  if (named) campaign.name = named
  for (const field of ['source', 'medium', 'term', 'content'] as const) {
    const value = query?.get(`utm_${field}`)
    if (value) campaign[field] = value
  }
  return Object.keys(campaign).length > 0 ? campaign : undefined
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
