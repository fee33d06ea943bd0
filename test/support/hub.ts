import { connectors } from '../../connectors/index.ts'
import { createApp } from '../../src/app.ts'
import { readMappingFiles, shippedMappings } from '../../src/cli/mapping-files.ts'
import { type Config, parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import type { Store } from '../../src/engine/ports.ts'
import { type PullOptions, type PullResult, pullConnection } from '../../src/engine/pull.ts'
import { drain } from '../../src/engine/schedule.ts'
import { createHub } from '../../src/hub.ts'
import { type Clock, createMetrics, silentLog } from '../../src/kit/index.ts'
import { type CompiledMapping, checkMappings } from '../../src/mapping/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { openStore } from '../../src/store/open-store.ts'
import { type CrmState, createSandboxes, crmStateOf, KEYS, type Sandboxes } from './sandboxes.ts'

export type { Sandboxes } from './sandboxes.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type TestClock = Clock & { advance(ms: number): void }

/** Stands still; whoever sleeps moves it. */
export function testClock(start = NOW): TestClock {
  let now = start
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      now += ms
    },
    startTimer: () => () => {},
    advance(ms) {
      now += ms
    },
  }
}

const FAST = 'limits: { concurrency: 8, intervalCap: 1000000, intervalMs: 1000 }'

/** Every source, both enrichers and both CRMs, under their vendors' own addresses unless told otherwise. */
export const hubConfig = (urls: Partial<Record<keyof Sandboxes, string>> = {}, more = ''): string => `
connections:
  website: { connector: website, writeKey: "\${WRITE_KEY}" }
  stripe: { connector: stripe, apiKey: "\${STRIPE_KEY}", webhookSecret: "\${STRIPE_SECRET}", ${at(urls.stripe)}${FAST} }
  sendgrid: { connector: sendgrid, verificationKey: "\${SENDGRID_KEY}" }
  pandadoc: { connector: pandadoc, apiKey: "\${PANDADOC_KEY}", webhookKey: "\${PANDADOC_HOOK_KEY}", ${at(urls.pandadoc)}${FAST} }
  csv: { connector: csv }
  inference: { connector: inference }
  people-data-labs: { connector: people-data-labs, apiKey: "\${PDL_KEY}", ${at(urls.pdl)}${FAST} }
  salesforce: { connector: salesforce, baseUrl: "${urls.salesforce ?? 'https://acme.my.salesforce.com'}", clientId: sandbox-client, clientSecret: "\${SALESFORCE_SECRET}" }
  hubspot: { connector: hubspot, accessToken: "\${HUBSPOT_TOKEN}", ${at(urls.hubspot)}${FAST} }
enrich: { order: [inference, people-data-labs] }
${more}
`

const at = (url: string | undefined): string => (url ? `baseUrl: "${url}", ` : '')

export function readConfig(text: string, sandboxes: Pick<Sandboxes, 'sendgrid'>): Config {
  const env = { ...KEYS, SENDGRID_KEY: sandboxes.sendgrid.verificationKey }
  const { config, problems } = parseConfig({ file: 'tributary.yaml', text, env, connectors })
  if (!config) throw new Error(problems.map((p) => `${p.line}: ${p.message}`).join('\n'))
  return config
}

let compiled: CompiledMapping[] | undefined

/** The shipped mappings, compiled once. */
export function mappings(): CompiledMapping[] {
  compiled ??= checkMappings(readMappingFiles(shippedMappings())).mappings
  return compiled
}

export interface HubOptions {
  clock?: TestClock
  /** `:memory:` where absent. */
  database?: string
  /** An open store in place of a database. */
  store?: Store
  /** Simulators of an earlier hub: a restart. */
  sandboxes?: Sandboxes
  /** Text of tributary.yaml; `hubConfig` where absent. */
  config?: string
  /** Further lines of it. */
  more?: string
  holder?: string
  /** The network; the simulators where absent. */
  fetch?: typeof globalThis.fetch
}

