import {
  type AnyConnector,
  type Auth,
  acquireByConsent,
  type Clock,
  type ConsentFlow,
  createAuthenticator,
  createConsentFlow,
  createDoor,
  type DoorOptions,
  doorInstrument,
  durationMs,
  type GrantKeeper,
  type Limits,
  type Log,
  type Metrics,
  type Recorder,
  redactor,
  secretFields,
  type TokenMemory,
} from '#kit'
import type { Config, ConnectionConfig } from './config/index.ts'
import type { Connection } from './engine/connection.ts'
import { createEngine, type Engine, type EngineDeps } from './engine/engine.ts'
import type { Store } from './engine/ports.ts'
import { grantKeeper, sealerOf } from './grants.ts'
import type { CompiledMapping } from './mapping/types.ts'

export interface HubOptions {
  config: Config
  store: Store
  mappings: () => CompiledMapping[]
  clock: Clock
  log: Log
  /** The network; tests and the demo give one that reaches simulators. */
  fetch: typeof globalThis.fetch
  /** Name of this process in leases. */
  holder: string
  random?: () => number
  recorder?: Recorder
  metrics?: Metrics
  sharesCommits?: boolean
  /** TRIBUTARY_KEY, and before it came what it was: opens what consents gave. */
  keys?: readonly string[]
}

const DEFAULT_EVERY_MS = durationMs('5m')

/** Configuration + store + network → engine. The one place where connections come to life; the same on every runtime. */
export function createHub(options: HubOptions): Engine {
  const { config, store, mappings, clock, log, holder, random } = options
  const connections = new Map(config.connections.map((c) => [c.name, toConnection(c, options)]))
  const deps: EngineDeps = {
    store,
    clock,
    log,
    connections,
    mappings,
    holder,
    lanes: config.lanes,
    enrich: config.enrich,
    matching: config.matching,
    ...(config.survivorship ? { survivorship: config.survivorship } : {}),
    verify: config.verify,
    thresholds: { ...config.thresholds, ...config.holds },
    retentionMs: durationMs(`${config.retention.receiptsDays}d`),
    runsKeptMs: durationMs(`${config.retention.runsDays}d`),
    ...(random ? { random } : {}),
    ...(options.sharesCommits !== undefined ? { sharesCommits: options.sharesCommits } : {}),
  }
  return createEngine(deps)
}

/** By the configuration as it was read: a Worker reads it once and opens its connections for every invocation. */
const tokens = new WeakMap<ConnectionConfig, TokenMemory>()

/** One configured connection with its door. */
export function toConnection(
  configured: ConnectionConfig,
  options: Pick<HubOptions, 'clock' | 'log' | 'fetch' | 'recorder' | 'random' | 'metrics'> &
    Partial<Pick<HubOptions, 'keys' | 'holder'>> & { store?: Store | undefined },
): Connection {
  const { clock, log, fetch } = options
  const connector: AnyConnector = configured.connector
  const { config, baseUrl } = configured
  const secrets = [configured.hookSecret, ...secretFields(connector.config).map((field) => config[field])]
  const limits: Limits = { ...connector.limits, ...configured.limits }
  const common: DoorOptions = {
    connection: configured.name,
    baseUrl,
    limits,
    fetch,
    clock,
    log: log.child({ connection: configured.name }),
    redact: redactor(secrets.filter((value) => typeof value === 'string')),
    recorder: options.recorder,
    ...(options.metrics ? { onExchange: doorInstrument(options.metrics) } : {}),
    ...(options.random ? { random: options.random } : {}),
  }
  // Tokens are asked for through a door of their own: they must not wait behind the calls that wait for them.
  const tokenDoor = createDoor(common)
  const memory: TokenMemory = tokens.get(configured) ?? new Map()
  tokens.set(configured, memory)
  const consent = connector.consent?.isUsed(config)
    ? openConsent(configured, tokenDoor.fetch, options)
    : undefined
  const authenticator = createAuthenticator(consent?.auth ?? connector.auth, config, {
    baseUrl,
    fetch: tokenDoor.fetch,
    clock,
    memory,
  })
  const http = createDoor({ ...common, authenticator, classify: connector.classify })
  return {
    name: configured.name,
    connector,
    config,
    http,
    everyMs: configured.everyMs ?? DEFAULT_EVERY_MS,
    ...(configured.drift !== undefined ? { drift: configured.drift } : {}),
    ...(configured.deletes ? { deletes: configured.deletes } : {}),
    ...(configured.quotaShare !== undefined ? { quotaShare: configured.quotaShare } : {}),
    ...(configured.hookSecret ? { hookSecret: configured.hookSecret } : {}),
    ...(configured.publicUrl ? { publicUrl: configured.publicUrl } : {}),
    ...(consent ? { consent: consent.flow } : {}),
  }
}

/** A connection that people let in by a browser: how they do, and the tokens that come of it. */
function openConsent(
  { name, connector, config, baseUrl }: ConnectionConfig,
  fetch: typeof globalThis.fetch,
  { clock, store, keys = [], holder = name }: Parameters<typeof toConnection>[1],
): { auth: Auth<Record<string, unknown>>; flow: ConsentFlow } {
  const consent = connector.consent!
  const sealer = sealerOf(keys)
  const keeper = store ? grantKeeper(name, { store, sealer, clock, holder }) : HOMELESS
  return {
    auth: { type: 'token', acquire: (ctx) => acquireByConsent(ctx, consent, keeper, name) },
    flow: createConsentFlow(name, consent, { config, baseUrl, fetch, now: clock.now, keeper, sealer }),
  }
}

/** Without a database nobody has ever agreed. */
const HOMELESS: GrantKeeper = {
  read: async () => undefined,
  save: async () => {},
  forget: async () => {},
  exclusively: (work) => work(),
}

export const redactorFor = (config: Pick<Config, 'secrets'>): ((text: string) => string) =>
  redactor(config.secrets)
