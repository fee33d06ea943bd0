import * as z from 'zod'
import {
  type AnyConnector,
  type Clock,
  type Door,
  defineConnector,
  incremental,
  type Lane,
  RecordError,
  secret,
  silentLog,
  streamsOf,
} from '#kit'
import { Contribution, type Contribution as Said } from '#model'
import { connectors } from '../../connectors/index.ts'
import { type Config, parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import type { InspectPort, Operation, OperationState, Store } from '../../src/engine/ports.ts'
import { type PullOptions, type PullResult, pullConnection } from '../../src/engine/pull.ts'
import { type DrainOptions, drain } from '../../src/engine/schedule.ts'
import { createHub } from '../../src/hub.ts'
import { type CompiledMapping, checkMappings, formatProblem } from '../../src/mapping/index.ts'
import {
  createHubspotSandbox,
  type HubspotSandbox,
  type HubspotSandboxOptions,
} from '../../src/sandbox/hubspot/index.ts'
import {
  createPdlSandbox,
  type PdlSandbox,
  type PdlSandboxOptions,
} from '../../src/sandbox/people-data-labs/index.ts'
import {
  createSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
} from '../../src/sandbox/salesforce/index.ts'
import { type Sandbox, sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { createStripeSandbox, type StripeSandbox } from '../../src/sandbox/stripe/index.ts'
import { openStore } from '../../src/store/open-store.ts'

export const START = Date.UTC(2026, 10, 20, 12)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type TestClock = Clock & { advance(ms: number): void; readonly slept: number[] }

/** Stands still; whoever sleeps moves it. Timers fire when it is advanced past them. */
export function testClock(start = START): TestClock {
  let now = start
  const slept: number[] = []
  const timers = new Set<{ at: number; fire: () => void }>()
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
      now += ms
    },
    startTimer(ms, fire) {
      const timer = { at: now + ms, fire }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      now += ms
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer)
        timer.fire()
      }
    },
    slept,
  }
}

// ---------------------------------------------------------------- a source that says what a test wants

const Fact = z.object({ key: z.string(), updated_at: z.number(), says: z.array(z.unknown()) })
export type Fact = { key: string; says: Said[]; updated_at?: number }

/** Pages that the book's pull reads; a page may be an error to throw. */
export interface Shelf {
  pages: ({ records: unknown[]; deleted?: string[] } | Error)[]
  /** Tokens asked for, in order. */
  asked: (string | undefined)[]
  /** What there is of these keys, when it is asked for by key: nothing where absent. */
  byKey?: (keys: string[]) => unknown[]
}

const bookConfig = z.object({ key: secret() })

/** One connector per lane, so that a test chooses how urgent a fact is. */
function bookOf(name: string, lane: Lane, shelf: Shelf): AnyConnector {
  return defineConnector({
    name,
    title: name,
    baseUrl: 'https://book.example',
    config: bookConfig,
    auth: { type: 'none' },
    streams: {
      facts: streamsOf<z.output<typeof bookConfig>>()({
        record: Fact,
        key: (fact) => fact.key,
        updatedAt: (fact) => fact.updated_at,
        lane,
        listsAll: true,
        fetch: async (_ctx, keys) => shelf.byKey?.(keys) ?? [],
        map: (fact) => fact.says.map((said) => said as Said),
        pull: incremental({
          lag: '0s',
          async page({ token }) {
            shelf.asked.push(token)
            const index = Number(token ?? '0')
            const page = shelf.pages[index]
            if (page instanceof Error) throw page
            const next = index + 1 < shelf.pages.length ? String(index + 1) : undefined
            return { records: page?.records ?? [], ...(page?.deleted ? { deleted: page.deleted } : {}), next }
          },
        }),
      }),
    },
    webhook: {
      verify: async () => {},
      receive({ body }) {
        const { facts = [], deleted = [] } = JSON.parse(body) as { facts?: unknown[]; deleted?: string[] }
        if (!Array.isArray(facts)) throw new RecordError('record.invalid', 'facts is not a list')
        return {
          records: facts.map((record) => ({ stream: 'facts', record })),
          deleted: deleted.map((key) => ({ stream: 'facts', key })),
        }
      },
    },
  }) as AnyConnector
}

