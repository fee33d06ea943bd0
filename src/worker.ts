import type { D1Database, ExecutionContext, MessageBatch, Queue, ScheduledController } from '@cloudflare/workers-types'
import { connectors } from '../connectors/index.ts'
import { createMetrics, jsonLog, systemClock } from '#kit'
import { createApp } from './app.ts'
import { type Config, configError, parseConfig } from './config/index.ts'
import { configFile, mappingFiles } from './embedded.ts'
import { dailyPass } from './engine/daily.ts'
import type { Engine } from './engine/engine.ts'
import { refreshMappings } from './engine/mapping-changes.ts'
import { drain, pullDue } from './engine/schedule.ts'
import { rememberUsage } from './engine/usage.ts'
import { createHub, redactorFor } from './hub.ts'
import { type CompiledMapping, checkMappings } from './mapping/index.ts'
import { createStore } from './store/index.ts'
import { openD1 } from './store/d1.ts'

export interface WorkerEnv {
  DB: D1Database
  WORK: Queue<WorkMessage>
  TRIBUTARY_ADMIN_TOKEN?: string
  [variable: string]: unknown
}

/** Says only that there is work; what to do is in the database. */
export interface WorkMessage {
  reason: string
}

/** What one invocation may use before it hands over to the next (Cloudflare limits CPU, subrequests and wall time). */
const BUDGET = { seconds: 20, vendorCalls: 200, pagesPerStream: 5 }

let loaded: { config: Config; mappings: CompiledMapping[] } | undefined

/** Configuration and mappings are the same for every request of an isolate. */
function load(env: WorkerEnv): { config: Config; mappings: CompiledMapping[] } {
  if (loaded) return loaded
  const { config, problems } = parseConfig({ ...configFile, env, connectors })
  if (!config) throw configError(problems)
  const { mappings } = checkMappings(mappingFiles)
  loaded = { config, mappings }
  return loaded
}

/** One engine per invocation: promises of one request must not be awaited by another in a Worker. */
function createEngineFor(env: WorkerEnv, metrics = createMetrics()): { engine: Engine; config: Config } {
  const { config, mappings } = load(env)
  const log = jsonLog({ write: (line) => console.log(line), redact: redactorFor(config), now: systemClock.now })
  const engine = createHub({
    config,
    store: createStore(openD1(env.DB)),
    mappings: () => mappings,
    clock: systemClock,
    log,
    fetch: globalThis.fetch.bind(globalThis),
    holder: crypto.randomUUID(),
    metrics,
    groupCommitMs: 0,
  })
  return { engine, config }
}

async function work(env: WorkerEnv, options: { pull: boolean }): Promise<void> {
  const { engine } = createEngineFor(env)
  const { deps } = engine
  const started = deps.clock.now()
  const signal = AbortSignal.timeout(BUDGET.seconds * 1500)
  const mayContinue = () => {
    const calls = [...deps.connections.values()].reduce((n, c) => n + c.http.usage.calls, 0)
    return deps.clock.now() - started < BUDGET.seconds * 1000 && calls < BUDGET.vendorCalls
  }
  if (options.pull) {
    await refreshMappings(deps)
    await dailyPass(deps)
    await pullDue(engine, { signal, maxPages: BUDGET.pagesPerStream, mayContinue })
  }
  const { isIdle } = await drain(engine, { signal, mayContinue })
  await rememberUsage(deps)
  const next = await deps.store.control.nextWake(deps.clock.now())
  if (isIdle && next === undefined) return
  const delaySeconds = isIdle ? Math.ceil(Math.max(0, (next ?? 0) - deps.clock.now()) / 1000) : 0
  // Longer waits are the cron's business.
  if (delaySeconds <= 120) await env.WORK.send({ reason: 'more' }, { delaySeconds })
}

export default {
  async fetch(request: Request, env: WorkerEnv, ctx: ExecutionContext): Promise<Response> {
    const metrics = createMetrics()
    const { engine, config } = createEngineFor(env, metrics)
    engine.receiver.onStored(() => ctx.waitUntil(env.WORK.send({ reason: 'receipt' })))
    const { hostname } = new URL(request.url)
    const app = createApp({
      engine,
      metrics,
      adminToken: env.TRIBUTARY_ADMIN_TOKEN,
      isLoopback: hostname === 'localhost' || hostname === '127.0.0.1',
      secrets: config.secrets,
      ipHeader: 'cf-connecting-ip',
    })
    return app.fetch(request)
  },

  async scheduled(_controller: ScheduledController, env: WorkerEnv): Promise<void> {
    await work(env, { pull: true })
  },

  async queue(batch: MessageBatch<WorkMessage>, env: WorkerEnv): Promise<void> {
    await work(env, { pull: false })
    batch.ackAll()
  },
}
