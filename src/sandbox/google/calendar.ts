import { type Context, Hono } from 'hono'
import { selectFields } from './fields.ts'
import type { Identity } from './identity.ts'
import { GoogleProblem, onlyParameters, whole } from './problem.ts'

/** An event as the API shows it; series come as their single occurrences. */
export interface CalendarEvent {
  id: string
  status?: 'confirmed' | 'tentative' | 'cancelled'
  iCalUID?: string
  eventType?: string
  created?: string
  updated?: string
  summary?: string
  description?: string
  location?: string
  visibility?: string
  recurringEventId?: string
  originalStartTime?: CalendarTime
  start?: CalendarTime
  end?: CalendarTime
  organizer?: { email: string; displayName?: string; self?: boolean }
  attendees?: {
    email: string
    displayName?: string
    responseStatus?: string
    resource?: boolean
    self?: boolean
  }[]
}
export interface CalendarTime {
  date?: string
  dateTime?: string
  timeZone?: string
}

export interface CalendarSandbox {
  /** Adds events to a calendar, or replaces those with the same id; a calendar comes into being with its first call. */
  put(calendar: string, events: CalendarEvent[], options?: { sharedWith?: string[] }): void
  /**
   * Deletes: the event is a cancelled one from then on. Lists show it whole, or with its id alone; the event itself can be
   * read unless it is `forgotten`.
   */
  remove(calendar: string, id: string, shown?: Stored['shown']): void
  /** Makes Google forget from where changes could be told. */
  expireSyncTokens(): void
}

export interface Stored {
  seq: number
  event: CalendarEvent
  shown: 'whole' | 'bare' | 'forgotten'
}
interface Calendar {
  sharedWith: Set<string>
  events: Map<string, Stored>
}

const LIST = [
  'singleEvents',
  'showDeleted',
  'eventTypes',
  'maxResults',
  'pageToken',
  'syncToken',
  'timeMin',
  'timeMax',
  'updatedMin',
  'orderBy',
  'q',
  'iCalUID',
]
const NOT_WITH_SYNC_TOKEN = ['iCalUID', 'orderBy', 'q', 'timeMin', 'timeMax', 'updatedMin']
const SCOPE = /\/auth\/calendar(\.events)?(\.readonly)?$/