export interface TestHub {
  clock: TestClock
  config: Config
  sandboxes: Sandboxes
  store: Store
  engine: Engine
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** POST to the hub's own address; returns the status. */
  post(path: string, body: string, headers?: Record<string, string>): Promise<number>
  /** One request of the Segment protocol. */
  collect(call: string, payload: object): Promise<number>
  /** Runs the stages until nothing is left to do at any time to come, moving the clock to each next deadline. */
  drainAll(options?: { flush?: boolean }): Promise<void>
  pull(connection: string, options?: Partial<PullOptions>): Promise<PullResult[]>
  close(): Promise<void>
}

export const SIGNAL: AbortSignal = new AbortController().signal

/** A complete hub in this process: HTTP surface, engine, store, simulators with all fields set up, a clock that waits for nobody. */
export async function startHub(options: HubOptions = {}): Promise<TestHub> {
  const { clock = testClock(), holder = 'test' } = options
  const sandboxes = options.sandboxes ?? (await createSandboxes(clock, { crm: await preparedCrms() }))
  const config = readConfig(options.config ?? hubConfig({}, options.more), sandboxes)
  const store = options.store ?? (await openStore(options.database ?? ':memory:'))
  const engine = createHub({
    config,
    store,
    mappings,
    clock,
    holder,
    log: silentLog,
    fetch: options.fetch ?? sandboxFetch(Object.values(sandboxes)),
    random: () => 0.5,
  })
  const app = createApp({ engine, metrics: createMetrics(), isLoopback: true, secrets: config.secrets })
  const fetch = async (path: string, init?: RequestInit) => app.request(`http://localhost${path}`, init)
  const post = async (path: string, body: string, headers: Record<string, string> = {}) =>
    (await fetch(path, { method: 'POST', body, headers })).status
  return {
    clock,
    config,
    sandboxes,
    store,
    engine,
    fetch,
    post,
    collect: (call, payload) => post(`/v1/${call}`, JSON.stringify(payload), COLLECT_HEADERS),
    async drainAll({ flush = true } = {}) {
      const patience = clock.now() + 2 * DAY
      while (clock.now() < patience) {
        await drain(engine, { signal: SIGNAL, flush })
        const next = await store.control.nextWake(clock.now())
        if (next === undefined) return
        // What is due and was not done waits for a destination that is left alone for a while.
        clock.advance(Math.max(5_000, next - clock.now()))
      }
      throw new Error('The hub does not come to rest')
    },
    pull: (name, more) =>
      pullConnection(engine.deps, engine.deps.connections.get(name)!, { signal: SIGNAL, ...more }),
    close: () => store.close(),
  }
}

export const COLLECT_HEADERS = {
  'content-type': 'application/json',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  authorization: `Basic ${btoa(`${KEYS.WRITE_KEY}:`)}`,
}

let prepared: Promise<CrmState> | undefined

/** CRMs that have every field the shipped mappings write, as `tributary setup --apply` makes them; done once per process. */
export const preparedCrms = (): Promise<CrmState> => (prepared ??= prepareCrms())

async function prepareCrms(): Promise<CrmState> {
  const clock = testClock(NOW - DAY)
  const sandboxes = await createSandboxes(clock)
  const { engine, close } = await startHub({ clock, sandboxes })
  const { deps } = engine
  for (const connection of deps.connections.values()) {
    const { destination } = connection.connector
    if (!destination) continue
    const steps = await destination.setup(contextOf(connection, { ...deps, signal: SIGNAL }), {
      apply: true,
      fields: fieldNeeds(deps.mappings(), connection.name),
    })
    const failed = steps.filter((step) => step.state === 'failed')
    if (failed.length > 0) throw new Error(failed.map((s) => `${s.object} ${s.what}: ${s.detail}`).join('\n'))
  }
  await close()
  return crmStateOf(sandboxes)
}
