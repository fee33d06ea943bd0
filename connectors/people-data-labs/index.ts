import { defineConnector } from '#kit'
import { probeKey } from './api.ts'
import { config } from './config.ts'
import { enricher } from './enricher.ts'

export default defineConnector({
  name: 'people-data-labs',
  title: 'People Data Labs',
  baseUrl: 'https://api.peopledatalabs.com',
  config,
  auth: { type: 'header', header: 'X-Api-Key', value: 'apiKey' },
  // The minute's quota is read from the headers of every answer: how high it is depends on the plan.
  limits: { concurrency: 8, attempts: 2, deadlineMs: 15_000 },
  check: probeKey,
  enricher,
})
