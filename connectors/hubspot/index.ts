import { defineConnector } from '#kit'
import { config, pathsOf } from './config.ts'
import { consent } from './consent.ts'
import { destination } from './destination.ts'
import { classify } from './errors.ts'
import { streams } from './source/streams.ts'

export default defineConnector({
  name: 'hubspot',
  title: 'HubSpot',
  baseUrl: 'https://api.hubapi.com',
  config,
  auth: { type: 'bearer', token: 'accessToken' },
  consent,
  // 190 requests per 10 s and app (Professional and up); the rest is left to retries and to people.
  limits: { concurrency: 6, intervalCap: 180, intervalMs: 10_000 },
  classify,
  async check(ctx) {
    const url = `${pathsOf(ctx.config.apiVersion).objects}/contacts`
    await ctx.http.request({ url, query: { limit: 1 }, signal: ctx.signal })
  },
  streams,
  destination,
})