export const person = (
  email: string,
  attributes: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Said =>
  Contribution.parse({ type: 'person', identifiers: [{ kind: 'email', value: email }], attributes, ...more })
export const account = (domain: string, attributes: Record<string, unknown> = {}): Said =>
  Contribution.parse({ type: 'account', identifiers: [{ kind: 'domain', value: domain }], attributes })
export const touch = (email: string, kind: string, at: number, more: Record<string, unknown> = {}): Said =>
  Contribution.parse({
    type: 'touchpoint',
    person: [{ kind: 'email', value: email }],
    touchpoint: { kind, occurred_at: at, channel: 'website', direction: 'inbound', ...more },
  })

let version = 0
/** What a source says of one person, by name; each is newer than the one before. */
export const factOf = (name: string, attributes: Record<string, unknown> = {}): Fact => ({
  key: name,
  updated_at: START + ++version,
  says: [person(`${name}@acme-works.com`, { last_name: name, ...attributes })],
})

/** A minute later this is heard, and everything is sent. */
export async function tell(w: World, ...facts: Fact[]): Promise<void> {
  w.clock.advance(MINUTE)
  await w.say(...facts)
  await w.settle()
}

// ---------------------------------------------------------------- a hub among simulators

type Source = 'book' | 'billing-book' | 'inference' | 'people-data-labs' | 'stripe' | 'website'
type Crm = 'salesforce' | 'hubspot'

export interface WorldOptions {
  /** Connections beside the book. */
  use?: (Source | Crm)[]
  /** Mapping files by name. */
  mappings?: Record<string, string>
  /** Further lines of tributary.yaml. */
  config?: string
  /** Further connections, as lines of YAML, and the simulators that they reach. */
  connections?: string[]
  more?: Sandbox[]
  /** Lines of a connection: `{ hubspot: 'limits: { attempts: 1 }' }`. */
  with?: Partial<Record<Source | Crm, string>>
  database?: string
  clock?: TestClock
  salesforce?: SalesforceSandboxOptions
  hubspot?: HubspotSandboxOptions
  pdl?: Partial<PdlSandboxOptions>
  /** Simulators of an earlier world: a restart. */
  sandboxes?: World['sandboxes']
  /** Leaves the CRM's fields as they are. */
  isBare?: boolean
  holder?: string
}

export interface World {
  clock: TestClock
  store: Store
  engine: Engine
  config: Config
  inspect: InspectPort
  sandboxes: {
    salesforce: SalesforceSandbox
    hubspot: HubspotSandbox
    stripe: StripeSandbox
    pdl: PdlSandbox
    shelf: Shelf
  }
  /** Mappings in use; a test may replace them. */
  mappings: { current: CompiledMapping[] }
  door(connection: string): Door
  /** Facts come in by webhook; resolves when they are durable. */
  say(...facts: Fact[]): Promise<void>
  /** Facts that are urgent as billing is. */
  bill(...facts: Fact[]): Promise<void>
  forget(...keys: string[]): Promise<void>
  /** A call of Segment's protocol. */
  event(payload: Record<string, unknown>): Promise<void>
  /** Runs the stages until nothing is ready; what waits for a deadline stays. */
  work(options?: Partial<DrainOptions>): Promise<void>
  /** Runs the stages and sends everything. */
  settle(): Promise<void>
  pull(connection: string, options?: Partial<PullOptions> & { stream?: string }): Promise<PullResult[]>
  operations(state?: OperationState): Promise<Operation[]>
  /** A second hub on the same database, clock and simulators. */
  twin(holder: string): Engine
  close(): Promise<void>
}

export const compile = (mappings: Record<string, string>): CompiledMapping[] => {
  const files = Object.entries(mappings).map(([file, text]) => ({ file, text }))
  const { mappings: compiled, problems } = checkMappings(files)
  if (problems.length > 0) {
    throw new Error(problems.map((p) => formatProblem(p, mappings[p.file] ?? '')).join('\n'))
  }
  return compiled
}

const SIGNAL = new AbortController().signal
const FAST = 'limits: { concurrency: 8, intervalCap: 100000, intervalMs: 1 }'

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { use = ['salesforce'], clock = testClock() } = options
  const now = () => clock.now()
  const sandboxes = options.sandboxes ?? {
    salesforce: createSalesforceSandbox({ clock, ...options.salesforce }),
    hubspot: createHubspotSandbox({
      clock,
      tenSecondLimit: Number.POSITIVE_INFINITY,
      searchPerSecond: Number.POSITIVE_INFINITY,
      ...options.hubspot,
    }),
    stripe: createStripeSandbox({ clock: now }),
    pdl: createPdlSandbox({
      apiKey: 'pdl-key',
      people: [],
      companies: [],
      perMinute: 1_000_000,
      now,
      ...options.pdl,
    }),
    shelf: { pages: [], asked: [] },
  }
  const lines: Record<Source | Crm, string> = {
    book: `connector: book\n    key: \${SECRET}`,
    'billing-book': `connector: billing-book\n    key: \${SECRET}`,
    website: `connector: website\n    writeKey: \${SECRET}`,
    stripe: `connector: stripe\n    apiKey: \${STRIPE_KEY}\n    ${FAST}`,
    inference: 'connector: inference',
    'people-data-labs': `connector: people-data-labs\n    apiKey: \${PDL_KEY}\n    ${FAST}`,
    salesforce: `connector: salesforce\n    baseUrl: https://acme.my.salesforce.com\n    clientId: sandbox-client\n    clientSecret: \${SALESFORCE_SECRET}`,
    hubspot: `connector: hubspot\n    accessToken: \${SECRET}\n    ${FAST}`,
  }
  const names = [...new Set<Source | Crm>(['book', 'billing-book', ...use])]
  const text = [
    'connections:',
    ...names.map((name) => {
      const extra = options.with?.[name]
      return `  ${name}:\n    ${lines[name]}${extra ? `\n    ${extra}` : ''}`
    }),
    ...(options.connections ?? []).map((line) => `  ${line}`),
    options.config ?? '',
  ].join('\n')
  const all = [
    ...connectors,
    bookOf('book', 'touchpoint', sandboxes.shelf),
    bookOf('billing-book', 'billing', { pages: [], asked: [] }),
  ]
  const env = {
    SECRET: 'secret-of-the-test-0001',
    STRIPE_KEY: 'rk_test_51Hub',
    PDL_KEY: 'pdl-key',
    SALESFORCE_SECRET: 'sandbox-secret',
  }
  const { config, problems } = parseConfig({ file: 'tributary.yaml', text, env, connectors: all })
  if (!config) throw new Error(problems.map((p) => `${p.line}: ${p.message}`).join('\n'))

  const store = await openStore(options.database ?? ':memory:')
  const mappings = { current: compile(options.mappings ?? {}) }
  const fetch = sandboxFetch([
    sandboxes.salesforce,
    sandboxes.hubspot,
    sandboxes.stripe,
    sandboxes.pdl,
    ...(options.more ?? []),
  ])
  const hub = (holder: string): Engine =>
    createHub({
      config,
      store,
      clock,
      fetch,
      holder,
      log: silentLog,
      sharesCommits: false,
      random: () => 0.5,
      mappings: () => mappings.current,
    })
  const engine = hub(options.holder ?? 'one')
  if (!options.isBare && !options.sandboxes) await setUpCrms(engine)

  let receipts = 0
  const receive = async (connection: string, body: unknown) => {
    await engine.receiver.receive({
      id: `${options.holder ?? 'one'}-${connection}-${++receipts}-${clock.now()}`,
      connection,
      receivedAt: clock.now(),
      headers: {},
      body: JSON.stringify(body),
    })
  }
  const stamped = (facts: Fact[]) => facts.map((fact) => ({ updated_at: clock.now(), ...fact }))
  return {
    clock,
    store,
    engine,
    config,
    sandboxes,
    mappings,
    inspect: store.inspect,
    door: (name) => engine.deps.connections.get(name)!.http,
    say: (...facts) => receive('book', { facts: stamped(facts) }),
    bill: (...facts) => receive('billing-book', { facts: stamped(facts) }),
    forget: (...deleted) => receive('book', { deleted }),
    event: ({ type, ...payload }) =>
      receive('website', {
        type,
        received_at: clock.now(),
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
        payload,
      }),
    async work(more) {
      await drain(engine, { signal: SIGNAL, ...more })
    },
    async settle() {
      await drain(engine, { signal: SIGNAL, flush: true })
    },
    pull: (name, more) =>
      pullConnection(engine.deps, engine.deps.connections.get(name)!, { signal: SIGNAL, ...more }),
    async operations(state) {
      const { items } = await store.inspect.operations({ limit: 10_000, ...(state ? { state } : {}) })
      return items.reverse()
    },
    twin: hub,
    close: () => store.close(),
  }
}

