import type { Instant } from '#model'
import type { SessionCount } from '../google/analytics.ts'
import type { CalendarEvent } from '../google/calendar.ts'
import type { MailMessage } from '../google/gmail.ts'
import type { SheetCell } from '../google/sheets.ts'
import { DAY, iso, MINUTE } from './calendar.ts'
import type { Cast } from './cast.ts'
import type { Random } from './random.ts'
import { SELLERS } from './sales-team.ts'
import type { Talks } from './talks.ts'
import type { CastPerson, WebsiteEvent } from './types.ts'

/** The Workspace of Northwind Telemetry, and its property of Google Analytics. */
export interface GoogleContent {
  /** By calendar. */
  calendars: Record<string, CalendarEvent[]>
  /** By mailbox. */
  mail: Record<string, MailMessage[]>
  /** A list of contacts that somebody brought from a trade fair. */
  fair: SheetCell[][]
  sessions: SessionCount[]
}

/** People of other calendars and mailboxes, so that not every message concerns a buyer. */
const COLLEAGUES = 'Team <team@northwind-telemetry.com>'

export function createGoogleContent(
  random: Random,
  cast: Cast,
  { meetings, mails }: Talks,
  website: readonly WebsiteEvent[],
): GoogleContent {
  const calendars = byKey(meetings, ({ seller }) => seller.email)
  const boxes = byKey(mails, ({ seller }) => seller.email)
  return {
    calendars: Object.fromEntries(
      SELLERS.map(({ email, name }) => [
        email,
        (calendars[email] ?? []).map(({ at, minutes, title, guests, isCanceled }): CalendarEvent => {
          const id = random.token(24).toLowerCase()
          return {
            id,
            iCalUID: `${id}@google.com`,
            status: isCanceled ? 'cancelled' : 'confirmed',
            eventType: 'default',
            created: iso(at - 3 * DAY),
            updated: iso(isCanceled ? at - DAY : at - 2 * DAY),
            summary: `${title}: ${guests[0]?.company?.name ?? guests[0]?.fullName}`,
            start: { dateTime: iso(at), timeZone: 'Europe/Berlin' },
            end: { dateTime: iso(at + minutes * MINUTE), timeZone: 'Europe/Berlin' },
            organizer: { email, displayName: name, self: true },
            attendees: [
              { email, displayName: name, responseStatus: 'accepted', self: true },
              ...guests.map((guest) => ({
                email: guest.email,
                displayName: guest.fullName,
                responseStatus: 'accepted',
              })),
            ],
          }
        }),
      ]),
    ),
    mail: Object.fromEntries(
      SELLERS.map(({ email, name }) => [
        email,
        [
          ...(boxes[email] ?? []).map(({ at, subject, isInbound, guests }) => {
            const own = `${quoted(name)} <${email}>`
            const other = guests.map((guest) => `${quoted(guest.fullName)} <${guest.email}>`).join(', ')
            const [from, to] = isInbound ? [other, own] : [own, other]
            return message(random, at, { From: from, To: to, Subject: subject })
          }),
          ...meetings
            .filter(({ seller, at }) => seller.email === email && at % (2 * DAY) < DAY)
            .map(({ at }) =>
              message(random, at - DAY, {
                From: `${quoted(name)} <${email}>`,
                To: COLLEAGUES,
                Subject: 'Who prepares the demo?',
              }),
            ),
        ].sort((a, b) => a.at - b.at),
      ]),
    ),
    fair: fairList(random, cast.people),
    sessions: countSessions(website),
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '')}"`

function message(random: Random, at: Instant, headers: Record<string, string>): MailMessage {
  const id = random.token(16).toLowerCase()
  return {
    id,
    at,
    headers: { ...headers, Date: new Date(at).toUTCString(), 'Message-ID': `<${id}@mail.gmail.com>` },
    labelIds: ['INBOX'],
    body: 'Hello',
  }
}

/** Columns as somebody typed them; some people are known already. */
function fairList(random: Random, people: readonly CastPerson[]): SheetCell[][] {
  const guests = random.sample(
    people.filter(({ isRole, company }) => company && !isRole),
    24,
  )
  return [
    ['Email', 'First name', 'Last name', 'Company', 'Job title', 'City'],
    ...guests.map(({ email, given, family, company, title, city }) => [
      email,
      given,
      family,
      company?.name ?? '',
      title,
      city,
    ]),
  ]
}

/** What Google Analytics counts of the same visits: days, sources and pages, and nobody. */
function countSessions(website: readonly WebsiteEvent[]): SessionCount[] {
  const counts = new Map<string, SessionCount>()
  for (const event of website) {
    if (event.type !== 'page') continue
    const { context } = event as unknown as {
      context: { page: { path: string; referrer: string }; campaign?: Record<string, string> }
    }
    // A page that another of our own pages led to goes on with a visit.
    if (context.page.referrer.includes('northwind-telemetry.com')) continue
    const { source, medium, name } = context.campaign ?? {}
    const date = event.timestamp.slice(0, 10).replaceAll('-', '')
    const sessionSource = source ?? (context.page.referrer ? new URL(context.page.referrer).host : '(direct)')
    const sessionMedium = medium ?? (context.page.referrer ? 'referral' : '(none)')
    const landingPage = context.page.path
    const key = [date, sessionSource, sessionMedium, name, landingPage].join('\u0000')
    const count = counts.get(key) ?? {
      date,
      sessionDefaultChannelGroup: channelGroup(sessionSource, sessionMedium),
      sessionSource,
      sessionMedium,
      sessionCampaignName: name ?? '(not set)',
      landingPage,
      sessions: 0,
      engagedSessions: 0,
      newUsers: 0,
      keyEvents: 0,
    }
    count.sessions++
    counts.set(key, count)
  }
  return [...counts.values()]
}

function channelGroup(source: string, medium: string): string {
  if (medium === 'cpc') return 'Paid Search'
  if (medium === 'paid-social') return 'Paid Social'
  if (medium === 'social') return 'Organic Social'
  if (medium === 'email') return 'Email'
  if (/google|bing|baidu/.test(source)) return 'Organic Search'
  return source === '(direct)' ? 'Direct' : 'Referral'
}

function byKey<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, T[]> {
  return Object.fromEntries(Map.groupBy(items, keyOf))
}
