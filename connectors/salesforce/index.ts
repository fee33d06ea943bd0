import { defineConnector } from '#kit'
import { acquireToken, consent } from './auth.ts'
import { openClient } from './client.ts'
import { config } from './config.ts'
import { destination } from './destination.ts'
import { classify } from './errors.ts'
import { streams } from './source/streams.ts'

export default defineConnector({
  name: 'salesforce',
  title: 'Salesforce',
  baseUrl: 'https://login.salesforce.com',
  config,
  auth: { type: 'token', acquire: acquireToken },
  consent,
  // Salesforce allows 25 long requests at once for all integrations together; triggers make writes of 200 records slow.
  limits: { concurrency: 5, deadlineMs: 120_000 },
  classify,
  /** Proves credentials and API version in one call. */
  async check(ctx) {
    await openClient(ctx).get('/')
  },
  streams,
  destination,
})
