import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHubspotSandbox, type HubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox, type SalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { createSendgridSandbox } from '../../src/sandbox/sendgrid/index.ts'
import {
  createStripeSandbox,
  type StripeSandbox,
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeProduct,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { type Listening, listen } from '../support/listen.ts'
import { contentOf } from '../support/snapshots.ts'

/**
 * The real product as a process of its own, killed with SIGKILL at seeded moments while webhooks come in and while it
 * delivers. The simulators live here and survive, as the vendors would. What was not acknowledged is sent again.
 */
const HISTORIES = Number(process.env.HISTORIES ?? 5)
const KILLS_PER_HISTORY = 10
const BURST = 12
/** Customers and their subscriptions that Stripe has from the start. */
const LOADED = 12
const root = fileURLToPath(new URL('../..', import.meta.url))
const WRITE_KEY = 'kill-test-write-key'

let folder: string
let bundle: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-kill-'))
  const outdir = join(root, 'dist', `kill-test-${process.pid}`)
  bundle = join(outdir, 'main.js')
  await build({
    entryPoints: { main: join(root, 'src/cli/main.ts') },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    external: ['libsql'],
    alias: { undici: join(root, 'connectors/salesforce/undici-shim.cjs') },
    logLevel: 'error',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
}, 60_000)

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  rmSync(join(root, 'dist', `kill-test-${process.pid}`), { recursive: true, force: true })
})

