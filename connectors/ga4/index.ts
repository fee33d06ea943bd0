import * as z from 'zod'
import { defineConnector, googleAccess, googleConfig, streamsOf } from '#kit'
import { isoDate } from '#model'
import { Day, runReport } from './api.ts'
import { map } from './map.ts'
import { pullDays } from './pull.ts'

const config = googleConfig({
  properties: z
    .array(z.string().regex(/^\d+$/, 'is not the number of a property: Admin → Property details'))
    .min(1)
    .describe('Numbers of the GA4 properties'),
  historyDays: z.int().min(0).max(1000).default(90).describe('How far back the first read goes'),
})
type Config = z.output<typeof config>

const SCOPES = ['https://www.googleapis.com/auth/analytics.readonly']

export default defineConnector({
  name: 'ga4',
  title: 'Google Analytics 4',
  baseUrl: 'https://analyticsdata.googleapis.com',
  config,
  ...googleAccess<Config>(SCOPES),
  // Ten at once, and ten errors an hour.
  limits: { concurrency: 2, intervalCap: 20, intervalMs: 10_000 },
  async check(ctx) {
    await runReport(ctx, ctx.config.properties[0]!, isoDate(ctx.now()), 1)
  },
  streams: {
    traffic: streamsOf<Config>()({
      title: 'Visits by day and origin',
      record: Day,
      key: ({ property, day }) => `${property}/${day}`,
      // What the call itself cost is new every time.
      content: ({ report: { propertyQuota: _, ...report }, ...day }) => ({ ...day, report }),
      lane: 'backfill',
      pull: pullDays(),
      map,
    }),
  },
})
