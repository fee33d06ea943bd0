import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

export interface SimulatorOptions {
  config: Record<string, unknown>
  clock: { now(): number }
}

const text = (value: unknown): string => String(value)

/** An empty account of each CRM that takes the credentials of the connection. */
export const SIMULATORS: Readonly<Record<string, (options: SimulatorOptions) => Sandbox>> = {
  hubspot: ({ config, clock }) =>
    createHubspotSandbox({
      clock,
      token: text(config.accessToken),
      // Limits of the vendor are played by the kit.
      tenSecondLimit: Number.POSITIVE_INFINITY,
      searchPerSecond: Number.POSITIVE_INFINITY,
    }),
  salesforce: ({ config, clock }) =>
    createSalesforceSandbox({
      clock,
      clientId: text(config.clientId),
      clientSecret: text(config.clientSecret),
    }),
}
