import { colleagues, type MapContext, normalisePhone, ownNumbers } from '#kit'
import {
  type Contribution,
  email,
  fromUnix,
  type Identifier,
  type PersonAttributes,
  phone,
  type Touchpoint,
  vendorId,
} from '#model'
import type { AircallConfig, Call, Contact } from './api.ts'

type Context = Pick<MapContext<AircallConfig>, 'config'>

const valuesOf = (list: Contact['emails']): string[] => (list ?? []).flatMap(({ value }) => value || [])
const named = (parts: (string | null | undefined)[]): string[] => parts.flatMap((part) => part || [])

/** Of several addresses the first: the others may be a colleague's. */
const addressOf = ({ emails }: Contact): string | undefined =>
  valuesOf(emails).find((value) => value.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(value))

const identifiersOf = (contact: Contact): Identifier[] => {
  const address = addressOf(contact)
  return [vendorId(String(contact.id)), ...(address ? [email(address)] : [])]
}

/** An entry of the shared address book as a person. */
export function mapContact(contact: Contact, { config }: Context): Contribution[] {
  const address = addressOf(contact)
  const isOwn = ownNumbers(config.internalNumbers)
  const numbers = valuesOf(contact.phone_numbers)
  if (colleagues(config.internalDomains)(address) || numbers.some(isOwn)) return []
  const { first_name, last_name, company_name, updated_at } = contact
  const attributes: PersonAttributes = {
    ...(first_name ? { first_name } : {}),
    ...(last_name ? { last_name } : {}),
    ...(company_name ? { company_name } : {}),
    ...(address ? { email: address } : {}),
    ...(numbers[0] ? { phone: numbers[0] } : {}),
  }
  return [
    {
      type: 'person',
      identifiers: [...identifiersOf(contact), ...numbers.map((number) => phone(number.slice(0, 512)))],
      attributes,
      ...(updated_at ? { observed_at: fromUnix(updated_at) } : {}),
    },
  ]
}

/** A call that is over: who spoke to whom, or tried to. */
export function mapCall(call: Call, { config }: Context): Contribution[] {
  const { started_at, answered_at, ended_at, contact, missed_call_reason: reason } = call
  const number = normalisePhone(call.raw_digits ?? '')
  if (!started_at || !ended_at || (number && ownNumbers(config.internalNumbers)(number))) return []
  if (contact && colleagues(config.internalDomains)(addressOf(contact))) return []
  const person = [...(contact ? identifiersOf(contact) : []), ...(number ? [phone(number)] : [])]
  if (person.length === 0) return []
  const tags = named((call.tags ?? []).map(({ name }) => name))
  const comments = named((call.comments ?? []).map(({ content }) => content))
  const touchpoint: Touchpoint = {
    kind: answered_at ? 'call.completed' : 'call.missed',
    occurred_at: fromUnix(started_at),
    channel: 'phone',
    direction: call.direction === 'outbound' ? 'outbound' : 'inbound',
    props: {
      ...(answered_at ? { seconds: Math.max(0, ended_at - answered_at) } : {}),
      ...(!answered_at && reason ? { reason } : {}),
      ...(!answered_at && call.voicemail ? { voicemail: true } : {}),
      ...(call.user?.name ? { user: call.user.name } : {}),
      ...(call.user?.email ? { user_email: call.user.email } : {}),
      ...(call.number?.digits ? { our_number: call.number.digits } : {}),
      ...(tags.length > 0 ? { tags } : {}),
      ...(comments.length > 0 ? { comments } : {}),
      ...(call.asset ? { recording: call.asset } : {}),
    },
  }
  return [{ type: 'touchpoint', person, touchpoint }]
}

/** Without what changes by itself: addresses that expire, and who is available at the moment. */
export const contentOf = ({ voicemail, recording, user, number, contact, ...call }: Call): unknown => ({
  ...call,
  teams: undefined,
  has_voicemail: Boolean(voicemail),
  user: [user?.name, user?.email],
  number: number?.digits,
  contact: contact && [contact.id, addressOf(contact)],
  comments: (call.comments ?? []).map(({ content }) => content),
  tags: (call.tags ?? []).map(({ name }) => name),
})
