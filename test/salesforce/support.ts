import {
  type Clock,
  type ConnectorContext,
  createAuthenticator,
  createDoor,
  type Door,
  silentLog,
  type WriteOperation,
  type WriteResult,
} from '#kit'
import { type SalesforceConfig, config as schema } from '../../connectors/salesforce/config.ts'
import connector from '../../connectors/salesforce/index.ts'
import {
  type CustomFields,
  createSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
} from '../../src/sandbox/salesforce/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'

export const KEY = 'Tributary_Id__c'
const key: CustomFields[string] = {
  [KEY]: { type: 'string', length: 255, isExternalId: true, isUnique: true, isCaseSensitive: true },
}
export const KEYS: CustomFields = { Account: key, Contact: key, Lead: key, Opportunity: key, Activity: key }

/** A clock that stands still until something sleeps. */
export function testClock(start = Date.UTC(2026, 10, 22, 10)): Clock & { advance(ms: number): void } {
  let now = start
  return {
    now: () => now,
    async sleep(ms) {
      now += ms
    },
    advance(ms) {
      now += ms
    },
  }
}

export interface Bench {
  sandbox: SalesforceSandbox
  clock: ReturnType<typeof testClock>
  ctx: ConnectorContext<SalesforceConfig>
  door: Door
  destination: NonNullable<typeof connector.destination>
  upsert(object: string, operations: WriteOperation[]): Promise<WriteResult[]>
}

/** The connector, wired to a simulated org as the application wires it. */
export function connect(
  options: SalesforceSandboxOptions = {},
  overrides: Record<string, unknown> = {},
  baseUrl = 'https://acme.my.salesforce.com',
): Bench {
  const clock = testClock()
  const sandbox = createSalesforceSandbox({ clock, customFields: KEYS, ...options })
  const fetch = sandboxFetch([sandbox])
  const config = schema.parse({ clientId: 'sandbox-client', clientSecret: 'sandbox-secret', ...overrides })
  const common = { connection: 'salesforce', baseUrl, clock, log: silentLog, random: () => 0.5 }
  const plain = createDoor({ ...common, fetch })
  const authenticator = createAuthenticator(connector.auth, config, { baseUrl, fetch: plain.fetch, clock })
  const door = createDoor({
    ...common,
    fetch,
    limits: connector.limits,
    authenticator,
    classify: connector.classify,
  })
  const ctx = {
    connection: 'salesforce',
    config,
    http: door,
    log: silentLog,
    now: clock.now,
    signal: new AbortController().signal,
  }
  const destination = connector.destination!
  return {
    sandbox,
    clock,
    ctx,
    door,
    destination,
    upsert: (object, operations) => destination.upsert(ctx, object, operations),
  }
}

export const operation = (
  externalId: string,
  fields: WriteOperation['fields'],
  more: Partial<WriteOperation> = {},
): WriteOperation => ({
  id: `op-${externalId}`,
  externalId,
  fields,
  ...more,
})

/** The CRM id of a written result; fails the test with the error's text otherwise. */
export function idOf(result: WriteResult | undefined): string {
  if (result?.status !== 'written')
    throw new Error(`not written: ${result?.status === 'failed' ? result.error.message : result?.status}`)
  return result.crmId
}

export function errorOf(result: WriteResult | undefined) {
  if (result?.status !== 'failed') throw new Error(`not failed: ${result?.status}`)
  return result.error
}
