import * as z from 'zod'
import { defineConnector, OWN_NUMBER, secret, streamsOf } from '#kit'
import { parseInstant } from '#model'
import { Call, fetchCalls, listCalls, pullCalls, type TwilioConfig } from './api.ts'
import { map } from './map.ts'
import { deliveryId, receive, verify } from './webhook.ts'

const config = z.object({
  accountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'is AC and 32 hexadecimal digits')
    .describe('Account SID: Console → Account info'),
  apiKeySid: z.string().min(1).describe('SID of an API key (SK…): Console → API keys & tokens'),
  apiKeySecret: secret().describe('Secret of that API key, shown once'),
  authToken: secret().optional().describe('Auth token, with which Twilio signs callbacks; refused without'),
  internalNumbers: z
    .array(z.string().regex(OWN_NUMBER, 'is no number in international form'))
    .default([])
    .describe('Telephones of our own people: +49 30 901820, or a whole line: +49 30 9018*'),
  historyDays: z
    .int()
    .min(1)
    .max(400)
    .default(365)
    .describe('How far back the first read goes, 13 months at most'),
})

export default defineConnector({
  name: 'twilio',
  title: 'Twilio Voice',
  baseUrl: 'https://api.twilio.com',
  config,
  auth: { type: 'basic', username: 'apiKeySid', password: 'apiKeySecret' },
  limits: { concurrency: 8 },
  // Keys of the standard kind may not read the account itself.
  async check(ctx) {
    await listCalls(ctx, { from: ctx.now() })
  },
  streams: {
    calls: streamsOf<TwilioConfig>()({
      title: 'Calls',
      record: Call,
      key: ({ sid }) => sid,
      updatedAt: ({ date_updated }) => (date_updated ? parseInstant(date_updated) : undefined),
      lane: 'touchpoint',
      pull: pullCalls,
      fetch: fetchCalls,
      map,
    }),
  },
  webhook: { verify, deliveryId, receive },
})
