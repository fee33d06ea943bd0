import * as z from 'zod'
import { type AccountPage, type AccountRequest, hasStatus, perAccount } from '#kit'
import { DAY_MS, isoInstant } from '#model'
import { Event, getEvent, listEvents } from './api.ts'
import { type CalendarConfig, endOf, isExternal } from './map.ts'

/** From where changes go on, and until when meetings that ended have been read. */
const Kept = z.object({ token: z.string(), until: z.int() })
/** A page of changes, or with `ended` one of the meetings that ended: the token to keep after it. */
const At = z.object({ page: z.string().optional(), ended: z.string().optional() })
type Request = AccountRequest<CalendarConfig, z.infer<typeof Kept>, z.infer<typeof At>>
type Page = AccountPage<z.infer<typeof Kept>, z.infer<typeof At>>

export const calendarsOf = ({ users, calendars }: CalendarConfig): string[] => {
  const named = [...new Set([...users, ...calendars])]
  return named.length > 0 ? named : ['primary']
}

/** Of each calendar its changes, then the meetings that ended since the last run: nothing changes when a meeting ends. */
export const pullMeetings = perAccount({
  kept: Kept,
  at: At,
  accounts: calendarsOf,
  page: (request: Request) =>
    request.at?.ended ? readEnded(request, request.at.ended) : readChanges(request),
  isStale: (error, { at }) => hasStatus(error, 410, ...(at?.page ? [400] : [])),
})

const pageToken = ({ at }: Request) => (at?.page ? { pageToken: at.page } : {})

async function readChanges(request: Request): Promise<Page> {
  const { account, kept, until, config } = request
  const { items, nextPageToken, nextSyncToken } = await listEvents(request, account, {
    ...pageToken(request),
    showDeleted: true,
    ...(kept ? { syncToken: kept.token } : { timeMin: isoInstant(until - config.historyDays * DAY_MS) }),
  })
  const records: unknown[] = []
  for (const item of items ?? []) {
    const { data: event } = Event.safeParse(item)
    const isBare = kept && event?.status === 'cancelled' && !event.attendees
    // Of a deleted event only the id may have come. Where Google knows no more, what was said of it stays.
    const known = isBare ? await getEvent(request, account, event.id) : item
    if (known !== undefined) records.push(...toRecords(known, request))
  }
  if (nextPageToken) return { records, next: { page: nextPageToken } }
  if (!nextSyncToken) return { records }
  if (kept && kept.until < until) return { records, next: { ended: nextSyncToken } }
  return { records, keep: { token: nextSyncToken, until } }
}

/** Days end by the calendar's zone at Google and everywhere here, so they are looked for from further back. */
const DAYS_END_WITHIN_MS = 26 * 3_600_000

async function readEnded(request: Request, token: string): Promise<Page> {
  const { account, kept, until } = request
  const from = kept?.until ?? until
  const { items, nextPageToken } = await listEvents(request, account, {
    ...pageToken(request),
    showDeleted: false,
    timeMin: isoInstant(from - DAYS_END_WITHIN_MS),
    timeMax: isoInstant(until),
  })
  const records = (items ?? []).flatMap((item) => {
    const end = endOf(Event.safeParse(item).data ?? {})
    return end !== undefined && end > from && end <= until ? toRecords(item, request) : []
  })
  if (nextPageToken) return { records, next: { page: nextPageToken, ended: token } }
  return { records, keep: { token, until } }
}

/** Not parsed again here: whatever has no shape is kept as it came. */
interface ReadMeeting {
  calendar: string
  is_over: boolean
  event: unknown
}

/** What concerns nobody outside is never stored. What has no shape goes on, to be set aside by itself. */
function toRecords(item: unknown, { account, until, config }: Request): ReadMeeting[] {
  const parsed = Event.safeParse(item)
  if (!parsed.success) return [{ calendar: account, is_over: false, event: item }]
  const event = parsed.data
  if (!isExternal(event, config) || isOwnRemoval(event, account, config)) return []
  const { summary: _, ...untitled } = event
  const end = endOf(event)
  return [
    {
      calendar: account,
      is_over: end !== undefined && end <= until,
      event: config.titles ? event : untitled,
    },
  ]
}

/** A guest who takes a meeting out of their calendar, or declines it, does not call it off for the others. */
function isOwnRemoval(event: Event, calendar: string, { users }: CalendarConfig): boolean {
  if (event.status !== 'cancelled') return false
  const own = calendar.toLowerCase()
  const organizer = event.organizer?.email?.toLowerCase()
  if (organizer !== own && users.some((user) => user.toLowerCase() === organizer)) return true
  return event.attendees?.find(({ email }) => email?.toLowerCase() === own)?.responseStatus === 'declined'
}