export function createCalendars(identity: Identity): { routes: Hono; control: CalendarSandbox } {
  const calendars = new Map<string, Calendar>()
  let seq = 0
  let oldestToken = 0

  const calendarOf = (c: Context): Calendar => {
    const { email } = identity.callerOf(c, SCOPE)
    const id = c.req.param('calendar') === 'primary' ? email : c.req.param('calendar')
    const calendar = calendars.get(id ?? '')
    // Google tells nobody that a calendar exists which they may not see.
    if (!calendar || !(id === email || calendar.sharedWith.has(email))) {
      throw new GoogleProblem(404, 'notFound', 'Not Found')
    }
    return calendar
  }

  const complete = ({ event }: Stored): CalendarEvent => ({
    status: 'confirmed',
    eventType: 'default',
    iCalUID: `${event.recurringEventId ?? event.id}@google.com`,
    ...event,
  })
  const listed = (stored: Stored): CalendarEvent =>
    stored.shown === 'whole' ? complete(stored) : { id: stored.event.id, status: 'cancelled' }

  const routes = new Hono()
  routes.get('/calendar/v3/calendars/:calendar/events', (c) => {
    const calendar = calendarOf(c)
    onlyParameters(c, LIST)
    const from = sinceOf(c, oldestToken)
    const [timeMin, timeMax] = [timeOf(c, 'timeMin'), timeOf(c, 'timeMax')]
    if (timeMin !== undefined && timeMax !== undefined && timeMin >= timeMax) {
      throw new GoogleProblem(400, 'timeRangeEmpty', 'The specified time range is empty.')
    }
    const size = whole(c, 'maxResults', 250, 2500)
    const types = c.req.queries('eventTypes') ?? []
    const offset = pageOf(c)
    const found = [...calendar.events.values()]
      .filter((stored) => (from === undefined ? true : stored.seq > from))
      .filter(({ event }) => types.length === 0 || types.includes(event.eventType ?? 'default'))
      .filter(
        ({ event }) =>
          event.status !== 'cancelled' || from !== undefined || c.req.query('showDeleted') === 'true',
      )
      .filter(({ event }) => timeMin === undefined || instantOf(event.end) > timeMin)
      .filter(({ event }) => timeMax === undefined || instantOf(event.start) < timeMax)
      .sort((a, b) => a.seq - b.seq)
    const isLast = offset + size >= found.length
    const answer = {
      kind: 'calendar#events',
      etag: '"p33k"',
      summary: c.req.param('calendar'),
      timeZone: 'Europe/Berlin',
      items: found.slice(offset, offset + size).map(listed),
      ...(isLast ? {} : { nextPageToken: `page-${offset + size}` }),
      ...(isLast && timeMax === undefined && c.req.query('orderBy') === undefined
        ? { nextSyncToken: `sync-${seq}` }
        : {}),
    }
    return c.json(selectFields(answer, c.req.query('fields')) as object)
  })
  routes.get('/calendar/v3/calendars/:calendar/events/:event', (c) => {
    const calendar = calendarOf(c)
    onlyParameters(c, ['timeZone', 'maxAttendees'])
    const stored = calendar.events.get(c.req.param('event'))
    if (!stored || stored.shown === 'forgotten') throw new GoogleProblem(404, 'notFound', 'Not Found')
    return c.json(selectFields(complete(stored), c.req.query('fields')) as object)
  })

  const calendarNamed = (id: string): Calendar => {
    const calendar = calendars.get(id) ?? { sharedWith: new Set<string>(), events: new Map<string, Stored>() }
    calendars.set(id, calendar)
    return calendar
  }
  return {
    routes,
    control: {
      put(id, events, { sharedWith = [] } = {}) {
        const calendar = calendarNamed(id)
        for (const email of sharedWith) calendar.sharedWith.add(email)
        for (const event of events) calendar.events.set(event.id, { seq: ++seq, event, shown: 'whole' })
      },
      remove(id, event, shown = 'whole') {
        const stored = calendars.get(id)?.events.get(event)
        if (!stored) throw new Error(`${id} has no event ${event}`)
        stored.seq = ++seq
        stored.shown = shown
        stored.event = { ...stored.event, status: 'cancelled' }
      },
      expireSyncTokens() {
        oldestToken = ++seq
      },
    },
  }
}

function sinceOf(c: Context, oldest: number): number | undefined {
  const token = c.req.query('syncToken')
  if (token === undefined) return undefined
  const forbidden = NOT_WITH_SYNC_TOKEN.find((name) => c.req.query(name) !== undefined)
  if (forbidden || c.req.query('showDeleted') === 'false') {
    throw new GoogleProblem(
      400,
      'badRequest',
      `Sync token cannot be used with ${forbidden ?? 'showDeleted=false'}`,
    )
  }
  const since = Number(/^sync-(\d+)$/.exec(token)?.[1] ?? Number.NaN)
  if (!(since >= oldest)) {
    throw new GoogleProblem(
      410,
      'fullSyncRequired',
      'Sync token is no longer valid, a full sync is required.',
    )
  }
  return since
}

function timeOf(c: Context, name: string): number | undefined {
  const text = c.req.query(name)
  if (text === undefined) return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) {
    throw new GoogleProblem(400, 'badRequest', 'Bad Request')
  }
  return Date.parse(text)
}

function pageOf(c: Context): number {
  const token = c.req.query('pageToken')
  if (token === undefined) return 0
  const offset = /^page-(\d+)$/.exec(token)?.[1]
  if (offset === undefined) throw new GoogleProblem(400, 'invalid', 'Invalid Value')
  return Number(offset)
}

const instantOf = (time: CalendarTime | undefined): number =>
  Date.parse(time?.dateTime ?? time?.date ?? '1970-01-01')
