import type { Instant } from '#model'
import { SECOND, unix } from './calendar.ts'
import type { Cast } from './cast.ts'
import { LOCALES, spelling } from './locales.ts'
import type { Random } from './random.ts'
import { acquisition, BROWSING, DIRECT, LANDING, SITE, traitsOf } from './traffic.ts'
import type { CastPerson, SendGridEvent, WebsiteEvent } from './types.ts'
import { createPen, visit, visitorOf } from './website.ts'

const NEW_LEADS = 8
const RETURNING = 12
const OPENERS = 15

export interface Live {
  website: WebsiteEvent[]
  sendgrid: SendGridEvent[]
  leads: string[]
}

/** What comes in while the demo runs: new leads filling in forms, known people coming back, the last mailing being read. */
export function createLive(random: Random, now: Instant, cast: Cast): Live {
  const pen = createPen(random)
  const leads = Array.from({ length: NEW_LEADS }, (_, index) => newLead(random, now, cast, index))
  leads.forEach((person, index) => {
    const visitor = visitorOf(random, person, person.anonymousIds[0]!)
    const start = now + index * 4 * SECOND
    visit(random, pen, visitor, start, [random.pick(LANDING), random.pick(BROWSING)], acquisition(random))
    const page = { path: '/demo', title: 'Request a demo' }
    // The form follows the last page view, whenever that was.
    const at = Math.max(...pen.events.slice(-2).map(({ timestamp }) => Date.parse(timestamp))) + 5 * SECOND
    pen.identify(visitor, at, traitsOf(person), page)
    pen.track(visitor, at + SECOND, 'Demo Requested', { email: person.email, formId: 'demo' }, page)
  })
  const visitors = random.sample(
    cast.people.filter(({ anonymousIds }) => anonymousIds.length > 0),
    RETURNING,
  )
  visitors.forEach((person, index) => {
    const visitor = {
      ...visitorOf(random, person, person.anonymousIds[0]!),
      ...(person.userId ? { userId: person.userId } : {}),
    }
    visit(random, pen, visitor, now + index * 3 * SECOND, random.sample(BROWSING, 2), DIRECT)
  })
  pen.events.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
  return { website: pen.events, sendgrid: reading(random, now, cast), leads: leads.map(({ email }) => email) }
}

/** Half of them from companies that are known already. */
function newLead(random: Random, now: Instant, cast: Cast, index: number): CastPerson {
  const company =
    index % 2 === 0 && cast.companies.length > 0
      ? cast.companies[(index * 7) % cast.companies.length]
      : undefined
  const locale = company?.locale ?? LOCALES[(index * 5) % LOCALES.length]!
  const given = spelling(random.pick(locale.given))
  const family = spelling(random.pick(locale.family))
  const roman = {
    given: given.roman.toLowerCase().replace(/[^a-z-]/g, ''),
    family: family.roman.toLowerCase().replace(/[^a-z-]/g, ''),
  }
  const fullName = locale.isFamilyFirst
    ? `${family.native} ${given.native}`
    : `${given.native} ${family.native}`
  return {
    index: cast.people.length + index,
    email: addressOf(
      cast,
      roman,
      index,
      company?.domain ?? random.pick(locale.freeMail),
      company !== undefined,
    ),
    given: given.native,
    family: family.native,
    fullName,
    roman,
    title: random.pick(locale.titles),
    locale,
    city: spelling(random.pick(locale.cities)).native,
    ...(company ? { company } : {}),
    stage: 'lead',
    isRole: false,
    anonymousIds: [random.uuid()],
    firstVisitAt: now,
    knownAt: now,
    hasConsented: true,
  }
}

/** Unlike anybody's in the cast; at free-mail hosts also unlike a real one. */
function addressOf(
  cast: Cast,
  roman: { given: string; family: string },
  index: number,
  domain: string,
  isAtWork: boolean,
): string {
  const name = `${roman.given}.${roman.family}`
  const plain = `${name}@${domain}`
  const isFree = isAtWork && !cast.people.some(({ email }) => email === plain)
  return isFree ? plain : `${name}.demo${cast.people.length + index}@${domain}`
}

function reading(random: Random, now: Instant, cast: Cast): SendGridEvent[] {
  const readers = random.sample(
    cast.people.filter(({ isRole, hasConsented }) => !isRole && hasConsented),
    OPENERS,
  )
  return readers
    .flatMap(({ email }, index) => {
      const base = {
        email,
        sg_message_id: `${random.token(22)}.recvd-6f9c8-1-A.0`,
        category: ['newsletter', 'flash'],
        campaign: 'live-flash',
      }
      const at = (seconds: number) => unix(now) + index * 2 + seconds
      const report = (event: string, seconds: number, more: object = {}) => ({
        ...base,
        ...more,
        event,
        timestamp: at(seconds),
        sg_event_id: btoa(random.token(24)),
      })
      return [
        report('delivered', 0, { response: '250 2.0.0 OK' }),
        ...(index % 4 === 3
          ? [report('open', 2, { sg_machine_open: true })]
          : [report('open', 9, { sg_machine_open: false })]),
        ...(index % 3 === 0 ? [report('click', 14, { url: `${SITE}/pricing` })] : []),
      ]
    })
    .sort((a, b) => a.timestamp - b.timestamp)
}
