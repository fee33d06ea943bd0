/** One configuration for both runtimes; hosts are the vendors' own, which the tests route to simulators. */
export const HUB_CONFIG = `
connections:
  website: { connector: website, writeKey: "\${WEBSITE_WRITE_KEY}" }
  stripe: { connector: stripe, apiKey: "\${STRIPE_KEY}", webhookSecret: "\${STRIPE_WEBHOOK_SECRET}" }
  sendgrid: { connector: sendgrid, verificationKey: "\${SENDGRID_VERIFICATION_KEY}" }
  inference: { connector: inference }
  people-data-labs: { connector: people-data-labs, apiKey: "\${PDL_KEY}" }
  salesforce: { connector: salesforce, baseUrl: "https://acme.my.salesforce.com", clientId: sandbox-client, clientSecret: "\${SALESFORCE_CLIENT_SECRET}" }
  hubspot: { connector: hubspot, accessToken: "\${HUBSPOT_TOKEN}" }
enrich: { order: [inference, people-data-labs], grace: 0.001s }
lanes: { lead: 0.001s, billing: 0.001s, touchpoint: 0.001s, backfill: 0.001s }
`

/** Worth something to the simulators only. */
export const HUB_SECRETS = {
  WEBSITE_WRITE_KEY: 'wk_runtime',
  STRIPE_KEY: 'sk_test_runtime',
  STRIPE_WEBHOOK_SECRET: 'whsec_runtime',
  PDL_KEY: 'pdl-runtime',
  SALESFORCE_CLIENT_SECRET: 'sandbox-secret',
  HUBSPOT_TOKEN: 'pat-runtime',
  TRIBUTARY_ADMIN_TOKEN: 'admin-token-of-the-tests',
}
