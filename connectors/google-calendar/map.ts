import { colleagues, type GoogleCredentials, type MapContext } from '#kit'
import { type Contribution, email, type Instant, parseInstant, type Touchpoint } from '#model'
import type { Event, Guest, Meeting } from './api.ts'

export interface CalendarConfig extends GoogleCredentials {
  users: string[]
  calendars: string[]
  internalDomains: string[]
  historyDays: number
  titles: boolean
  people: 'all' | 'known'
}

const isAddress = (text: string | null | undefined): text is string =>
  typeof text === 'string' && text.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(text)

/** Guests from outside: neither colleagues, rooms nor calendars that were invited as such. */
function guestsOf(event: Event, config: CalendarConfig): (Guest & { email: string })[] {
  const isColleague = colleagues(config.internalDomains, [...config.users, ...config.calendars])
  const organizer = event.organizer ? [event.organizer] : []
  const guests = new Map<string, Guest & { email: string }>()
  for (const guest of [...(event.attendees ?? []), ...organizer]) {
    const { email: address } = guest
    if (!isAddress(address) || guest.resource || isColleague(address)) continue
    if (/\.calendar\.google\.com$/i.test(address) || guests.has(address.toLowerCase())) continue
    guests.set(address.toLowerCase(), { ...guest, email: address })
  }
  return [...guests.values()]
}

/** Whether an event is a meeting with somebody outside that may be known at the company. */
export const isExternal = (event: Event, config: CalendarConfig): boolean =>
  !/^(private|confidential)$/.test(event.visibility ?? '') && guestsOf(event, config).length > 0

const HALF_DAY_MS = 12 * 3_600_000

const instant = (text: string | null | undefined): Instant | undefined =>
  text ? parseInstant(text) : undefined

/** A day has no zone: it begins at midnight UTC, and is over when it is everywhere. */
const startOf = ({ start }: Event): Instant | undefined => instant(start?.dateTime ?? start?.date)
export function endOf({ end }: Pick<Event, 'end'>): Instant | undefined {
  const at = instant(end?.dateTime ?? end?.date)
  return at === undefined || end?.dateTime ? at : at + HALF_DAY_MS
}

/**
 * The same for the copies in all calendars. An occurrence of a series is told apart by when it was meant to be. Deleted
 * events may lack the uid; Google makes it from the id.
 */
export function keyOf({ event }: Meeting): string {
  const uid = event.iCalUID ?? `${event.recurringEventId ?? event.id}@google.com`
  const original = instant(event.originalStartTime?.dateTime ?? event.originalStartTime?.date)
  return original === undefined ? uid : `${uid}/${new Date(original).toISOString()}`
}

/** What does not depend on the calendar that shows it. */
export const contentOf = ({ event, is_over }: Meeting): unknown => ({
  is_over,
  ...event,
  id: undefined,
  updated: event.status === 'cancelled' ? event.updated : undefined,
})

/** One meeting for each guest from outside: that it was arranged, took place, or was called off. */
export function map({ event, is_over }: Meeting, { config }: MapContext<CalendarConfig>): Contribution[] {
  if (!isExternal(event, config)) return []
  const isColleague = colleagues(config.internalDomains, [...config.users, ...config.calendars])
  const [created, updated, start, end] = [
    instant(event.created),
    instant(event.updated),
    startOf(event),
    endOf(event),
  ]
  const organised = isColleague(event.organizer?.email) ? 'outbound' : 'inbound'
  const isDay = !event.start?.dateTime
  const props = {
    ...(start === undefined ? {} : { starts_at: start }),
    ...(start === undefined || end === undefined || isDay
      ? {}
      : { minutes: Math.round((end - start) / 60_000) }),
    ...(isDay ? { all_day: true } : {}),
    ...(event.recurringEventId ? { recurring: true } : {}),
  }
  const happenings: [kind: string, at: Instant | undefined, direction: Touchpoint['direction']][] = [
    // A series is arranged once and would count for each of its occurrences.
    ['meeting.scheduled', event.recurringEventId ? undefined : created, organised],
    ['meeting.held', is_over && (event.status ?? 'confirmed') === 'confirmed' ? start : undefined, 'inbound'],
    ['meeting.canceled', event.status === 'cancelled' ? updated : undefined, organised],
  ]
  return guestsOf(event, config).flatMap((guest): Contribution[] => {
    const person = [email(guest.email)]
    const slot = guest.email.toLowerCase()
    const declined = guest.responseStatus === 'declined'
    const said: Contribution[] =
      config.people === 'known'
        ? []
        : [
            {
              type: 'person',
              slot,
              identifiers: person,
              attributes: {
                email: guest.email,
                ...(guest.displayName ? { full_name: guest.displayName } : {}),
              },
              ...(created === undefined ? {} : { observed_at: created }),
            },
          ]
    for (const [kind, at, direction] of happenings) {
      if (at === undefined || (kind === 'meeting.held' && declined)) continue
      const title = event.summary ? { title: event.summary } : {}
      const response = guest.responseStatus ? { response: guest.responseStatus } : {}
      said.push({
        type: 'touchpoint',
        person,
        touchpoint: {
          kind,
          slot,
          occurred_at: at,
          channel: 'meeting',
          direction,
          ...title,
          props: { ...props, ...response },
        },
      })
    }
    return said
  })
}