/** Creates the fields that the mappings write, as `tributary setup --apply` does. */
export async function setUpCrms(engine: Engine): Promise<void> {
  const { deps } = engine
  for (const connection of deps.connections.values()) {
    const { destination } = connection.connector
    if (!destination) continue
    const fields = fieldNeeds(deps.mappings(), connection.name)
    const steps = await destination.setup(contextOf(connection, { ...deps, signal: SIGNAL }), {
      apply: true,
      fields,
    })
    const failed = steps.filter((step) => step.state === 'failed')
    if (failed.length > 0)
      throw new Error(failed.map((step) => `${step.object} ${step.what}: ${step.detail}`).join('\n'))
  }
}

/** Requests of a simulator since the last call, "METHOD path". */
export function calls(sandbox: Sandbox): string[] {
  return sandbox.requests.splice(0).map(({ method, path }) => `${method} ${path}`)
}

export const CONTACTS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
match:
  - Email: person.email | lower
on_multiple: quarantine
defaults: { write: if_owned }
fields:
  Email: person.email | lower
  LastName: person.last_name ?? person.email | email_local
  FirstName: person.first_name
  Title: person.title
  Phone: { from: person.phone, write: if_empty }
  Department: { from: person.department, write: always }
  MailingCity: { from: person.city, on_null: clear }
`

export const ACCOUNTS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Account }
from: account
when: account.domain | is_set
match:
  - Website: account.domain
on_multiple: oldest
fields:
  Name: account.name ?? account.domain
  Website: account.domain
  Industry: account.industry
`

export const HUBSPOT_CONTACTS = `
apiVersion: tributary/v1
target: { connection: hubspot, object: contacts }
from: person
when: person.email | is_set
match:
  - email: person.email | lower
on_multiple: oldest
fields:
  email: person.email | lower
  firstname: person.first_name
  lastname: person.last_name
  jobtitle: person.title
  tributary_visits_30d: { from: touchpoints | where(kind = "page.viewed") | since("30d") | count, write: always }
`
