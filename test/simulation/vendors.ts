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

const clock = { now: () => 0 }

const salesforce = createSalesforceSandbox({ clock: { now: () => clock.now() } })
const hubspot = createHubspotSandbox({
  clock: { now: () => clock.now() },
  token: KEYS.HUBSPOT_TOKEN,
  tenSecondLimit: Number.POSITIVE_INFINITY,
  searchPerSecond: Number.POSITIVE_INFINITY,
})
salesforce.addValidationRule('Lead', refusing)
salesforce.addValidationRule('Contact', refusing)

function refusing(record: Readonly<Record<string, unknown>>): string | undefined {
  return record.Title === REFUSED_TITLE ? 'Nobody may have this title' : undefined
}

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
export function vendorsAt(now: () => number, state?: CrmState): Vendors {
  clock.now = now
  if (state) {
    salesforce.restore(state.salesforce)
    hubspot.restore(state.hubspot)
  } else hubspot.addRule(HUBSPOT_RULE)
  salesforce.requests.length = 0
  hubspot.requests.length = 0
  const stripe = createStripeSandbox({
    clock: now,
    apiKey: KEYS.STRIPE_KEY,
    webhookSecret: KEYS.STRIPE_SECRET,
  })
  return { salesforce, hubspot, stripe }
}
