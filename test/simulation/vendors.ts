import { createHubspotSandbox, type HubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox, type SalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { createStripeSandbox, type StripeSandbox } from '../../src/sandbox/stripe/index.ts'
import { type CrmState, KEYS } from '../support/sandboxes.ts'
import { REFUSED_TITLE } from './cast.ts'

/** The vendors' side: it has no faults of its own, those are the network's. */
export interface Vendors {
  salesforce: SalesforceSandbox
  hubspot: HubspotSandbox
  stripe: StripeSandbox
}
export type Crm = 'salesforce' | 'hubspot'

/** How far a search index may be behind its records. */
export const LATE_INDEX_MS = 20_000

const clock = { now: () => 0 }

const salesforce = createSalesforceSandbox({ clock: { now: () => clock.now() } })
/** One whose search index is up to date, and one where it is late. */
const portals = [0, LATE_INDEX_MS].map((searchLagMs) => ({
  searchLagMs,
  hubspot: createHubspotSandbox({
    clock: { now: () => clock.now() },
    token: KEYS.HUBSPOT_TOKEN,
    tenSecondLimit: Number.POSITIVE_INFINITY,
    searchPerSecond: Number.POSITIVE_INFINITY,
    searchLagMs,
  }),
}))
salesforce.addValidationRule('Lead', refusing)
salesforce.addValidationRule('Contact', refusing)

function refusing(record: Readonly<Record<string, unknown>>): string | undefined {
  return record.Title === REFUSED_TITLE ? 'Nobody may have this title' : undefined
}

/** API calls of Salesforce in a day. */
export const PLENTY = 1_000_000

const HUBSPOT_RULE = {
  kind: 'format' as const,
  object: 'contacts',
  property: 'jobtitle',
  pattern: `^(?!${REFUSED_TITLE}$)`,
  code: 'INVALID_JOB_TITLE',
  message: 'Nobody may have this title',
}

/**
 * The vendors at the beginning of a history. Making a CRM costs more than a history, so both are made once per process
 * and brought back to the state that they are wanted in.
 */
export function vendorsAt(now: () => number, state?: CrmState, { isIndexLate = false } = {}): Vendors {
  clock.now = now
  salesforce.setDailyLimit(PLENTY)
  const { hubspot } = portals[isIndexLate ? 1 : 0]!
  if (state) {
    salesforce.restore(state.salesforce)
    hubspot.restore(state.hubspot)
  } else for (const portal of portals) portal.hubspot.addRule(HUBSPOT_RULE)
  salesforce.requests.length = 0
  hubspot.requests.length = 0
  const stripe = createStripeSandbox({
    clock: now,
    apiKey: KEYS.STRIPE_KEY,
    webhookSecret: KEYS.STRIPE_SECRET,
  })
  return { salesforce, hubspot, stripe }
}
