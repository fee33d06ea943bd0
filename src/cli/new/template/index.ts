import * as z from 'zod'
import { defineConnector, incremental, secret, streamsOf } from '#kit'
import { parseInstant } from '#model'
import { Contact, fetchContacts, Me, readPage } from './api.ts'
import { map } from './map.ts'
import { DELIVERY_ID_HEADER, receive, verify } from './webhook.ts'

const config = z.object({
  apiKey: secret().describe('API key of the account, with the scope contacts.read'),
  webhookSecret: secret()
    .optional()
    .describe('Signing secret of the webhook; deliveries are refused without it'),
})
type Config = z.output<typeof config>

export default defineConnector({
  name: 'template-vendor',
  title: 'Template Vendor',
  baseUrl: 'https://api.template-vendor.example',
  config,
  auth: { type: 'bearer', token: 'apiKey' },
  limits: { concurrency: 4, intervalCap: 100, intervalMs: 10_000 },
  async check({ http, signal }) {
    await http.request({ url: '/v1/me', schema: Me, signal })
  },
  streams: {
    contacts: streamsOf<Config>()({
      title: 'Contacts',
      record: Contact,
      key: ({ id }) => id,
      updatedAt: ({ updated_at }) => parseInstant(updated_at),
      lane: 'lead',
      pull: incremental({ lag: '10m', page: readPage }),
      fetch: fetchContacts,
      map,
    }),
  },
  webhook: {
    verify,
    deliveryId: ({ headers }) => headers.get(DELIVERY_ID_HEADER) ?? undefined,
    receive,
  },
})
