import { Hono } from 'hono'
import { silentLog, systemClock } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import { toConnection } from '../../src/hub.ts'
import { checkMappings } from '../../src/mapping/index.ts'
import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createPdlSandbox } from '../../src/sandbox/people-data-labs/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { createSendgridSandbox, type SendgridEventBody } from '../../src/sandbox/sendgrid/index.ts'
import { createStripeSandbox, type StripeObject } from '../../src/sandbox/stripe/index.ts'
import { HUB_CONFIG, HUB_SECRETS } from './hub-config.ts'

export interface Vendors {
  /** The outside world: the vendors' hosts, and `vendors.test` by which tests arrange and look at them. */
  fetch(request: Request): Promise<Response>
  /** Variables that the hub's configuration needs. */
  variables: Record<string, string>
}

/** Simulators of every vendor, in this Node process whatever the hub runs on, with both CRMs set up for the mappings. */
export async function createVendors(mappingFiles: { file: string; text: string }[]): Promise<Vendors> {
  const sendgrid = await createSendgridSandbox({ apiKey: 'unused', now: Date.now })
  const variables = { ...HUB_SECRETS, SENDGRID_VERIFICATION_KEY: sendgrid.verificationKey }
  const makeStripe = () =>
    createStripeSandbox({ apiKey: HUB_SECRETS.STRIPE_KEY, webhookSecret: HUB_SECRETS.STRIPE_WEBHOOK_SECRET })
  let stripe = makeStripe()
  const pdl = createPdlSandbox({ apiKey: HUB_SECRETS.PDL_KEY, people: [], companies: [] })
  const salesforce = createSalesforceSandbox({ clientSecret: HUB_SECRETS.SALESFORCE_CLIENT_SECRET })
  const hubspot = createHubspotSandbox({
    token: HUB_SECRETS.HUBSPOT_TOKEN,
    tenSecondLimit: Number.POSITIVE_INFINITY,
    searchPerSecond: Number.POSITIVE_INFINITY,
  })
  const outside: typeof globalThis.fetch = (input, init) =>
    sandboxFetch([stripe, sendgrid, pdl, salesforce, hubspot])(input, init)
  await setUp(outside, variables, mappingFiles)
  const empty = { salesforce: salesforce.dump(), hubspot: hubspot.dump() }

  const control = new Hono()
  control.post('/reset', (c) => {
    stripe = makeStripe()
    salesforce.restore(empty.salesforce)
    hubspot.restore(empty.hubspot)
    for (const { requests } of [pdl, salesforce, hubspot]) requests.length = 0
    return c.json({})
  })
  control.post('/stripe/load', async (c) => {
    stripe.load(await c.req.json<StripeObject[]>())
    return c.json({})
  })
  control.post('/stripe/change', async (c) => {
    stripe.upsert(await c.req.json<StripeObject>())
    return c.json(await stripe.signedDelivery(stripe.events.at(-1)!))
  })
  control.post('/sendgrid/delivery', async (c) =>
    c.json(await sendgrid.signedDelivery(await c.req.json<SendgridEventBody[]>())),
  )
  control.get('/salesforce/:object', (c) => c.json(salesforce.records(c.req.param('object'))))
  control.get('/hubspot/:object', (c) => c.json(hubspot.records(c.req.param('object'))))
  control.get('/requests', (c) =>
    c.json({ stripe: stripe.requests, salesforce: salesforce.requests, hubspot: hubspot.requests }),
  )

  return {
    variables,
    async fetch(request) {
      const { hostname } = new URL(request.url)
      return hostname === 'vendors.test' ? await control.fetch(request) : await outside(request)
    },
  }
}

/** What `tributary setup --apply` does: fields that the mappings write. */
async function setUp(
  fetch: typeof globalThis.fetch,
  env: Record<string, string>,
  mappingFiles: { file: string; text: string }[],
): Promise<void> {
  const { config, problems } = parseConfig({ file: 'tributary.yaml', text: HUB_CONFIG, env, connectors })
  if (!config) throw new Error(problems.map(({ message }) => message).join('\n'))
  const { mappings } = checkMappings(mappingFiles)
  for (const configured of config.connections) {
    const { destination } = configured.connector
    if (!destination) continue
    const connection = toConnection(configured, { clock: systemClock, log: silentLog, fetch })
    const ctx = contextOf(connection, {
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
    })
    await destination.setup(ctx, { apply: true, fields: fieldNeeds(mappings, configured.name) })
  }
}
