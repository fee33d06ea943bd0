import { type MapContext, RecordError } from '#kit'
import type { Contribution, Identifier, PersonAttributes, PersonContribution } from '#model'
import { anonymousId, groupId, userId } from '#model'
import { type EventRecord, isObject, type Json, objectIn, SegmentEvent, textOf } from './api.ts'
import { CONSENT_EVENT, consentOf } from './consent.ts'
import { type MachineOptions, machineReason } from './machine.ts'
import { occurredAt } from './occurred-at.ts'
import { companyIdentifiers, groupIdentifiers, identifiersOf, idOf, traitsOf } from './people.ts'
import { type EventFacts, isForm, touchpointOf } from './touchpoint.ts'
import { accountAttributes, personAttributes } from './traits.ts'
import { visitOf } from './visit.ts'

/**
 * One event as contributions. Views and tracked events yield a touchpoint alone, so that a thousand page views cost a
 * thousand rows and nothing else; what is said about the person counts from identify, alias, group, forms, consent
 * changes and traits sent along.
 * @throws RecordError request.body_too_large for an oversize event, record.invalid naming the field of an event that no spec-abiding client sends
 */
export function map(
  record: EventRecord,
  { config }: Pick<MapContext<MachineOptions>, 'config'>,
): Contribution[] {
  if (record.oversize !== undefined)
    throw new RecordError(
      'request.body_too_large',
      `The event has ${record.oversize} bytes; 32768 are allowed`,
      {
        at: { bytes: record.oversize },
      },
    )
  const event = parse(record.event)
  const traits = traitsOf(event)
  const who = identifiersOf(event, isForm(event) ? { ...traits, ...event.properties } : traits)
  if (who.length === 0 && event.type !== 'alias') {
    throw invalid('userId', 'The event has neither userId nor anonymousId')
  }
  const at = occurredAt(event, record.received_at)
  const facts: EventFacts = {
    at,
    visit: visitOf(event, config.internalDomains ?? []),
    machine: machineReason(event, record, config),
    consent: consentOf(event, record),
  }
  const account = accountOf(event)
  const touchpoint = touchpointOf(event, facts)
  return [
    ...entities(event, who, traits, facts),
    ...(touchpoint
      ? [{ type: 'touchpoint' as const, person: who, ...(account.length > 0 ? { account } : {}), touchpoint }]
      : []),
  ]
}

function parse(event: unknown): SegmentEvent {
  if (!isObject(event)) throw invalid('event', 'The event is not an object')
  const parsed = SegmentEvent.safeParse(event)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue?.path.join('.') || 'event'
  throw invalid(field, `The event's ${field}: ${issue?.message}`)
}

const invalid = (field: string, message: string) =>
  new RecordError('record.invalid', message, { at: { field } })

/** The company of an event: the group it was joined to, or the one that the page keeps in its context. */
function accountOf(event: SegmentEvent): Identifier[] {
  if (event.type === 'group') return groupIdentifiers(idOf(event, 'groupId'), event.traits ?? {})
  const id = event.context?.groupId
  return typeof id === 'string' && id !== '' && id.length <= 512 ? [groupId(id)] : []
}

function entities(event: SegmentEvent, who: Identifier[], traits: Json, facts: EventFacts): Contribution[] {
  switch (event.type) {
    case 'identify':
      return profile(who, traits, { ...browserTraits(event), ...personAttributes(traits) }, facts)
    case 'alias':
      return [person(aliases(event), {}, facts)]
    case 'group':
      return group(event, who, facts)
    default: {
      if (isForm(event)) {
        const said = { ...traits, ...event.properties }
        // The title of a form is the form's, not the job of who filled it in.
        return profile(who, said, personAttributes({ ...said, title: traits.title }), facts)
      }
      const stated = objectIn(event.context, 'traits')
      const isStatement = event.event === CONSENT_EVENT || Object.keys(stated).length > 0
      return isStatement ? profile(who, stated, personAttributes(stated), facts) : []
    }
  }
}

/** The person, and the company that the traits name. */
function profile(
  who: Identifier[],
  traits: Json,
  attributes: PersonAttributes,
  facts: EventFacts,
): Contribution[] {
  const account = companyIdentifiers(traits)
  const employer: Contribution[] =
    account.length > 0 && isObject(traits.company)
      ? [
          {
            type: 'account',
            identifiers: account,
            attributes: accountAttributes(traits.company),
            observed_at: facts.at,
          },
        ]
      : []
  return [...employer, person(who, attributes, facts, account)]
}

function browserTraits({ context }: SegmentEvent): PersonAttributes {
  const language = textOf(context?.locale)
  const timezone = textOf(context?.timezone)
  return { ...(language ? { language } : {}), ...(timezone ? { timezone } : {}) }
}

function person(
  identifiers: Identifier[],
  attributes: PersonAttributes,
  { at, consent }: EventFacts,
  account: Identifier[] = [],
): PersonContribution {
  return {
    type: 'person',
    identifiers,
    attributes: consent ? { ...attributes, consent } : attributes,
    observed_at: at,
    ...(account.length > 0 ? { account } : {}),
  }
}

/**
 * previousId may be an anonymous id or a user id, and nothing in the call says which. It is given as both: the reading
 * that is wrong points at nobody.
 */
function aliases(event: SegmentEvent): Identifier[] {
  const previous = idOf(event, 'previousId')
  const user = idOf(event, 'userId')
  if (!previous) throw invalid('previousId', 'The alias has no previousId')
  if (!user) throw invalid('userId', 'The alias has no userId')
  return [userId(user), userId(previous), anonymousId(previous)]
}

function group(event: SegmentEvent, who: Identifier[], facts: EventFacts): Contribution[] {
  const id = idOf(event, 'groupId')
  if (!id) throw invalid('groupId', 'The group call has no groupId')
  const traits = event.traits ?? {}
  const identifiers = groupIdentifiers(id, traits)
  return [
    { type: 'account', identifiers, attributes: accountAttributes(traits), observed_at: facts.at },
    person(who, {}, facts, identifiers),
  ]
}
