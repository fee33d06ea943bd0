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
  /** Lets the first such request arrive and keeps its answer back. */
  hold(matches: (request: Request) => boolean): { reached: Promise<void>; release(): void }
  /** Records that were sent to it since it was started. */
  written(): number
}

/** A Salesforce org on this machine; with all fields of the shipped mappings, unless bare. */
export async function startCrm({ isBare = false }: { isBare?: boolean } = {}): Promise<Crm> {
  const salesforce = createSalesforceSandbox()
  if (!isBare) salesforce.restore((await preparedCrms()).salesforce)
  let keep: ((request: Request) => Promise<void>) | undefined
  const server = await listen({
    async fetch(request) {
      const answer = await salesforce.fetch(request)
      await keep?.(request)
      return answer
    },
  })
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
    hold(matches) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      keep = async (request) => {
        if (!matches(request)) return
        keep = undefined
        reached.resolve()
        await released.promise
      }
      return { reached: reached.promise, release: released.resolve }
    },
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
