import * as z from 'zod'
import { defineConnector, googleAccess, googleConfig, streamsOf, userInPath } from '#kit'
import { parseInstant } from '#model'
import { listEvents, Meeting } from './api.ts'
import { type CalendarConfig, contentOf, keyOf, map } from './map.ts'
import { calendarsOf, pullMeetings } from './pull.ts'

const config = googleConfig({
  users: z
    .array(z.email())
    .default([])
    .describe('Colleagues whose calendars are read, by domain-wide delegation'),
  calendars: z
    .array(z.string().min(1))
    .default([])
    .describe('Further calendars by id, shared with the service account; the own one where none is named'),
  internalDomains: z.array(z.string().min(1)).min(1).describe('E-mail domains of our own company'),
  historyDays: z.int().min(0).max(3650).default(365).describe('How far back the first read goes'),
  titles: z.boolean().default(true).describe('Whether titles of meetings are kept'),
  people: z
    .enum(['all', 'known'])
    .default('all')
    .describe('Whether guests become people, or only those who are known otherwise have meetings'),
})

const SCOPES = ['https://www.googleapis.com/auth/calendar.events.readonly']

export default defineConnector({
  name: 'google-calendar',
  title: 'Google Calendar',
  baseUrl: 'https://www.googleapis.com',
  config,
  // A user's calendar has the user's address; shared ones are read as the service account itself.
  ...googleAccess<CalendarConfig>(SCOPES, userInPath(/\/calendars\/([^/]+)\//)),
  // 600 a minute and user.
  limits: { concurrency: 4, intervalCap: 50, intervalMs: 5_000 },
  async check(ctx) {
    await listEvents(ctx, calendarsOf(ctx.config)[0]!, { showDeleted: true, maxResults: 1 })
  },
  streams: {
    meetings: streamsOf<CalendarConfig>()({
      title: 'Meetings',
      record: Meeting,
      key: keyOf,
      updatedAt: ({ event }) => (event.updated ? parseInstant(event.updated) : undefined),
      content: contentOf,
      lane: 'touchpoint',
      pull: pullMeetings,
      map,
    }),
  },
})
