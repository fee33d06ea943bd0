import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { relative } from 'node:path'
import {
  type Clock,
  ConfigError,
  createMetrics,
  jsonLog,
  type Log,
  type Metrics,
  reportOf,
  systemClock,
} from '#kit'
import csv from '../../connectors/csv/index.ts'
import { connectors } from '../../connectors/index.ts'
import { type Config, type ConfigProblem, configError, parseConfig } from '../config/index.ts'
import type { Engine } from '../engine/engine.ts'
import { hashNatively } from '../engine/hash.ts'
import type { Store } from '../engine/ports.ts'
import { takeOver } from '../engine/sending/leases.ts'
import { createHub, redactorFor } from '../hub.ts'
import type { CompiledMapping } from '../mapping/index.ts'
import { openStore } from '../store/open-store.ts'
import type { Environment } from './environment.ts'
import { fixedMappings, type LiveMappings, liveMappings } from './live-mappings.ts'
import { mappingFolder } from './mapping-files.ts'

export interface Context {
  config: Config
  store: Store
  engine: Engine
  mappings: LiveMappings
  clock: Clock
  log: Log
  metrics: Metrics
  close(): Promise<void>
}

/** Throws a ConfigError that names all problems of the file, each with its place. */
export function loadConfig(environment: Environment): Config {
  const { config, problems } = readConfig(environment)
  if (!config) throw configError(problems)
  return config
}

/** The configuration, or all that is wrong with it. Throws where the file cannot be read. */
export function readConfig(environment: Environment): {
  config: Config | undefined
  problems: ConfigProblem[]
} {
  const { configFile, variables } = environment
  if (!existsSync(configFile)) {
    throw new ConfigError(
      'config.file_missing',
      `There is no ${relative(process.cwd(), configFile) || configFile}`,
    )
  }
  const file = relative(process.cwd(), configFile)
  const { config, problems } = parseConfig({ file, text: readText(configFile), env: variables, connectors })
  return { config: config && withCsv(config), problems }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError('config.file_missing', `${file} cannot be read: ${code}`, { cause })
  }
}

/** Files can be imported without a word of configuration: a csv connection called csv is always there. */
function withCsv(config: Config): Config {
  if (config.connections.some((c) => c.name === 'csv')) return config
  return {
    ...config,
    connections: [...config.connections, { name: 'csv', connector: csv, config: {}, baseUrl: csv.baseUrl }],
  }
}

export async function openContext(
  environment: Environment,
  options: {
    config?: Config
    mappings?: CompiledMapping[]
    /** Only looks at what is stored: takes over nothing, whoever runs on this database. */
    isReader?: boolean
    fetch?: typeof globalThis.fetch
    clock?: Clock
    log?: Log
  } = {},
): Promise<Context> {
  const config = options.config ?? loadConfig(environment)
  const mappings = options.mappings
    ? fixedMappings(options.mappings)
    : liveMappings(mappingFolder(config, environment.configFile))
  const clock = options.clock ?? systemClock
  const redact = redactorFor({
    secrets: [
      ...config.secrets,
      ...environment.keys,
      ...(environment.adminToken ? [environment.adminToken] : []),
    ],
  })
  const log =
    options.log ??
    jsonLog({
      write: (line) => process.stderr.write(`${line}\n`),
      redact,
      now: clock.now,
      level: environment.logLevel,
    })
  hashNatively((data) => hash('sha256', data, 'hex'))
  const store = await openStore(environment.databaseUrl)
  if (!options.isReader) await takeOver(store, { now: clock.now(), isDead })
  const metrics = createMetrics()
  const engine = createHub({
    metrics,
    config,
    store,
    mappings: mappings.current,
    clock,
    log,
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    holder: `${hostname()}:${process.pid}`,
    keys: environment.keys,
  })
  const close = async () => {
    // A command that follows at once must not find its stages taken. Where it fails, the leases expire by themselves.
    const released = options.isReader ? Promise.resolve() : engine.releaseLeases()
    await released.catch((error: unknown) => log.warn('leases not released', { error: reportOf(error) }))
    await store.close()
  }
  return { config, store, engine, mappings, clock, log, metrics, close }
}

/** Whether a lease holder (`host:pid`) was a process of this machine that no longer runs. */
function isDead(holder: string): boolean {
  const [host, pid] = [holder.replace(/:\d+$/, ''), Number(/:(\d+)$/.exec(holder)?.[1])]
  if (host !== hostname() || !Number.isInteger(pid)) return false
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

let stopping: AbortController | undefined

/** A signal that aborts on Ctrl-C or a polite kill; a second Ctrl-C ends at once. One for the process. */
export function stopSignal(): AbortSignal {
  if (stopping) return stopping.signal
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort(new Error('stopped'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  stopping = controller
  return controller.signal
}
