import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3.js'
import * as z from 'zod'
import { askGoogle, type ConnectorContext, type GoogleCredentials, googleOptions, hasStatus } from '#kit'

const Text = z.string().nullish()
const Time = z.looseObject({ date: Text, dateTime: Text })
const Guest = z.looseObject({
  email: Text,
  displayName: Text,
  responseStatus: Text.describe('needsAction, declined, tentative or accepted'),
  resource: z.boolean().nullish().describe('A room or a projector'),
})
export type Guest = z.infer<typeof Guest>

/** @see https://developers.google.com/workspace/calendar/api/v3/reference/events */
export const Event = z.looseObject({
  id: z.string().min(1),
  status: Text.describe('confirmed, tentative or cancelled'),
  iCalUID: Text,
  created: Text,
  updated: Text,
  summary: Text,
  visibility: Text.describe('default, public, private or confidential'),
  recurringEventId: Text,
  originalStartTime: Time.nullish(),
  start: Time.nullish(),
  end: Time.nullish(),
  organizer: Guest.nullish(),
  attendees: z.array(Guest).nullish(),
})
export type Event = z.infer<typeof Event>

/** An event as one calendar shows it, and whether it was over when it was read: `map` knows no time. */
export const Meeting = z.looseObject({ calendar: z.string(), is_over: z.boolean(), event: Event })
export type Meeting = z.infer<typeof Meeting>

const Page = z.looseObject({
  items: z.array(z.unknown()).nullish(),
  nextPageToken: Text,
  nextSyncToken: Text,
})

/** Neither descriptions nor places, links or attachments leave Google. */
const EVENT_FIELDS =
  'id,status,iCalUID,created,updated,summary,visibility,recurringEventId,originalStartTime,start,end,organizer(email,displayName),attendees(email,displayName,responseStatus,resource)'

type Listed = Pick<
  calendar_v3.Params$Resource$Events$List,
  'syncToken' | 'pageToken' | 'timeMin' | 'timeMax' | 'maxResults'
>

/** Loaded by the first call: the SDK takes longer to load than the rest of the hub, and most hubs have no use for it. */
async function open<C extends GoogleCredentials>(ctx: ConnectorContext<C>) {
  // The default: a bundler gives a CommonJS module that is loaded late no other names.
  const { default: sdk } = await import('googleapis/build/src/apis/calendar/v3.js')
  return new sdk.calendar_v3.Calendar(googleOptions(ctx))
}

/** One page. All requests of one sync token must agree in whatever is fixed here. */
export const listEvents = <C extends GoogleCredentials>(
  ctx: ConnectorContext<C>,
  calendarId: string,
  listed: Listed & { showDeleted: boolean },
): Promise<z.infer<typeof Page>> =>
  askGoogle(Page, async () =>
    (await open(ctx)).events.list({
      calendarId,
      singleEvents: true,
      eventTypes: ['default'],
      maxResults: 250,
      fields: `nextPageToken,nextSyncToken,items(${EVENT_FIELDS})`,
      ...listed,
    }),
  )

/** Undefined where Google has forgotten the event. */
export async function getEvent<C extends GoogleCredentials>(
  ctx: ConnectorContext<C>,
  calendarId: string,
  eventId: string,
): Promise<unknown> {
  try {
    const get = async () => (await open(ctx)).events.get({ calendarId, eventId, fields: EVENT_FIELDS })
    return await askGoogle(z.looseObject({}), get)
  } catch (error) {
    if (hasStatus(error, 404, 410)) return undefined
    throw error
  }
}
