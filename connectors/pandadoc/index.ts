import * as z from 'zod'
import { defineConnector, secret, streamsOf } from '#kit'
import { parseInstant } from '#model'
import { CurrentMember, Document } from './api.ts'
import { map } from './map.ts'
import { fetchDocuments, pullDocuments } from './pull.ts'
import { EVENT_ID_HEADER, receive, verify } from './webhook.ts'

const config = z.object({
  apiKey: secret().describe('API key: Developer Dashboard → Configuration'),
  webhookKey: secret()
    .optional()
    .describe('Shared key of the webhook subscription; deliveries are refused without it'),
  quotes: z
    .enum(['priced', 'all'])
    .default('priced')
    .describe(
      'Which documents are quotes: those with a price, or all. The others still yield people and touchpoints',
    ),
  internalDomains: z
    .array(z.string())
    .optional()
    .describe('E-mail domains of our own company, whose recipients are no buyers'),
})
type Config = z.output<typeof config>

export default defineConnector({
  name: 'pandadoc',
  title: 'PandaDoc',
  baseUrl: 'https://api.pandadoc.com',
  config,
  auth: { type: 'header', header: 'authorization', value: 'apiKey', prefix: 'API-Key ' },
  // 600 a minute, in bursts: a page of the list is followed by the details of its hundred documents.
  limits: { concurrency: 6, intervalCap: 100, intervalMs: 10_000 },
  async check({ http }) {
    await http.request({ url: '/public/v1/members/current', schema: CurrentMember })
  },
  streams: {
    documents: streamsOf<Config>()({
      title: 'Documents',
      record: Document,
      key: ({ id }) => id,
      updatedAt: ({ date_modified }) => (date_modified ? parseInstant(date_modified) : undefined),
      lane: 'billing',
      listsAll: true,
      pull: pullDocuments(),
      fetch: fetchDocuments,
      map,
    }),
  },
  webhook: {
    verify,
    deliveryId: ({ headers }) => headers.get(EVENT_ID_HEADER) ?? undefined,
    keepHeaders: [EVENT_ID_HEADER],
    receive,
  },
})
