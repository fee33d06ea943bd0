import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog, systemClock } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import { startLoop } from '../../src/engine/schedule.ts'
import { createHub } from '../../src/hub.ts'
import { checkMappings } from '../../src/mapping/index.ts'
import { createPdlSandbox } from '../../src/sandbox/people-data-labs/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { openStore } from '../../src/store/open-store.ts'
import { quietMoment } from '../support/machine.ts'
import { inFolder, root } from '../support/processes.ts'
import { percentile, report } from '../support/report.ts'
import { API_KEY, SALESFORCE_SECRET, SECRETS } from '../support/settings.ts'

const LEADS = 60
const COMPANIES = 40
const EVERY_MS = 500
/** Of each answer of the provider. */
const LATENCY_MS = 400
const GOAL_MS = 2_000
const GIVE_UP_MS = 60_000

const CONFIG = `connections:
  website: { connector: website, writeKey: "\${BENCH_WRITE_KEY}" }
  inference: { connector: inference }
  pdl: { connector: people-data-labs, apiKey: "\${BENCH_KEY}", dailyBudget: 100000 }
  salesforce: { connector: salesforce, baseUrl: https://acme.my.salesforce.com, clientId: sandbox-client, clientSecret: "\${BENCH_SALESFORCE_SECRET}" }
enrich: { order: [inference, pdl] }
`

/** From the receipt of a new lead until its record in the CRM holds what the provider told, with the deadlines of the defaults. */
export async function enrich(): Promise<void> {
  await inFolder(measure)
}

const domainOf = (lead: number) => `works${lead % COMPANIES}.com`

async function measure(folder: string): Promise<void> {
  const pdl = createPdlSandbox({
    apiKey: API_KEY,
    people: [],
    companies: Array.from({ length: COMPANIES }, (_, i) => companyOf(domainOf(i))),
    perMinute: 1_000_000,
  })
  const answer = pdl.fetch
  pdl.fetch = async (request) => {
    await systemClock.sleep(LATENCY_MS)
    return answer(request)
  }
  const salesforce = createSalesforceSandbox({ clientSecret: SALESFORCE_SECRET, dailyLimit: 100_000_000 })
  const { config } = parseConfig({ file: 'bench', text: CONFIG, env: SECRETS, connectors })
  const mappings = mappingsOf('salesforce')
  const store = await openStore(`file:${join(folder, 'hub.db')}`)
  const engine = createHub({
    config: config!,
    store,
    mappings: () => mappings,
    clock: systemClock,
    log: silentLog,
    fetch: sandboxFetch([pdl, salesforce]),
    holder: 'bench',
  })
  const stop = new AbortController()
  const connection = engine.deps.connections.get('salesforce')!
  await connection.connector.destination!.setup(
    contextOf(connection, { ...engine.deps, signal: stop.signal }),
    { apply: true, fields: fieldNeeds(mappings, 'salesforce') },
  )

  const others = await quietMoment()
  const loop = startLoop(engine, stop.signal)
  const sentAt = new Map<string, number>()
  const took: number[] = []
  const look = () => {
    for (const { Email, Industry } of salesforce.records('Lead')) {
      const at = sentAt.get(String(Email))
      if (at === undefined || !Industry) continue
      sentAt.delete(String(Email))
      took.push(performance.now() - at)
    }
  }
  for (let lead = 0; lead < LEADS; lead++) {
    const email = `lead${lead}@${domainOf(lead)}`
    sentAt.set(email, performance.now())
    await engine.receiver.receive({
      id: `lead-${lead}`,
      connection: 'website',
      receivedAt: systemClock.now(),
      headers: {},
      body: JSON.stringify(identify(email, lead)),
    })
    for (const until = performance.now() + EVERY_MS; performance.now() < until; look())
      await systemClock.sleep(10)
  }
  for (const until = performance.now() + GIVE_UP_MS; sentAt.size > 0 && performance.now() < until; look())
    await systemClock.sleep(10)
  stop.abort()
  await loop.stopped
  await engine.releaseLeases()
  await store.close()

  took.sort((a, b) => a - b)
  const beyond = percentile(took, 0.95) - LATENCY_MS
  const lookups = [...pdl.lookups].filter(([key]) => key.startsWith('company:'))
  report({
    bench: 'enrich',
    metric: 'lead_in_crm_p95_beyond_provider',
    value: beyond,
    unit: 'ms',
    goal: `<= ${GOAL_MS}`,
    meets: took.length === LEADS && beyond <= GOAL_MS,
    detail: {
      provider_ms: LATENCY_MS,
      p50: percentile(took, 0.5) - LATENCY_MS,
      p99: percentile(took, 0.99) - LATENCY_MS,
      leads: took.length,
      companies: lookups.length,
      company_lookups: lookups.reduce((sum, [, count]) => sum + count, 0),
      others,
    },
  })
}

function mappingsOf(crm: string) {
  const folder = join(root, 'mappings', crm)
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ file: `mappings/${crm}/${name}`, text: readFileSync(join(folder, name), 'utf8') }))
  return checkMappings(files).mappings
}

const identify = (email: string, lead: number) => ({
  type: 'identify',
  received_at: systemClock.now(),
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  payload: {
    type: 'identify',
    messageId: `m${lead}`,
    userId: `u${lead}`,
    timestamp: new Date(systemClock.now()).toISOString(),
    traits: { email, lastName: 'Lead' },
  },
})

const companyOf = (domain: string) => ({
  likelihood: 9,
  profile: {
    id: domain,
    name: domain,
    display_name: domain,
    website: domain,
    industry: 'machinery',
    employee_count: 120,
    size: '51-200',
    founded: 1998,
    type: 'private',
    summary: null,
    headline: null,
    linkedin_url: null,
    location: null,
  },
})
