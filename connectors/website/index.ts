import * as z from 'zod'
import { defineConnector, SignatureError, secret, streamsOf } from '#kit'
import { EventRecord } from './api.ts'
import { keyOf, saidBy } from './key.ts'
import { map } from './map.ts'
import { receive } from './receive.ts'

const config = z.object({
  writeKey: secret().describe('Key that pages and servers send with their events; any text you choose'),
  allowedOrigins: z
    .array(z.string())
    .optional()
    .describe(
      'Origins whose pages may send, "https://www.example.com" or "https://*.example.com"; all where absent',
    ),
  internalDomains: z
    .array(z.string())
    .optional()
    .describe(
      'Our own domains: links between them are no referral, and people with an e-mail there do not count as buyers',
    ),
  forms: z
    .record(
      z.string().regex(/^[A-Za-z0-9][\w-]{0,63}$/, 'Letters, digits, - and _'),
      z.strictObject({
        title: z.string().min(1).optional().describe('What the timeline calls it'),
        redirect: z.url().optional().describe('Where the browser goes afterwards'),
        honeypot: z.string().min(1).default('_gotcha').describe('Hidden field that only programs fill in'),
        perMinute: z.int().min(1).default(30).describe('Submissions that are taken in a minute'),
      }),
    )
    .optional()
    .describe('Plain HTML forms that are sent to /f/<name>'),
  internalIps: z
    .array(z.string())
    .optional()
    .describe('Addresses of our own offices, whose visits do not count'),
  keepBots: z
    .boolean()
    .default(false)
    .describe('Count what bots do as engagement; by default it is kept but flagged'),
})
type Config = z.output<typeof config>

/** First-party events of websites and products, in Segment's protocol. Read by the collector at /v1, not by /hooks. */
export default defineConnector({
  name: 'website',
  title: 'Website and product events',
  baseUrl: 'https://localhost',
  config,
  auth: { type: 'none' },
  streams: {
    events: streamsOf<Config>()({
      title: 'Events',
      record: EventRecord,
      key: keyOf,
      updatedAt: ({ received_at }) => received_at,
      content: saidBy,
      lane: 'touchpoint',
      map,
    }),
  },
  webhook: {
    async verify() {
      throw new SignatureError(
        'webhook.unknown_connection',
        'Events of a website arrive at /v1 with its write key, not at /hooks',
      )
    },
    receive,
  },
})
