import { INTERNAL_DOMAIN, INTERNAL_NUMBERS, SELLERS } from '../../sandbox/company/sales-team.ts'

/** The trade fair's list, the property and the account, as the simulators know them. */
export const FAIR = 'trade-fair'
export const PROPERTY = '310042'
export const ACCOUNT_SID = 'AC00000000000000000000000000000001'

const FAST = 'limits: { concurrency: 8, intervalCap: 1000, intervalMs: 1000 }'
const GOOGLE = `baseUrl: "\${DEMO_GOOGLE_URL}", tokenUrl: "\${DEMO_GOOGLE_URL}/token", serviceAccount: "\${DEMO_GOOGLE_KEY_FILE}", ${FAST}`
const NUMBERS = JSON.stringify(INTERNAL_NUMBERS)

/** The demo's own tributary.yaml: every connection aimed at a simulator on this machine. */
export const DEMO_CONFIG = `
connections:
  website: { connector: website, writeKey: "\${DEMO_WRITE_KEY}", internalDomains: [northwind-telemetry.com] }
  stripe: { connector: stripe, baseUrl: "\${DEMO_STRIPE_URL}", apiKey: "\${DEMO_KEY}", webhookSecret: "\${DEMO_STRIPE_SECRET}", limits: { concurrency: 8, intervalCap: 1000, intervalMs: 1000 } }
  pandadoc: { connector: pandadoc, baseUrl: "\${DEMO_PANDADOC_URL}", apiKey: "\${DEMO_KEY}", webhookKey: "\${DEMO_KEY}", limits: { concurrency: 8, intervalCap: 1000, intervalMs: 1000 } }
  sendgrid: { connector: sendgrid, baseUrl: "\${DEMO_SENDGRID_URL}", verificationKey: "\${DEMO_SENDGRID_KEY}", tolerance: 3d }
  mailchimp: { connector: mailchimp, baseUrl: "\${DEMO_MAILCHIMP_URL}", apiKey: "\${DEMO_MAILCHIMP_KEY}", ${FAST} }
  gmail: { connector: gmail, ${GOOGLE}, users: [${SELLERS.map(({ email }) => email)}], internalDomains: [${INTERNAL_DOMAIN}], historyDays: 365, subjects: true, every: 15m }
  google-calendar: { connector: google-calendar, ${GOOGLE}, users: [${SELLERS.map(({ email }) => email)}], internalDomains: [${INTERNAL_DOMAIN}], every: 15m }
  google-sheets: { connector: google-sheets, ${GOOGLE}, tables: [{ spreadsheet: ${FAIR}, sheet: Visitors, as: contacts }], every: 1h }
  ga4: { connector: ga4, ${GOOGLE}, properties: ["${PROPERTY}"], historyDays: 30, every: 6h }
  aircall: { connector: aircall, baseUrl: "\${DEMO_AIRCALL_URL}", apiId: demo, apiToken: "\${DEMO_KEY}", internalDomains: [${INTERNAL_DOMAIN}], internalNumbers: ${NUMBERS}, ${FAST} }
  twilio: { connector: twilio, baseUrl: "\${DEMO_TWILIO_URL}", accountSid: ${ACCOUNT_SID}, apiKeySid: demo, apiKeySecret: "\${DEMO_KEY}", internalNumbers: ${NUMBERS}, ${FAST} }
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
  DEMO_MAILCHIMP_KEY: '0123456789abcdef0123456789abcdef-us21',
  DEMO_KEY: 'sk_demo_0123456789',
  DEMO_STRIPE_SECRET: 'whsec_demo_0123456789',
  DEMO_SALESFORCE_SECRET: 'sandbox-secret',
}
