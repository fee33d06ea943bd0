import type { Instant } from '#model'
import { between, DAY, HOUR, iso, MINUTE, SECOND } from './calendar.ts'
import type { Cast } from './cast.ts'
import type { Click } from './email.ts'
import type { Random } from './random.ts'
import {
  AGENTS,
  APP,
  acquisition,
  BROWSING,
  DIRECT,
  IN_APP,
  LANDING,
  newsletterOrigin,
  type Origin,
  type PageSpec,
  SITE,
  traitsOf,
} from './traffic.ts'
import type { CastPerson, WebsiteEvent } from './types.ts'

/** Writes events in Segment's protocol. @see https://segment.com/docs/connections/spec/common/ */
export interface Pen {
  events: WebsiteEvent[]
  page(visitor: Visitor, at: Instant, page: PageSpec, origin: Origin, base?: string): void
  track(
    visitor: Visitor,
    at: Instant,
    event: string,
    properties: Record<string, unknown>,
    page: PageSpec,
    base?: string,
  ): void
  identify(visitor: Visitor, at: Instant, traits: Record<string, unknown>, page: PageSpec): void
  group(visitor: Visitor, at: Instant, groupId: string, traits: Record<string, unknown>): void
  alias(visitor: Visitor, at: Instant, previousId: string): void
}

export interface Visitor {
  anonymousId: string
  userId?: string
  agent: string
  locale: string
  timezone: string
  /** Segment's consent categories; absent where the visitor was not asked. */
  categories?: Record<string, boolean>
}

export function createPen(random: Random): Pen {
  const events: WebsiteEvent[] = []
  const write = (
    visitor: Visitor,
    at: Instant,
    type: string,
    rest: Record<string, unknown>,
    page?: Record<string, unknown>,
    origin?: Origin,
  ) => {
    const { anonymousId, userId, categories } = visitor
    events.push({
      type,
      messageId: `ajs-next-${at}-${random.uuid()}`,
      anonymousId,
      ...(userId ? { userId } : {}),
      timestamp: iso(at),
      context: {
        ...(page ? { page } : {}),
        ...(origin?.campaign ? { campaign: origin.campaign } : {}),
        ...(categories ? { consent: { categoryPreferences: categories } } : {}),
        library: { name: 'analytics.js', version: 'next-1.84.3' },
        locale: visitor.locale,
        timezone: visitor.timezone,
        userAgent: visitor.agent,
      },
      ...rest,
    })
  }
  const pageOf = ({ path, title }: PageSpec, { referrer, search }: Origin, base: string) => ({
    path,
    referrer,
    search,
    title,
    url: `${base}${path}${search}`,
  })
  return {
    events,
    page(visitor, at, page, origin, base = SITE) {
      const properties = pageOf(page, origin, base)
      write(visitor, at, 'page', { name: page.title, properties }, properties, origin)
    },
    track: (visitor, at, event, properties, page, base = SITE) =>
      write(visitor, at, 'track', { event, properties }, pageOf(page, DIRECT, base)),
    identify: (visitor, at, traits, page) =>
      write(visitor, at, 'identify', { traits }, pageOf(page, DIRECT, SITE)),
    group: (visitor, at, groupId, traits) => write(visitor, at, 'group', { groupId, traits }),
    alias: (visitor, at, previousId) => write(visitor, at, 'alias', { previousId }),
  }
}

/** Pages of one visit, the first with its origin; returns when it ended. */
export function visit(
  random: Random,
  pen: Pen,
  visitor: Visitor,
  start: Instant,
  pages: readonly PageSpec[],
  origin: Origin,
  base = SITE,
): Instant {
  let at = start
  pages.forEach((page, index) => {
    const from = index === 0 ? origin : { referrer: `${base}${pages[index - 1]!.path}`, search: '' }
    pen.page(visitor, at, page, from, base)
    at += random.int(8, 150) * SECOND
  })
  return at
}

export const visitorOf = (random: Random, person: CastPerson, anonymousId: string): Visitor => ({
  anonymousId,
  agent: random.pick(AGENTS),
  locale: person.locale.tag,
  timezone: person.locale.timezone,
  ...(person.hasConsented
    ? random.chance(0.25)
      ? { categories: categories(true) }
      : {}
    : { categories: categories(false) }),
})

const categories = (isGranted: boolean) => ({
  Advertising: isGranted,
  Analytics: true,
  DataSharing: isGranted,
  Functional: true,
})

