import { RecordError } from '#kit'
import { anonymousId, domain, email, groupId, type Identifier, userId } from '#model'
import { isObject, type Json, objectIn, type SegmentEvent } from './api.ts'
import { domainOf, isEmail } from './traits.ts'

const MAX_ID = 512

/** An id as text; numbers are ids too. Throws where it cannot be one. */
export function idOf(
  event: SegmentEvent,
  field: 'userId' | 'anonymousId' | 'previousId' | 'groupId',
): string | undefined {
  const value = event[field]
  if (value === undefined || value === null || value === '') return undefined
  const text = String(value)
  if (text.length <= MAX_ID) return text
  throw new RecordError('record.invalid', `${field} has more than ${MAX_ID} characters`, { at: { field } })
}

/** Traits beside identify and group calls live in `context.traits`; RudderStack puts all of them there. */
export const traitsOf = (event: SegmentEvent): Json => ({
  ...objectIn(event.context, 'traits'),
  ...event.traits,
})

/** Everything in an event that points at its person. An e-mail used as user id is an e-mail too. */
export function identifiersOf(event: SegmentEvent, traits: Json): Identifier[] {
  const user = idOf(event, 'userId')
  const anonymous = idOf(event, 'anonymousId')
  const address = isEmail(traits.email) ? traits.email.trim() : isEmail(user) ? user.trim() : undefined
  return [
    ...(user ? [userId(user)] : []),
    ...(anonymous ? [anonymousId(anonymous)] : []),
    ...(address && address.length <= MAX_ID ? [email(address)] : []),
  ]
}

/** What points at the company named in `traits.company` of a person. */
export function companyIdentifiers(traits: Json): Identifier[] {
  const { company } = traits
  return isObject(company) ? groupIdentifiers(company.id, company) : []
}

/** A group by its id and by the domain of its site. */
export function groupIdentifiers(id: unknown, traits: Json): Identifier[] {
  const key = typeof id === 'string' || typeof id === 'number' ? String(id) : ''
  const site = domainOf(traits)
  return [...(key && key.length <= MAX_ID ? [groupId(key)] : []), ...(site ? [domain(site)] : [])]
}
