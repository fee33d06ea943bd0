import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { createAircallSandbox } from '../../sandbox/aircall/index.ts'
import { createDemoCompany, type DemoCompany } from '../../sandbox/company/index.ts'
import { SELLERS } from '../../sandbox/company/sales-team.ts'
import { createGoogleSandbox } from '../../sandbox/google/index.ts'
import { createHubspotSandbox, type HubspotSandbox, type PortalState } from '../../sandbox/hubspot/index.ts'
import { createMailchimpSandbox } from '../../sandbox/mailchimp/index.ts'
import { createPandadocSandbox, type PandadocDocument } from '../../sandbox/pandadoc/index.ts'
import { createPdlSandbox } from '../../sandbox/people-data-labs/index.ts'
import {
  createSalesforceSandbox,
  type OrgState,
  type SalesforceSandbox,
} from '../../sandbox/salesforce/index.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { createSendgridSandbox, type SendgridSandbox } from '../../sandbox/sendgrid/index.ts'
import { createStripeSandbox, type StripeSandbox } from '../../sandbox/stripe/index.ts'
import { createTwilioSandbox } from '../../sandbox/twilio/index.ts'
import { ACCOUNT_SID, DEMO_SECRETS, FAIR, PROPERTY } from './config.ts'

/** What a second demo goes on from: when the company's history ends, what was sent in, what the CRMs hold. */
interface DemoState {
  now: number
  isFed: boolean
  salesforce?: OrgState
  hubspot?: PortalState
}

export interface Simulators {
  company: DemoCompany
  salesforce: SalesforceSandbox
  hubspot: HubspotSandbox
  stripe: StripeSandbox
  sendgrid: SendgridSandbox
  /** True where an earlier demo has sent the history in. */
  isContinued: boolean
  /** Environment variables of the demo's configuration. */
  variables: Record<string, string>
  urls: Record<string, string>
  save(): void
  stop(): Promise<void>
}

export async function startSimulators(folder: string, now: number): Promise<Simulators> {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'crm.json')
  const state: DemoState = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { now, isFed: false }
  const company = createDemoCompany({ now: state.now })
  const key = DEMO_SECRETS.DEMO_KEY

  const stripe = createStripeSandbox({ apiKey: key, webhookSecret: DEMO_SECRETS.DEMO_STRIPE_SECRET })
  stripe.load(company.stripe)
  const pandadoc = createPandadocSandbox({ apiKey: key, webhookKey: key, now: Date.now })
  pandadoc.load(company.pandadoc as unknown as PandadocDocument[])
  const sendgrid = await createSendgridSandbox({ apiKey: key, now: Date.now })
  const pdl = createPdlSandbox({ apiKey: key, ...company.pdl, perMinute: 100_000 })
  const google = await createGoogleSandbox({
    now: Date.now,
    delegatedUsers: SELLERS.map(({ email }) => email),
  })
  for (const [calendar, events] of Object.entries(company.google.calendars))
    google.calendars.put(calendar, events)
  for (const [mailbox, messages] of Object.entries(company.google.mail))
    google.mail.deliver(mailbox, messages)
  const isShared = { sharedWith: [google.serviceAccount] }
  google.sheets.put(FAIR, { Visitors: company.google.fair }, isShared)
  google.analytics.put(PROPERTY, company.google.sessions, isShared)
  const aircall = createAircallSandbox({ apiId: 'demo', apiToken: key, webhookToken: key, now: Date.now })
  aircall.load(company.phone.aircall)
  const twilio = createTwilioSandbox({
    accountSid: ACCOUNT_SID,
    apiKeySid: 'demo',
    apiKeySecret: key,
    authToken: key,
    now: Date.now,
  })
  twilio.load(company.phone.twilio)
  const mailchimp = createMailchimpSandbox({
    apiKey: DEMO_SECRETS.DEMO_MAILCHIMP_KEY,
    signingSecret: key,
    now: Date.now,
  })
  mailchimp.load(company.mailchimp)
  const salesforce = createSalesforceSandbox({ clientSecret: DEMO_SECRETS.DEMO_SALESFORCE_SECRET })
  const hubspot = createHubspotSandbox({
    token: key,
    tenSecondLimit: Number.POSITIVE_INFINITY,
    searchPerSecond: Number.POSITIVE_INFINITY,
  })
  if (state.salesforce) salesforce.restore(state.salesforce)
  if (state.hubspot) hubspot.restore(state.hubspot)

  const servers = await Promise.all(
    Object.entries({
      stripe,
      pandadoc,
      sendgrid,
      pdl,
      mailchimp,
      google,
      aircall,
      twilio,
      salesforce,
      hubspot,
    }).map(listen),
  )
  const urls = Object.fromEntries(servers.map(({ name, url }) => [name, url]))
  return {
    company,
    salesforce,
    hubspot,
    stripe,
    sendgrid,
    isContinued: state.isFed,
    urls,
    variables: {
      ...DEMO_SECRETS,
      DEMO_SENDGRID_KEY: sendgrid.verificationKey,
      DEMO_GOOGLE_KEY_FILE: google.keyFile,
      ...Object.fromEntries(
        Object.entries(urls).map(([name, url]) => [`DEMO_${name.toUpperCase()}_URL`, url]),
      ),
    },
    save() {
      const kept: DemoState = {
        now: state.now,
        isFed: true,
        salesforce: salesforce.dump(),
        hubspot: hubspot.dump(),
      }
      writeFileSync(`${file}.new`, JSON.stringify(kept))
      renameSync(`${file}.new`, file)
    },
    async stop() {
      await Promise.all(servers.map(({ close }) => close()))
    },
  }
}

async function listen([name, sandbox]: [string, Sandbox]): Promise<{
  name: string
  url: string
  close: () => Promise<void>
}> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>()
  const server = serve(
    { fetch: (request) => sandbox.fetch(request), hostname: '127.0.0.1', port: 0 },
    resolve,
  )
  server.once('error', reject)
  const { port } = await promise
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}
