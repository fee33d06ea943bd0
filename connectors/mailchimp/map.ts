import { md5 } from '@noble/hashes/legacy.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import {
  campaignOfMail,
  contributeMail,
  MAIL_EVENTS,
  type MailMeaning,
  type MapContext,
  RecordError,
} from '#kit'
import {
  type Contribution,
  email,
  type Instant,
  type PersonAttributes,
  parseInstant,
  type Touchpoint,
  vendorId,
} from '#model'
import type { MailchimpConfig, MailEvent, Member } from './api.ts'

export const md5Of = (text: string): string => bytesToHex(md5(utf8ToBytes(text)))

export const memberKey = (audience: string, address: string): string =>
  `${audience}/${md5Of(address.toLowerCase())}`

const isAddress = (text: string): boolean => text.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(text)

function instantOf(text: string | null | undefined, field: string): Instant | undefined {
  if (!text) return undefined
  const at = parseInstant(text)
  if (at !== undefined) return at
  throw new RecordError('record.invalid', `${field} is not a date: ${text}`, { at: { field } })
}

/** Whoever is cleaned has a mailbox that refuses mail, which is no refusal by the person. */
const CONSENT: Record<string, 'granted' | 'denied'> = { subscribed: 'granted', unsubscribed: 'denied' }

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value).trim() || undefined : undefined

function attributesOf(member: Member, fields: Record<string, string>): PersonAttributes {
  const merged = member.merge_fields ?? {}
  const attributes: Record<string, unknown> = { email: member.email_address }
  for (const [attribute, tag] of Object.entries(fields)) {
    const value = textOf(merged[tag])
    if (value !== undefined) attributes[attribute] = value
  }
  const { addr1, city, state, zip, country } = (merged.ADDRESS ?? {}) as Record<string, unknown>
  const place = { street: addr1, city, region: state, postal_code: zip, country }
  for (const [attribute, value] of Object.entries(place)) {
    const text = textOf(value)
    if (text !== undefined) attributes[attribute] = text
  }
  if (!attributes.first_name && !attributes.last_name && member.full_name)
    attributes.full_name = member.full_name
  if (member.language) attributes.language = member.language.replace('_', '-')
  const marketing = CONSENT[member.status]
  return { ...attributes, ...(marketing ? { consent: { marketing } } : {}) }
}

/** Somebody else added whoever did not sign up by a form. */
const ADDED = /^(api|import|admin|unknown)/i

/** A member of an audience as a person with what they allowed, and when they joined. */
export function mapMember(member: Member, { config }: MapContext<MailchimpConfig>): Contribution[] {
  if (!isAddress(member.email_address)) return []
  const person = [email(member.email_address), ...(member.contact_id ? [vendorId(member.contact_id)] : [])]
  const changed = instantOf(member.last_changed, 'last_changed')
  const said: Contribution[] = [
    {
      type: 'person',
      identifiers: person,
      attributes: attributesOf(member, config.mergeFields),
      ...(changed === undefined ? {} : { observed_at: changed }),
    },
  ]
  const joined = instantOf(member.timestamp_opt || member.timestamp_signup, 'timestamp_opt')
  if (joined === undefined || member.status === 'pending' || member.status === 'transactional') return said
  const tags = (member.tags ?? []).flatMap(({ name }) => name || [])
  const touchpoint: Touchpoint = {
    kind: 'email.subscribed',
    occurred_at: joined,
    channel: 'email',
    direction: ADDED.test(member.source ?? '') ? 'outbound' : 'inbound',
    props: {
      audience: member.list_id,
      ...(member.source ? { source: member.source } : {}),
      ...(tags.length > 0 ? { tags } : {}),
    },
  }
  return [...said, { type: 'touchpoint', person, touchpoint }]
}

/** What is sent to an audience is `email.delivered`, as SendGrid's is: `email.sent` are people's own mails. */
const MEANINGS: Record<string, MailMeaning> = {
  sent: MAIL_EVENTS.delivered,
  open: MAIL_EVENTS.opened,
  click: MAIL_EVENTS.clicked,
  bounce: MAIL_EVENTS.bounced,
  unsubscribe: MAIL_EVENTS.listLeft,
}

/** One time and address in a campaign's report is one event; what is sent or left for ever happens once. */
export function eventKey({ action, campaign, email_id, timestamp, url }: MailEvent): string {
  const once = action === 'sent' || (action === 'unsubscribe' && campaign)
  return [
    campaign?.id ?? 'none',
    email_id,
    action,
    ...(once ? [] : [timestamp ?? '']),
    ...(url ? [md5Of(url)] : []),
  ].join('/')
}

/** One item of a campaign's report. */
export function mapEvent(event: MailEvent): Contribution[] {
  const { campaign, email_address: address, url } = event
  const meaning = MEANINGS[event.action]
  const at = instantOf(event.timestamp || campaign?.send_time, 'timestamp')
  if (!meaning || at === undefined || !isAddress(address)) return []
  if (event.action === 'sent' && (event.status ?? 'sent') !== 'sent') return []
  const named = campaignOfMail(campaign?.title || campaign?.subject, url)
  const title = campaign?.subject || campaign?.title
  return contributeMail(
    meaning,
    { address },
    {
      occurred_at: at,
      ...(title ? { title } : {}),
      ...(url ? { url } : {}),
      ...(named ? { campaign: named } : {}),
      ...(event.is_proxy_open ? { is_machine: true } : {}),
      props: {
        ...(campaign ? { campaign_id: campaign.id } : {}),
        ...(campaign?.list_id ? { audience: campaign.list_id } : {}),
        ...(event.action === 'bounce' && event.type ? { bounce: event.type } : {}),
        ...(event.reason ? { reason: event.reason } : {}),
        ...(event.is_proxy_open ? { machine: 'proxy' } : {}),
      },
    },
  )
}