/** A year of visits: strangers, people before and after they are known, and what the newsletter brought. */
export function createWebsite(
  random: Random,
  now: Instant,
  cast: Cast,
  clicks: readonly Click[],
): { events: WebsiteEvent[]; strangers: number } {
  const pen = createPen(random)
  for (const person of cast.people) if (person.anonymousIds.length > 0) personStory(random, pen, now, person)
  for (const { person, at, campaign } of clicks) {
    const [anonymousId] = person.anonymousIds
    if (!anonymousId || at < person.firstVisitAt) continue
    const visitor = visitorOf(random, person, anonymousId)
    const end = visit(
      random,
      pen,
      visitor,
      at + 2 * SECOND,
      random.sample(BROWSING, random.int(1, 3)),
      newsletterOrigin(campaign),
    )
    if (end > now) dropAfter(pen, now)
  }
  const strangers = Math.round(cast.people.length * 0.4)
  for (let i = 0; i < strangers; i++) strangerStory(random, pen, now)
  dropAfter(pen, now)
  pen.events.sort((a, b) => compare(a.timestamp, b.timestamp) || compare(a.messageId, b.messageId))
  return { events: pen.events, strangers }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** A visit that runs past `now` has not happened yet. */
function dropAfter({ events }: Pen, now: Instant): void {
  const limit = iso(now)
  for (let i = events.length - 1; i >= 0; i--) if (events[i]!.timestamp > limit) events.splice(i, 1)
}

function strangerStory(random: Random, pen: Pen, now: Instant): void {
  const visitor: Visitor = {
    anonymousId: random.uuid(),
    agent: random.pick(AGENTS),
    locale: random.pick(['en-US', 'de-DE', 'ur-PK', 'ja-JP', 'ar-AE']),
    timezone: 'UTC',
  }
  const start = between(random, now - 360 * DAY, now - HOUR)
  visit(random, pen, visitor, start, random.sample(LANDING, random.int(1, 3)), acquisition(random))
}

function personStory(random: Random, pen: Pen, now: Instant, person: CastPerson): void {
  const visitor = visitorOf(random, person, person.anonymousIds[0]!)
  const { firstVisitAt, knownAt } = person
  const landing = [random.pick(LANDING), ...random.sample(BROWSING, random.int(0, 3))]
  const end = visit(random, pen, visitor, firstVisitAt, landing, acquisition(random))
  for (let n = random.int(0, 2); n > 0; n--) {
    const at = between(random, end, knownAt - 20 * MINUTE)
    if (at > end)
      visit(
        random,
        pen,
        visitor,
        at,
        random.sample(BROWSING, random.int(1, 3)),
        random.chance(0.3) ? acquisition(random) : DIRECT,
      )
  }
  const known = becomeKnown(random, pen, visitor, person, knownAt)
  if (person.anonymousIds[1]) secondBrowser(random, pen, now, person, person.anonymousIds[1])
  laterVisits(random, pen, now, known, person)
}

/** The form, the identify that stitches the earlier visits, and for users the account they belong to. */
function becomeKnown(random: Random, pen: Pen, visitor: Visitor, person: CastPerson, at: Instant): Visitor {
  const { userId, company } = person
  const page = { path: userId ? '/signup' : '/demo', title: userId ? 'Sign up' : 'Request a demo' }
  const form = userId
    ? 'Signed Up'
    : random.pick(['Demo Requested', 'Newsletter Subscribed', 'Content Downloaded'])
  pen.page(visitor, at - 40 * SECOND, page, { referrer: `${SITE}/`, search: '' })
  const known = userId ? { ...visitor, userId } : visitor
  pen.identify(known, at, traitsOf(person), page)
  pen.track(
    known,
    at + SECOND,
    form,
    { email: person.email, ...(company ? { company: company.name } : {}), formId: page.path.slice(1) },
    page,
  )
  if (userId && company) {
    pen.group(known, at + 2 * SECOND, company.groupId, {
      name: company.name,
      website: `https://${company.domain}`,
      employees: company.employees,
    })
  }
  return known
}

/** Another device: strange until its owner signs in there; a few clients still send the old alias call. */
function secondBrowser(
  random: Random,
  pen: Pen,
  now: Instant,
  person: CastPerson,
  anonymousId: string,
): void {
  const visitor = visitorOf(random, person, anonymousId)
  const at = between(random, person.knownAt + DAY, now - 2 * DAY)
  if (at <= person.knownAt) return
  const end = visit(random, pen, visitor, at, random.sample(BROWSING, 2), DIRECT)
  const signedIn = { ...visitor, ...(person.userId ? { userId: person.userId } : {}) }
  if (random.chance(0.2)) pen.alias(signedIn, end, anonymousId)
  pen.identify(signedIn, end + SECOND, { email: person.email }, { path: '/login', title: 'Log in' })
}

const ACTIONS = [
  'Dashboard Created',
  'Alert Configured',
  'Device Connected',
  'Report Exported',
  'Teammate Invited',
]

function laterVisits(random: Random, pen: Pen, now: Instant, visitor: Visitor, person: CastPerson): void {
  const isGone = person.stage === 'churned' || person.stage === 'paused'
  const until = isGone ? Math.min(now, person.knownAt + 120 * DAY) : now
  const count = person.userId ? random.int(4, 9) : random.int(0, 4)
  for (let n = 0; n < count; n++) {
    const at = between(random, person.knownAt + HOUR, until - 10 * MINUTE)
    if (at <= person.knownAt) continue
    if (!person.userId || random.chance(0.3)) {
      visit(
        random,
        pen,
        visitor,
        at,
        random.sample(BROWSING, random.int(1, 3)),
        random.chance(0.25) ? acquisition(random) : DIRECT,
      )
      continue
    }
    const pages = random.sample(IN_APP, random.int(1, 3))
    const end = visit(random, pen, visitor, at, pages, DIRECT, APP)
    if (random.chance(0.6))
      pen.track(
        visitor,
        end,
        random.pick(ACTIONS),
        { plan: person.company ? 'team' : 'solo' },
        pages[0]!,
        APP,
      )
  }
}
