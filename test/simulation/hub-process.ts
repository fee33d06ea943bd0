import type { Hono } from 'hono'
import { connectors } from '../../connectors/index.ts'
import { createApp } from '../../src/app.ts'
import { type Config, parseConfig } from '../../src/config/index.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { Store } from '../../src/engine/ports.ts'
import { createHub, redactorFor } from '../../src/hub.ts'
import { type AnyConnector, createMetrics, jsonLog, TransientError } from '../../src/kit/index.ts'
import type { CompiledMapping } from '../../src/mapping/index.ts'
import { createStore } from '../../src/store/index.ts'
import type { SqlDatabase } from '../../src/store/sql-database.ts'
import { KEYS } from '../support/sandboxes.ts'
import type { MemoryDatabase } from './database.ts'
import { simulationMappings } from './mappings.ts'
import { fetchOf, type NetworkOptions } from './network.ts'
import type { Plan } from './plan.ts'
import type { Random } from './random.ts'
import { clockOf, never, type Scheduler } from './scheduler.ts'

const LIMITS =
  'limits: { concurrency: 4, intervalCap: 1000000, intervalMs: 1000, deadlineMs: 20000, attempts: 3 }'
const CONFIG = `
connections:
  website: { connector: website, writeKey: "\${WRITE_KEY}" }
  stripe: { connector: stripe, apiKey: "\${STRIPE_KEY}", webhookSecret: "\${STRIPE_SECRET}", every: 10m, ${LIMITS} }
  salesforce: { connector: salesforce, baseUrl: "https://acme.my.salesforce.com", clientId: sandbox-client, clientSecret: "\${SALESFORCE_SECRET}", ${LIMITS} }
  hubspot: { connector: hubspot, accessToken: "\${HUBSPOT_TOKEN}", ${LIMITS} }
enrich: { order: [] }
lanes: { lead: 1s, billing: 5s, touchpoint: 20s, backfill: 20s }
`

let config: Config | undefined

export function simulationConfig(): Config {
  if (config) return config
  const { config: parsed, problems } = parseConfig({
    file: 'tributary.yaml',
    text: CONFIG,
    env: KEYS,
    connectors,
  })
  if (!parsed) throw new Error(problems.map((p) => `${p.line}: ${p.message}`).join('\n'))
  config = parsed
  return config
}

/** A classic mistake, put between the product's parts: none of it is in the product. */
export interface Bug {
  name: string
  /** What brings it out, where that is rare. */
  plan?: Partial<Omit<Plan, 'weather'>> & { weather?: Partial<Plan['weather']> }
  /** First of the seeds that are tried: their people's values have to change often enough for it. Default 0. */
  from?: number
  store?(store: Store, parts: BugParts): Store
  connector?(connector: AnyConnector, parts: BugParts): AnyConnector
  mapping?(mapping: CompiledMapping): CompiledMapping
}
export interface BugParts {
  memory: MemoryDatabase
  scheduler: Scheduler
  /** Holder of the process. */
  holder: string
}

export interface Trouble {
  /** Asked before and after each commit; true kills the process there. */
  kills(process: string, when: 'before' | 'after'): boolean
  /** Milliseconds that a call of the database takes. */
  latency(): number
  /** The database is locked by somebody else. */
  isBusy(): boolean
}

export const NO_TROUBLE: Trouble = { kills: () => false, isBusy: () => false, latency: () => 0 }

export interface HubProcess {
  name: string
  engine: Engine
  isDead(): boolean
  kill(): void
  /** From now on calls belong to another step. */
  beginStep(name: string): void
  /** Resolves when it is killed. */
  readonly death: Promise<void>
  /** A request to its own address; `undefined` where the process dies before it answers. */
  post(path: string, body: string, headers: Record<string, string>): Promise<number | undefined>
}

/** How this history's hub is configured. */
export type Setting = Partial<Pick<Plan, 'live' | 'watchEvery' | 'bulkFrom'>>

export interface ProcessOptions extends NetworkOptions {
  name: string
  memory: MemoryDatabase
  trouble: () => Trouble
  random: Random
  /** Lines of the log, as they would be on stderr. */
  log(line: string): void
  setting?: Setting
  bug?: Bug | undefined
}

