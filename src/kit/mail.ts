import {
  type Campaign,
  type Consent,
  type Contribution,
  email,
  type Identifier,
  type Touchpoint,
} from '#model'

/** What became of an e-mail that went to many: who acted, and whether it says what the recipient allows. */
export interface MailMeaning {
  kind: string
  direction: 'inbound' | 'outbound'
  marketing?: NonNullable<Consent['marketing']>
}

/** What the events of every mail vendor mean; an event that is not among them has no meaning, and its record is kept. */
export const MAIL_EVENTS = {
  sent: { kind: 'email.sent', direction: 'outbound' },
  delivered: { kind: 'email.delivered', direction: 'outbound' },
  opened: { kind: 'email.opened', direction: 'inbound' },
  clicked: { kind: 'email.clicked', direction: 'inbound' },
  bounced: { kind: 'email.bounced', direction: 'outbound' },
  spamReported: { kind: 'email.spam_reported', direction: 'inbound', marketing: 'denied' },
  unsubscribed: { kind: 'email.unsubscribed', direction: 'inbound', marketing: 'denied' },
  /** Leaving one list or group of messages is not a refusal of all of them. */
  listLeft: { kind: 'email.unsubscribed', direction: 'inbound' },
  listRejoined: { kind: 'email.resubscribed', direction: 'inbound' },
} satisfies Record<string, MailMeaning>

/** The rest of the touchpoint. */
export type MailDetails = Omit<Touchpoint, 'kind' | 'direction' | 'channel'>

/** An event of one mail as a touchpoint of its recipient, and as consent where the recipient refused. */
export function contributeMail(
  { kind, direction, marketing }: MailMeaning,
  { address, person = [email(address)] }: { address: string; person?: Identifier[] },
  told: MailDetails,
): Contribution[] {
  const touchpoint: Contribution = {
    type: 'touchpoint',
    person,
    touchpoint: { kind, direction, channel: 'email', ...told },
  }
  if (!marketing) return [touchpoint]
  const attributes = { email: address, consent: { marketing } }
  return [{ type: 'person', identifiers: person, attributes, observed_at: told.occurred_at }, touchpoint]
}

/** The campaign that a mail belongs to, by its name and the utm parameters of the link in it that was clicked. */
export function campaignOfMail(
  name: string | null | undefined,
  link: string | null | undefined,
): Campaign | undefined {
  const query = link && URL.canParse(link) ? new URL(link).searchParams : undefined
  const campaign: Campaign = {}
  const named = name || query?.get('utm_campaign')
  if (named) campaign.name = named
  for (const field of ['source', 'medium', 'term', 'content'] as const) {
    const value = query?.get(`utm_${field}`)
    if (value) campaign[field] = value
  }
  return Object.keys(campaign).length > 0 ? campaign : undefined
}
