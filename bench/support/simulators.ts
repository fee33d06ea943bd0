// The vendors' simulators in a process of their own, so that their work is not counted as the hub's.
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { createStripeSandbox } from '../../src/sandbox/stripe/index.ts'
import { INVOICES } from './bodies.ts'
import { answer } from './rpc.ts'
import { API_KEY, SALESFORCE_SECRET, type SimulatorUrls, STRIPE_SECRET } from './settings.ts'

const stripe = createStripeSandbox({ apiKey: API_KEY, webhookSecret: STRIPE_SECRET })
stripe.load(INVOICES)
const salesforce = createSalesforceSandbox({ clientSecret: SALESFORCE_SECRET, dailyLimit: 100_000_000 })
const unlimited = Number.POSITIVE_INFINITY
const hubspot = createHubspotSandbox({
  token: API_KEY,
  dailyLimit: unlimited,
  tenSecondLimit: unlimited,
  searchPerSecond: unlimited,
})

async function listen(sandbox: Sandbox): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<AddressInfo>()
  serve({ fetch: (request) => sandbox.fetch(request), hostname: '127.0.0.1', port: 0 }, resolve)
  return `http://127.0.0.1:${(await promise).port}`
}
const urls: SimulatorUrls = {
  stripe: await listen(stripe),
  salesforce: await listen(salesforce),
  hubspot: await listen(hubspot),
}

/** What a CRM holds, counted the same way for both. */
export interface Held {
  calls: number
  people: number
  /** People by their title. */
  titles: Record<string, number>
  /** Sum of the visit counters of all people. */
  visits: number
  /** Timeline entries. */
  activities: number
}

const sum = (values: unknown[]) => values.reduce<number>((total, value) => total + Number(value ?? 0), 0)

function countBy(values: unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1
  return counts
}

const held: Record<'salesforce' | 'hubspot', () => Held> = {
  salesforce() {
    const people = [...salesforce.records('Lead'), ...salesforce.records('Contact')]
    return {
      calls: salesforce.apiCalls,
      people: people.length,
      titles: countBy(people.map((p) => p.Title)),
      visits: sum(people.map((p) => p.Visits_30d__c)),
      activities: salesforce.records('Task').length,
    }
  },
  hubspot() {
    const people = hubspot.records('contacts')
    return {
      calls: hubspot.apiCalls,
      people: people.length,
      titles: countBy(people.map((p) => p.properties.jobtitle)),
      visits: sum(people.map((p) => p.properties.tributary_visits_30d)),
      activities: hubspot.records('notes').length,
    }
  },
}

const handlers = {
  /** The next bulk jobs and queries take no time: what is measured is the hub. */
  hurry(jobs: number) {
    for (let n = 0; n < jobs; n++) {
      salesforce.troubleBulk({ durationMs: 0 })
      salesforce.troubleBulkQuery({ durationMs: 0 })
    }
  },
  urls: () => urls,
  held: (crm: 'salesforce' | 'hubspot') => held[crm](),
}
export type Simulators = typeof handlers
answer(handlers)
