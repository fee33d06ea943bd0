import type { ExecutionContext, MessageBatch, ScheduledController } from '@cloudflare/workers-types'
import { ConfigError, createMetrics, type Metrics, systemClock } from '#kit'
import { createApp } from '../app.ts'
import type { Engine } from '../engine/engine.ts'
import { createHub } from '../hub.ts'
import { problem } from '../routes/problem.ts'
import { openD1 } from '../store/d1.ts'
import { createStore } from '../store/index.ts'
import { type Budget, DEFAULT_BUDGET, startMeter } from './budget.ts'
import { type CountedDatabase, countStatements } from './counted-database.ts'
import type { WorkerEnv, WorkMessage } from './environment.ts'
import { type EmbeddedFiles, readSettings, type Settings } from './settings.ts'
import { createWake } from './wake.ts'
import { work } from './work.ts'

export interface WorkerHandlers {
  fetch(request: Request, env: WorkerEnv, ctx: Pick<ExecutionContext, 'waitUntil'>): Promise<Response>
  scheduled(controller: ScheduledController, env: WorkerEnv): Promise<void>
  queue(batch: MessageBatch<WorkMessage>, env: WorkerEnv): Promise<void>
}

/**
 * The hub as a Cloudflare Worker: requests store receipts and call for work; the queue's consumer works within a budget
 * and calls itself until nothing is left; the cron pulls, and finds whatever a lost message would have announced.
 */
export function createWorker(files: EmbeddedFiles, budget: Budget = DEFAULT_BUDGET): WorkerHandlers {
  let settings: Settings | undefined
  const settingsOf = (env: WorkerEnv): Settings => (settings ??= readSettings(files, env))
  const wake = createWake(systemClock.now)

  async function run(env: WorkerEnv, options: { pull: boolean }): Promise<void> {
    const { engine, database } = openEngine(env, settingsOf(env), createMetrics())
    const meter = startMeter(budget, engine, database)
    const next = await work(engine, meter, { ...options, pagesPerStream: budget.pagesPerStream })
    if (next) await env.WORK.send(next.message, { delaySeconds: next.delaySeconds })
  }

  return {
    async fetch(request, env, ctx) {
      let current: Settings
      try {
        current = settingsOf(env)
      } catch (error) {
        return refuse(error)
      }
      const metrics = createMetrics()
      const { engine } = openEngine(env, current, metrics)
      engine.receiver.onStored(() => ctx.waitUntil(wake(env.WORK)))
      const app = createApp({
        engine,
        metrics,
        adminToken: env.TRIBUTARY_ADMIN_TOKEN,
        isLoopback: false,
        secrets: current.secrets,
        ipHeader: 'cf-connecting-ip',
        publicUrl: env.TRIBUTARY_PUBLIC_URL,
        isShortLived: true,
      })
      return app.fetch(request)
    },

    async scheduled(_controller, env) {
      await run(env, { pull: true })
    },

    async queue(batch, env) {
      await run(env, { pull: batch.messages.some(({ body }) => body.reason === 'pull') })
      batch.ackAll()
    },
  }
}

/** One engine per invocation: a Worker must not await in one request what was begun in another. */
function openEngine(
  env: WorkerEnv,
  { config, mappings, log, keys }: Settings,
  metrics: Metrics,
): { engine: Engine; database: CountedDatabase } {
  const database = countStatements(openD1(env.DB))
  const engine = createHub({
    config,
    store: createStore(database),
    mappings,
    clock: systemClock,
    log,
    fetch: globalThis.fetch.bind(globalThis),
    holder: crypto.randomUUID(),
    metrics,
    sharesCommits: false,
    keys,
  })
  return { engine, database }
}

/** Names of variables are for the owner's log, not for whoever sends the request. */
function refuse(error: unknown): Response {
  console.error(error instanceof Error ? error.message : String(error))
  if (!(error instanceof ConfigError)) throw error
  return problem(
    new ConfigError(error.code, 'This Worker is not configured completely; its log tells what is missing'),
    { status: 503 },
  )
}
