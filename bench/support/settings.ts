/** Keys that are worth nothing: they open simulators and a hub on loopback for as long as a figure takes. */
export const WRITE_KEY = 'bench-write-key'
export const STRIPE_SECRET = 'whsec_bench_0123456789'
export const API_KEY = 'sk_bench_0123456789'
export const SALESFORCE_SECRET = 'sandbox-secret'

export interface SimulatorUrls {
  stripe: string
  salesforce: string
  hubspot: string
}

/** The secrets of `configText`, which a configuration takes from the environment only. */
export const SECRETS = {
  BENCH_WRITE_KEY: WRITE_KEY,
  BENCH_STRIPE_SECRET: STRIPE_SECRET,
  BENCH_KEY: API_KEY,
  BENCH_SALESFORCE_SECRET: SALESFORCE_SECRET,
}

/** Simulators answer at once: the limits of the real vendors would only measure waiting. */
const UNLIMITED = 'limits: { concurrency: 8, intervalCap: 100000, intervalMs: 1000 }'

const CONNECTIONS = {
  website: () => 'website: { connector: website, writeKey: "${BENCH_WRITE_KEY}" }',
  stripe: ({ stripe }: SimulatorUrls) =>
    `stripe: { connector: stripe, baseUrl: "${stripe}", apiKey: "\${BENCH_KEY}", webhookSecret: "\${BENCH_STRIPE_SECRET}", every: 30d, ${UNLIMITED} }`,
  salesforce: ({ salesforce }: SimulatorUrls) =>
    `salesforce: { connector: salesforce, baseUrl: "${salesforce}", clientId: sandbox-client, clientSecret: "\${BENCH_SALESFORCE_SECRET}", ${UNLIMITED} }`,
  hubspot: ({ hubspot }: SimulatorUrls) =>
    `hubspot: { connector: hubspot, baseUrl: "${hubspot}", accessToken: "\${BENCH_KEY}", ${UNLIMITED} }`,
}
export const ACCOUNT_SID = 'AC00000000000000000000000000000001'

/** One telephone system as the only source; its calls are of people whom nobody knows yet. */
export const endlessConfig = (url: string): string =>
  `connections:
  twilio: { connector: twilio, baseUrl: "${url}", accountSid: ${ACCOUNT_SID}, apiKeySid: bench, apiKeySecret: "\${BENCH_KEY}", ${UNLIMITED} }
enrich: { order: [] }
`

export type BenchConnection = keyof typeof CONNECTIONS

/** A tributary.yaml with these connections and the shipped mappings; no enrichment, which is a figure of its vendors. */
export const configText = (connections: readonly BenchConnection[], urls: SimulatorUrls): string =>
  `connections:\n${connections.map((name) => `  ${CONNECTIONS[name](urls)}\n`).join('')}enrich: { order: [] }\n`