/** A hub as `tributary start` makes one, on the shared database, that can be killed between any two statements. */
export function startProcess(options: ProcessOptions): HubProcess {
  const { name, scheduler, memory, setting = {}, bug } = options
  let isDead = false
  let step = { name: 'start', at: scheduler.now() }
  let die: () => void = () => {}
  const death = new Promise<void>((resolve) => {
    die = resolve
  })
  const self = {
    name,
    // SDKs have timers of their own, of minutes of real time: what was killed over a call, or had given it up, goes on by
    // them when other histories play.
    isDead: () => isDead || scheduler.isOver,
    death,
    step: () => step,
    beginStep(name: string) {
      step = { name, at: scheduler.now() }
    },
    kill() {
      isDead = true
      die()
    },
  }
  const parts: BugParts = { memory, scheduler, holder: name }
  const store = createStore(databaseOf(options, self))
  const config = freshConfig(setting, bug, parts)
  const { live } = setting
  const asked = live ? simulationMappings().map((mapping) => ({ ...mapping, live })) : simulationMappings()
  const mappings = bug?.mapping ? asked.map(bug.mapping) : asked
  const engine = createHub({
    config,
    store: bug?.store ? bug.store(store, parts) : store,
    mappings: () => mappings,
    clock: clockOf(scheduler, self.isDead),
    log: jsonLog({
      level: 'debug',
      now: () => scheduler.now(),
      redact: redactorFor(config),
      write: (line) => options.log(line),
    }),
    fetch: fetchOf(options, self),
    holder: name,
    random: options.random.next,
  })
  let app: Hono | undefined
  return {
    ...self,
    engine,
    async post(path, body, headers) {
      if (self.isDead()) return undefined
      app ??= createApp({
        engine,
        metrics: createMetrics(),
        isLoopback: true,
        secrets: config.secrets,
        isShortLived: true,
      })
      const answer = Promise.resolve(
        app.request(`http://localhost${path}`, { method: 'POST', body, headers }),
      )
      const response = await Promise.race([answer, death])
      return response?.status
    },
  }
}

/** With connections of its own: what a process remembers of them dies with it. */
function freshConfig(setting: Setting, bug: Bug | undefined, parts: BugParts): Config {
  const shared = simulationConfig()
  return {
    ...shared,
    connections: shared.connections.map((connection) => {
      const connector = watchedOften(connection.connector, setting.watchEvery)
      const isBulk = setting.bulkFrom && connector.destination?.bulk
      return {
        ...connection,
        config: { ...connection.config, ...(isBulk ? { bulkThreshold: setting.bulkFrom } : {}) },
        connector: bug?.connector ? bug.connector(connector, parts) : connector,
        ...(connector.destination ? { everyMs: setting.watchEvery ?? 0 } : {}),
      }
    }),
  }
}

function watchedOften(connector: AnyConnector, everyMs: number | undefined): AnyConnector {
  const { destination } = connector
  if (!everyMs || !destination?.changes) return connector
  return { ...connector, destination: { ...destination, changes: { ...destination.changes, everyMs } } }
}

function databaseOf(
  { memory, scheduler, trouble }: ProcessOptions,
  self: Pick<HubProcess, 'name' | 'isDead' | 'kill'>,
): SqlDatabase {
  async function read<T>(work: () => T): Promise<T> {
    if (self.isDead()) return never()
    if (!scheduler.isInterleaving) return work()
    await scheduler.turn(trouble().latency())
    return self.isDead() ? never() : work()
  }

  async function commit<T>(work: () => T): Promise<T> {
    if (!scheduler.isInterleaving) return read(work)
    const { kills, isBusy } = trouble()
    const die = <R>(): Promise<R> => {
      self.kill()
      return never()
    }
    return read(() => {
      if (kills(self.name, 'before')) return die<T>()
      if (isBusy()) throw new TransientError('store.busy', 'The database is locked by another process')
      const result = work()
      return kills(self.name, 'after') ? die<T>() : result
    }) as Promise<T>
  }
  return {
    query: <R>(sql: string, params: Parameters<SqlDatabase['query']>[1] = []) =>
      read(() => memory.query(sql, params) as R[]),
    batch: <R>(statements: Parameters<SqlDatabase['batch']>[0]) =>
      commit(() => memory.batch(statements) as { rows: R[]; changes: number }[]),
    close: async () => {},
  }
}