/** Small, fast, and the same for a seed on every machine. */
function randomOf(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Every hub started, so that a failing test leaves none behind. */
const children = new Set<ChildProcess>()

interface World {
  stripe: StripeSandbox
  salesforce: SalesforceSandbox
  hubspot: HubspotSandbox
  servers: Listening[]
  start(): Promise<Hub>
  /** Requests of burst `n`: the same for both runs. */
  burst(n: number): Promise<Delivery[]>
  close(): Promise<void>
}

interface Hub {
  url: string
  process: ChildProcess
}

interface Delivery {
  path: string
  headers: Record<string, string>
  body: string
}

const BASE = Math.floor(Date.UTC(2026, 9, 1) / 1000)

async function createWorld(name: string): Promise<World> {
  const stripe = createStripeSandbox({ webhookSecret: 'whsec_kill_test', apiKey: 'sk_test_kill' })
  const sendgrid = await createSendgridSandbox({ apiKey: 'SG.kill-test', now: Date.now })
  const salesforce = createSalesforceSandbox()
  const hubspot = createHubspotSandbox({
    token: 'pat-kill-test',
    tenSecondLimit: Number.POSITIVE_INFINITY,
    searchPerSecond: Number.POSITIVE_INFINITY,
  })
  const price = stripePrice({ id: 'price_1', product: 'prod_1', unit_amount: 4900 })
  stripe.load([stripeProduct({ id: 'prod_1', name: 'Telemetry' }), price])
  for (let i = 0; i < 6; i++) {
    stripe.load([
      stripeCustomer({
        id: `cus_${i}`,
        email: `buyer${i}@company${i}.de`,
        name: `خریدار ${i}`,
        created: BASE,
      }),
      stripeSubscription({
        id: `sub_${i}`,
        customer: `cus_${i}`,
        created: BASE,
        start_date: BASE,
        status: 'active',
        items: [{ price }],
        period: { start: BASE, end: BASE + 365 * 86_400 },
      }),
    ])
  }
  const servers = await Promise.all([stripe, salesforce, hubspot].map(listen))
  const [stripeUrl, salesforceUrl, hubspotUrl] = servers.map((s) => s.url)
  const config = join(folder, `${name}.yaml`)
  const limits = 'limits: { concurrency: 8, intervalCap: 10000, intervalMs: 1000, attempts: 2 }'
  writeFileSync(
    config,
    `connections:
  website: { connector: website, writeKey: "\${WRITE_KEY}" }
  stripe: { connector: stripe, baseUrl: ${stripeUrl}, apiKey: "\${STRIPE_KEY}", webhookSecret: "\${STRIPE_SECRET}", every: 1h, ${limits} }
  sendgrid: { connector: sendgrid, verificationKey: "${sendgrid.verificationKey}" }
  inference: { connector: inference }
  salesforce: { connector: salesforce, baseUrl: ${salesforceUrl}, clientId: sandbox-client, clientSecret: "\${SF_SECRET}", ${limits} }
  hubspot: { connector: hubspot, baseUrl: ${hubspotUrl}, accessToken: "\${HS_TOKEN}", ${limits} }
lanes: { lead: 1s, billing: 1s, touchpoint: 1s, backfill: 1s }
`,
  )
  const env = {
    ...process.env,
    WRITE_KEY,
    STRIPE_KEY: 'sk_test_kill',
    STRIPE_SECRET: 'whsec_kill_test',
    SF_SECRET: 'sandbox-secret',
    HS_TOKEN: 'pat-kill-test',
    DATABASE_URL: `file:${join(folder, `${name}.db`)}`,
    TRIBUTARY_CONFIG: config,
    PORT: '0',
    LOG_LEVEL: 'error',
  }
  const command = (...args: string[]) =>
    spawn(process.execPath, [bundle, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] })
  for (const crm of ['salesforce', 'hubspot']) {
    const code = await new Promise((resolve) => command('setup', crm, '--apply').once('close', resolve))
    expect(code).toBe(0)
  }
  return {
    stripe,
    salesforce,
    hubspot,
    servers,
    start() {
      return new Promise((resolve, reject) => {
        const child = command('start')
        children.add(child)
        child.once('close', (code) => reject(new Error(`the hub ended with ${code}`)))
        child.stdout!.on('data', (chunk: Buffer) => {
          const url = /http:\/\/\S+/.exec(chunk.toString())?.[0]
          if (url) resolve({ url, process: child })
        })
      })
    },
    async burst(n) {
      const deliveries: Delivery[] = []
      const at = (BASE + n * 86_400) * 1000
      for (let i = 0; i < BURST; i++) {
        const who = (n * 7 + i) % 10
        const kind = i % 4
        if (kind === 0) {
          const event = {
            type: 'identify',
            messageId: `m-${n}-${i}`,
            anonymousId: `anon-${who}`,
            timestamp: new Date(at + i).toISOString(),
            traits: { email: `lead${who}@prospect${who}.com`, firstName: '李', lastName: `四${who}` },
          }
          deliveries.push(website(event))
        } else if (kind === 1) {
          const event = {
            type: 'track',
            event: 'Form Submitted',
            messageId: `m-${n}-${i}`,
            anonymousId: `anon-${who}`,
            timestamp: new Date(at + i).toISOString(),
            properties: { form: `demo-${n}-${i}` },
          }
          deliveries.push(website(event))
        } else if (kind === 2) {
          const event = {
            event: 'click',
            email: `buyer${who % 6}@company${who % 6}.de`,
            timestamp: BASE + n * 86_400 + i,
            sg_event_id: `sg-${n}-${i}`,
            url: 'https://example.org',
            category: 'news',
          }
          const { headers, body } = await sendgrid.signedDelivery([event])
          deliveries.push({ path: '/hooks/sendgrid', headers, body })
        } else {
          const created = BASE + n * 86_400 + i
          const customer = who % 6
          const invoice = stripeInvoice({
            id: `in_${n}_${i}`,
            customer: `cus_${customer}`,
            number: `N-${n}-${i}`,
            created,
            finalizedAt: created,
            total: 100 * (i + 1),
          })
          const { headers, body } = await stripe.signedDelivery(stripe.upsert(invoice))
          deliveries.push({ path: '/hooks/stripe', headers, body })
        }
      }
      return deliveries
    },
    async close() {
      for (const server of servers) await server.close()
    },
  }
}

