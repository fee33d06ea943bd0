import { onTestFinished, vi } from 'vitest'
import { createSalesforceSandbox, type SalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { preparedCrms } from '../support/hub.ts'
import { listen } from '../support/listen.ts'
import { variable } from './support.ts'

export interface Crm {
  salesforce: SalesforceSandbox
  /** tributary.yaml of this CRM, with more lines. Failing calls are not repeated, because these tests run in real time. */
  config(more?: string): string
  /** Whether it answers anything but 503. */
  setDown(isDown: boolean): void
  /** Records that were sent to it since it was started. */
  written(): number
}

/** A Salesforce org on this machine; with all fields of the shipped mappings, unless bare. */
export async function startCrm({ isBare = false }: { isBare?: boolean } = {}): Promise<Crm> {
  const salesforce = createSalesforceSandbox()
  if (!isBare) salesforce.restore((await preparedCrms()).salesforce)
  const server = await listen(salesforce)
  onTestFinished(() => server.close())
  vi.stubEnv('SF_SECRET', 'sandbox-secret')
  const before = salesforce.writes.items
  let isDown = false
  salesforce.fail({ kind: 'answer', status: 503, times: Number.POSITIVE_INFINITY, matches: () => isDown })
  return {
    salesforce,
    config: (more = '') => `connections:
  salesforce:
    connector: salesforce
    baseUrl: ${server.url}
    clientId: sandbox-client
    clientSecret: ${variable('SF_SECRET')}
    limits: { attempts: 1 }
${more}`,
    written: () => salesforce.writes.items - before,
    setDown(next) {
      isDown = next
    },
  }
}

export const CUSTOMERS = `Id,Email,First Name,Last Name,Company
1,ada@analytical.example,Ada,Lovelace,Analytical Engines
2,grace@navy.example,Grace,Hopper,Navy Yards
3,fatima@lahore.example,فاطمہ,خان,Lahore Textiles
`
