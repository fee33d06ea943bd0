import { type Config, config as configSchema } from '../../connectors/hubspot/config.ts'
import hubspot from '../../connectors/hubspot/index.ts'
import {
  type Clock,
  type ConnectorContext,
  type Destination,
  type ErrorReport,
  reportOf,
  type WriteOperation,
  type WriteResult,
} from '../../src/kit/index.ts'
import {
  createHubspotSandbox,
  type HubspotSandbox,
  type HubspotSandboxOptions,
} from '../../src/sandbox/hubspot/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { connectorContext } from '../support/connector-context.ts'

export interface Bench {
  portal: HubspotSandbox
  ctx: ConnectorContext<Config>
  destination: Destination<Config>
  clock: Clock & { slept: number[]; advance(ms: number): void }
  upsert(object: string, operations: WriteOperation[]): Promise<WriteResult[]>
  /** Body of every request, in order. */
  sent: { path: string; body: { inputs?: Record<string, unknown>[] } }[]
}

const START = Date.UTC(2026, 10, 22)

/** Connector → door → simulated portal, without network or waiting. */
export async function createBench(
  options: HubspotSandboxOptions & { config?: Partial<Config>; setUp?: boolean } = {},
): Promise<Bench> {
  let now = START
  const slept: number[] = []
  const clock: Bench['clock'] = {
    now: () => now,
    async sleep(ms) {
      slept.push(ms)
      now += ms
    },
    slept,
    advance(ms) {
      now += ms
    },
  }
  const portal = createHubspotSandbox({
    clock,
    tenSecondLimit: Infinity,
    searchPerSecond: Infinity,
    ...options,
  })
  const config = configSchema.parse({ accessToken: 'pat-test', ...options.config })
  const sent: Bench['sent'] = []
  const simulated = sandboxFetch([portal])
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = request.method === 'GET' ? '' : await request.clone().text()
    sent.push({ path: new URL(request.url).pathname, body: text ? JSON.parse(text) : {} })
    return simulated(request)
  }
  const ctx = connectorContext(hubspot, { config, fetch, clock, connection: 'hs' })
  const destination = hubspot.destination!
  if (options.setUp ?? true) {
    await destination.setup(ctx, {
      apply: true,
      fields: { companies: {}, contacts: {}, deals: {}, notes: {}, emails: {}, communications: {} },
    })
    sent.length = 0
  }
  return {
    portal,
    ctx,
    destination,
    clock,
    sent,
    upsert: (object, operations) => destination.upsert(ctx, object, operations),
  }
}

let counter = 0
export const contact = (
  key: string,
  fields: WriteOperation['fields'] = {},
  rest: Partial<WriteOperation> = {},
): WriteOperation => ({
  id: `op${++counter}`,
  externalId: key,
  fields: { email: `${key}@example.com`, ...fields },
  ...rest,
})

export const errorOf = (result: WriteResult | undefined): ErrorReport | undefined =>
  result?.status === 'failed' ? reportOf(result.error) : undefined

export const crmIdOf = (result: WriteResult | undefined): string => {
  if (result?.status !== 'written') throw new Error(`not written: ${JSON.stringify(errorOf(result))}`)
  return result.crmId
}