const website = (event: object): Delivery => ({
  path: '/v1/batch',
  headers: {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`,
  },
  body: JSON.stringify({ batch: [event] }),
})

/** Sends; true where the hub acknowledged. */
async function send(url: string, { path, headers, body }: Delivery): Promise<boolean> {
  try {
    const response = await fetch(url + path, { method: 'POST', headers, body })
    await response.text()
    return response.ok
  } catch {
    return false
  }
}

/** Resolves when the hub has read what there was before it started: until then it is at rest too. */
async function pulled(url: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const { records } = (await (await fetch(`${url}/api/status`)).json()) as { records: { total: number } }
    if (records.total >= LOADED) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the hub did not read its source within a minute')
}

/** Resolves when the hub has nothing left to do. */
async function converged(url: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const status = (await (await fetch(`${url}/api/status`)).json()) as {
      receipts: { new: number; dead: number }
      records: { pending: number; dead: number }
      waiting: { count: number }[]
      operations: { state: string; count: number }[]
    }
    const busy =
      status.receipts.new + status.records.pending + status.waiting.reduce((n, d) => n + d.count, 0)
    const open = status.operations
      .filter((o) => o.state === 'pending' || o.state === 'sending')
      .reduce((n, o) => n + o.count, 0)
    if (busy + open === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the hub did not come to rest within a minute')
}

const killed = (hub: Hub): Promise<void> =>
  new Promise((resolve) => {
    hub.process.removeAllListeners('close')
    hub.process.once('close', () => resolve())
    hub.process.kill('SIGKILL')
  })

async function undisturbed(seed: number): Promise<unknown> {
  const world = await createWorld(`calm-${seed}`)
  const hub = await world.start()
  await pulled(hub.url)
  await converged(hub.url)
  for (let n = 0; n < KILLS_PER_HISTORY; n++) {
    for (const delivery of await world.burst(n)) expect(await send(hub.url, delivery)).toBe(true)
  }
  await converged(hub.url)
  await killed(hub)
  await world.close()
  return contentOf(world)
}

async function disturbed(seed: number): Promise<unknown> {
  const random = randomOf(seed)
  const world = await createWorld(`killed-${seed}`)
  let hub = await world.start()
  await pulled(hub.url)
  await converged(hub.url)
  let waiting: Delivery[] = []
  const acknowledged: Delivery[] = []
  for (let n = 0; n < KILLS_PER_HISTORY; n++) {
    waiting.push(...(await world.burst(n)))
    if (random() < 0.3) {
      const sandbox = random() < 0.5 ? world.salesforce : world.hubspot
      sandbox.fail({ kind: 'lost_after', matches: (request) => request.method !== 'GET' })
    }
    // The moment of the kill: somewhere in the burst, or in the second of delivery after it.
    const delay = random() < 0.5 ? random() * 40 : 200 + random() * 1500
    const victim = hub
    const death = new Promise<void>((resolve) => setTimeout(() => void killed(victim).then(resolve), delay))
    const left: Delivery[] = []
    await Promise.all(
      waiting.map(async (delivery) => ((await send(hub.url, delivery)) ? acknowledged : left).push(delivery)),
    )
    waiting = left
    await death
    hub = await world.start()
  }
  for (const delivery of waiting) expect(await send(hub.url, delivery)).toBe(true)
  // Senders repeat themselves, too.
  for (const delivery of acknowledged.slice(0, 20)) expect(await send(hub.url, delivery)).toBe(true)
  await converged(hub.url)
  await killed(hub)
  await world.close()
  return contentOf(world)
}

test(`${HISTORIES * KILLS_PER_HISTORY} kills: nothing acknowledged is lost, nothing is doubled, and both CRMs end as if nothing had happened`, {
  timeout: 400_000,
}, async () => {
  const calm = await undisturbed(0)
  const seeds = Array.from({ length: HISTORIES }, (_, i) => i + 1)
  // Mostly waiting, so a few histories run side by side.
  await Promise.all(
    [0, 1, 2].map(async (lane) => {
      for (const seed of seeds.filter((s) => s % 3 === lane))
        expect(await disturbed(seed), `seed ${seed}`).toEqual(calm)
    }),
  )
})
