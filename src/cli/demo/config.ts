/** The demo's own tributary.yaml: every connection aimed at a simulator on this machine. */
export const DEMO_CONFIG = `
connections:
  website: { connector: website, writeKey: "\${DEMO_WRITE_KEY}", internalDomains: [northwind-telemetry.com] }
  stripe: { connector: stripe, baseUrl: "\${DEMO_STRIPE_URL}", apiKey: "\${DEMO_KEY}", webhookSecret: "\${DEMO_STRIPE_SECRET}", limits: { concurrency: 8, intervalCap: 1000, intervalMs: 1000 } }
  pandadoc: { connector: pandadoc, baseUrl: "\${DEMO_PANDADOC_URL}", apiKey: "\${DEMO_KEY}", webhookKey: "\${DEMO_KEY}", limits: { concurrency: 8, intervalCap: 1000, intervalMs: 1000 } }
  sendgrid: { connector: sendgrid, baseUrl: "\${DEMO_SENDGRID_URL}", verificationKey: "\${DEMO_SENDGRID_KEY}", tolerance: 3d }
  inference: { connector: inference }
  people-data-labs: { connector: people-data-labs, baseUrl: "\${DEMO_PDL_URL}", apiKey: "\${DEMO_KEY}", dailyBudget: 5000, limits: { concurrency: 16, intervalCap: 1000, intervalMs: 1000 } }
  salesforce: { connector: salesforce, baseUrl: "\${DEMO_SALESFORCE_URL}", clientId: sandbox-client, clientSecret: "\${DEMO_SALESFORCE_SECRET}" }
  hubspot: { connector: hubspot, baseUrl: "\${DEMO_HUBSPOT_URL}", accessToken: "\${DEMO_KEY}", limits: { concurrency: 6, intervalCap: 1000, intervalMs: 1000 } }
enrich: { order: [inference, people-data-labs], grace: 2s }
lanes: { lead: 1s, billing: 2s, touchpoint: 5s, backfill: 5s }
`

/** Keys of the simulators: worth nothing outside this machine. */
export const DEMO_SECRETS = {
  DEMO_WRITE_KEY: 'demo-write-key',
  DEMO_KEY: 'sk_demo_0123456789',
  DEMO_STRIPE_SECRET: 'whsec_demo_0123456789',
  DEMO_SALESFORCE_SECRET: 'sandbox-secret',
}
