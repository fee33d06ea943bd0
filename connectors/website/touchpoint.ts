import { type Consent, type Instant, type Money, parseMajor, type Touchpoint } from '#model'
import { type Json, objectIn, type SegmentEvent, textOf } from './api.ts'
import type { MachineReason } from './machine.ts'
import type { Visit } from './visit.ts'

/** What was found out about an event besides what it says. */
export interface EventFacts {
  at: Instant
  visit: Visit
  machine: MachineReason | undefined
  consent: Consent | undefined
}

/** Tracked events that are a filled-in form under the names that sites commonly give them, folded by `fold`. */
const FORMS = new Set([
  'formsubmitted',
  'formsubmit',
  'formcompleted',
  'signedup',
  'signup',
  'usersignedup',
  'accountcreated',
  'leadcaptured',
  'leadsubmitted',
  'leadgenerated',
  'generatelead',
  'demorequested',
  'requestdemo',
  'contactformsubmitted',
  'contactrequested',
  'newslettersubscribed',
  'subscribednewsletter',
  'trialrequested',
  'contentdownloaded',
])

const fold = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '')

export const isForm = (event: SegmentEvent): boolean =>
  event.type === 'track' && FORMS.has(fold(event.event ?? ''))

/** The touchpoint of an event; undefined where nothing happened that a timeline should know. */
export function touchpointOf(event: SegmentEvent, facts: EventFacts): Touchpoint | undefined {
  const properties = event.properties ?? {}
  switch (event.type) {
    case 'page': {
      const title =
        textOf(properties.title) ?? textOf(objectIn(event.context, 'page').title) ?? textOf(event.name)
      return build('page.viewed', title, viewProps(event), facts)
    }
    case 'screen':
      return build('screen.viewed', textOf(event.name), viewProps(event), facts)
    case 'track': {
      const amount = amountOf(properties)
      const point = build(
        isForm(event) ? 'form.submitted' : 'event.tracked',
        textOf(properties.form_name) ?? textOf(event.event),
        properties,
        facts,
      )
      return amount ? { ...point, amount } : point
    }
    // Sites repeat identify and group on every page and servers in nightly syncs: they count as a visit only where the
    // buyer's own page sent them, because they may be all that tells where a lead came from.
    case 'identify':
      return facts.visit.channel === 'website' ? undefined : build('person.identified', undefined, {}, facts)
    case 'group':
      return facts.visit.channel === 'website'
        ? undefined
        : build('account.joined', textOf(event.traits?.name), {}, facts)
    case 'alias':
      return undefined
  }
}

function build(
  kind: string,
  title: string | undefined,
  said: Json,
  { at, visit, machine, consent }: EventFacts,
): Touchpoint {
  const props = { ...said, ...(machine ? { machine } : {}), ...(consent ? { consent } : {}) }
  return {
    kind,
    occurred_at: at,
    direction: 'inbound',
    ...visit,
    ...(title ? { title } : {}),
    ...(machine ? { is_machine: true } : {}),
    ...(Object.keys(props).length > 0 ? { props } : {}),
  }
}

/** What a view says besides what the touchpoint has fields for. */
function viewProps({ name, category, properties }: SegmentEvent): Json {
  const {
    url: _url,
    title: _title,
    referrer: _referrer,
    path: _path,
    search: _search,
    ...rest
  } = properties ?? {}
  return { ...(textOf(name) ? { name } : {}), ...(textOf(category) ? { category } : {}), ...rest }
}

/** Segment's reserved money properties, in major units; without a currency an amount means nothing. */
function amountOf(properties: Json): Money | undefined {
  const { currency } = properties
  const value = properties.revenue ?? properties.total ?? properties.value
  if (typeof currency !== 'string' || !/^[a-z]{3}$/i.test(currency)) return undefined
  return typeof value === 'number' || typeof value === 'string'
    ? parseMajor(String(value), currency.toUpperCase())
    : undefined
}
