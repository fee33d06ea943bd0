import {
  createHubspotSandbox,
  type HubspotSandbox,
  type PortalState,
} from '../../src/sandbox/hubspot/index.ts'
import { createPandadocSandbox, type PandadocSandbox } from '../../src/sandbox/pandadoc/index.ts'
import {
  createPdlSandbox,
  type PdlSandbox,
  type PdlSandboxOptions,
} from '../../src/sandbox/people-data-labs/index.ts'
import {
  createSalesforceSandbox,
  type OrgState,
  type SalesforceSandbox,
} from '../../src/sandbox/salesforce/index.ts'
import { createSendgridSandbox, type SendgridSandbox } from '../../src/sandbox/sendgrid/index.ts'
import { createStripeSandbox, type StripeSandbox } from '../../src/sandbox/stripe/index.ts'

/** Worth something to the simulators only. */
export const KEYS = {
  WRITE_KEY: 'wk_test',
  STRIPE_KEY: 'rk_test_hub',
  STRIPE_SECRET: 'whsec_test_hub',
  PANDADOC_KEY: 'pandadoc-test',
  PANDADOC_HOOK_KEY: 'pandadoc-hook-test',
  PDL_KEY: 'pdl-test',
  SALESFORCE_SECRET: 'sandbox-secret',
  HUBSPOT_TOKEN: 'pat-test',
}

export interface Sandboxes {
  stripe: StripeSandbox
  sendgrid: SendgridSandbox
  pandadoc: PandadocSandbox
  pdl: PdlSandbox
  salesforce: SalesforceSandbox
  hubspot: HubspotSandbox
}

/** What a CRM holds, to begin again from there. */
export interface CrmState {
  salesforce: OrgState
  hubspot: PortalState
}

/** All simulators; the CRMs as `crm` describes them, bare where absent. */
export async function createSandboxes(
  clock: { now(): number },
  options: { crm?: CrmState; sendgrid?: SendgridSandbox; pdl?: Partial<PdlSandboxOptions> } = {},
): Promise<Sandboxes> {
  const { now } = clock
  const salesforce = createSalesforceSandbox({ clock })
  const hubspot = createHubspotSandbox({
    clock,
    token: KEYS.HUBSPOT_TOKEN,
    tenSecondLimit: Number.POSITIVE_INFINITY,
    searchPerSecond: Number.POSITIVE_INFINITY,
  })
  if (options.crm) {
    salesforce.restore(options.crm.salesforce)
    hubspot.restore(options.crm.hubspot)
  }
  return {
    stripe: createStripeSandbox({ clock: now, apiKey: KEYS.STRIPE_KEY, webhookSecret: KEYS.STRIPE_SECRET }),
    sendgrid: options.sendgrid ?? (await createSendgridSandbox({ apiKey: 'sendgrid-test', now })),
    pandadoc: createPandadocSandbox({
      apiKey: KEYS.PANDADOC_KEY,
      webhookKey: KEYS.PANDADOC_HOOK_KEY,
      now,
    }),
    pdl: createPdlSandbox({
      apiKey: KEYS.PDL_KEY,
      people: [],
      companies: [],
      perMinute: 1_000_000,
      now,
      ...options.pdl,
    }),
    salesforce,
    hubspot,
  }
}

export const crmStateOf = ({ salesforce, hubspot }: Sandboxes): CrmState => ({
  salesforce: salesforce.dump(),
  hubspot: hubspot.dump(),
})
