import * as z from 'zod'
import { defineConnector, secret, streamsOf } from '#kit'
import { parseInstant } from '#model'
import {
  addressOf,
  BASE_URL,
  classify,
  fetchMembers,
  type MailchimpConfig,
  MailEvent,
  Member,
} from './api.ts'
import { eventKey, mapEvent, mapMember } from './map.ts'
import { fetchLeaving, pullEvents } from './pull-events.ts'
import { pullMembers } from './pull-members.ts'
import { probe, receive, verify } from './webhook.ts'

const ATTRIBUTES = [
  'first_name',
  'last_name',
  'title',
  'department',
  'company_name',
  'phone',
  'lead_source',
  'linkedin_url',
  'owner_email',
] as const

const config = z.object({
  apiKey: secret().describe('API key: Account → Extras → API keys; its end names the data centre (…-us21)'),
  dataCenter: z
    .string()
    .regex(/^[a-z]{2,4}\d{1,4}$/)
    .optional()
    .describe('Data centre where the key does not end in it, as OAuth tokens do not'),
  audiences: z
    .array(z.string().min(1))
    .default([])
    .describe('Ids of the audiences that are read; all where none is named'),
  signingSecret: secret()
    .optional()
    .describe('Secret of the webhook, told once when the API made it; without it set hookSecret'),
  mergeFields: z
    .partialRecord(z.enum(ATTRIBUTES), z.string().min(1))
    .default({ first_name: 'FNAME', last_name: 'LNAME', phone: 'PHONE', company_name: 'COMPANY' })
    .describe('Which merge field holds what of a person: { title: JOBTITLE }'),
  historyDays: z
    .int()
    .min(1)
    .max(3650)
    .default(365)
    .describe('How old a campaign may be whose report is followed'),
})

export default defineConnector({
  name: 'mailchimp',
  title: 'Mailchimp',
  baseUrl: BASE_URL,
  config,
  // Any name will do with the key.
  auth: { type: 'basic', username: 'apiKey', password: 'apiKey' },
  // Ten connections at once and account, which other integrations share.
  limits: { concurrency: 6, deadlineMs: 120_000 },
  classify,
  async check(ctx) {
    const schema = z.looseObject({ health_status: z.string() })
    await ctx.http.request({ url: addressOf(ctx as never, '/ping'), schema })
  },
  streams: {
    members: streamsOf<MailchimpConfig>()({
      title: 'Audience members',
      record: Member,
      key: ({ list_id, id }) => `${list_id}/${id}`,
      updatedAt: ({ last_changed }) => (last_changed ? parseInstant(last_changed) : undefined),
      lane: 'lead',
      listsAll: true,
      pull: pullMembers(),
      fetch: fetchMembers,
      map: mapMember,
    }),
    events: streamsOf<MailchimpConfig>()({
      title: 'Campaign events',
      record: MailEvent,
      key: eventKey,
      lane: 'touchpoint',
      pull: pullEvents,
      fetch: fetchLeaving,
      map: mapEvent,
    }),
  },
  webhook: { verify, probe, receive },
})
