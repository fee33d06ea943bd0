import * as z from 'zod'
import { defineConnector, OWN_NUMBER, RateLimitError, retryAfter, secret, streamsOf } from '#kit'
import { type AircallConfig, Call, Contact, fetchEach, pullCalls, pullContacts, updatedAt } from './api.ts'
import { contentOf, mapCall, mapContact } from './map.ts'
import { deliveryId, receive, verify } from './webhook.ts'

const config = z.object({
  apiId: z.string().min(1).describe('API ID: Integrations & API → API Keys'),
  apiToken: secret().describe('API token that belongs to it, shown once'),
  webhookToken: secret().optional().describe('Token of the webhook; deliveries are refused without it'),
  internalNumbers: z
    .array(z.string().regex(OWN_NUMBER, 'is no number in international form'))
    .default([])
    .describe('Telephones of our own people: +49 30 901820, or a whole line: +49 30 9018*'),
  internalDomains: z.array(z.string().min(1)).default([]).describe('E-mail domains of our own company'),
})

const WINDOW_MS = 60_000

/** Aircall has no Retry-After: it tells when its minute is over. */
function classify(status: number, headers: Headers): RateLimitError | undefined {
  if (status !== 429 || retryAfter(headers, 0) !== undefined) return undefined
  const reset = Number(headers.get('x-aircallapi-reset') ?? Number.NaN)
  const until = reset < 1e12 ? reset * 1000 : reset
  const wait = until - Date.parse(headers.get('date') ?? '')
  return new RateLimitError('http.rate_limited', 'Aircall takes no more requests this minute', {
    httpStatus: status,
    retryAfterMs: wait >= 0 && wait <= WINDOW_MS ? wait : WINDOW_MS,
  })
}

export default defineConnector({
  name: 'aircall',
  title: 'Aircall',
  baseUrl: 'https://api.aircall.io',
  config,
  auth: { type: 'basic', username: 'apiId', password: 'apiToken' },
  // 60 a minute and company, which other integrations share; newer accounts have 120.
  limits: { concurrency: 2, intervalCap: 10, intervalMs: 10_000 },
  classify,
  async check({ http }) {
    await http.request({ url: '/v1/ping', schema: z.looseObject({ ping: z.string() }) })
  },
  streams: {
    calls: streamsOf<AircallConfig>()({
      title: 'Calls',
      record: Call,
      key: ({ id }) => String(id),
      content: contentOf,
      lane: 'touchpoint',
      pull: pullCalls,
      fetch: fetchEach('calls'),
      map: mapCall,
    }),
    contacts: streamsOf<AircallConfig>()({
      title: 'Shared contacts',
      record: Contact,
      key: ({ id }) => String(id),
      updatedAt,
      lane: 'touchpoint',
      pull: pullContacts,
      fetch: fetchEach('contacts'),
      map: mapContact,
    }),
  },
  webhook: { verify, deliveryId, receive },
})
