// The hub in a process that tells its own costs and runs the stages when asked to.
import { join } from 'node:path'
import { jsonLog } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { openContext } from '../../src/cli/context.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { loadMappings } from '../../src/cli/live-mappings.ts'
import { shippedMappings } from '../../src/cli/mapping-files.ts'
import { configError, parseConfig } from '../../src/config/index.ts'
import { drainWithJobs } from '../../src/engine/bulk/await-jobs.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import type { NewReceipt } from '../../src/engine/ports.ts'
import { pullConnection } from '../../src/engine/pull.ts'
import { drain } from '../../src/engine/schedule.ts'
import { startServer } from '../../src/node.ts'
import { memoryOf } from './machine.ts'
import { identified, type PeopleOrder, viewed } from './people.ts'
import { answer } from './rpc.ts'

export interface HubArgument {
  folder: string
  config: string
  /** Folder of mapping files; without it the shipped ones. */
  mappings?: string
}

const {
  folder,
  config: text,
  mappings = shippedMappings(),
} = JSON.parse(process.argv[2] ?? '{}') as HubArgument
const { config, problems } = parseConfig({ file: 'bench', text, env: process.env, connectors })
if (!config) throw configError(problems)
const environment = {
  ...readEnvironment({}),
  host: '127.0.0.1',
  port: 0,
  databaseUrl: `file:${join(folder, 'tributary.db')}`,
}
const log = jsonLog({
  write: (line) => process.stderr.write(`${line}\n`),
  redact: (line) => line,
  now: Date.now,
  level: 'error',
})
const context = await openContext(environment, { config, mappings: loadMappings(mappings), log })
const server = await startServer(context, environment, { isIdle: true })
const { engine } = context
const { signal } = new AbortController()

export interface StageCost {
  done: number
  wallMs: number
  cpuMs: number
}

export interface Cost {
  wallMs: number
  cpuMs: number
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const started = performance.now()
  const cpu = process.cpuUsage()
  await work()
  const used = process.cpuUsage(cpu)
  return { wallMs: performance.now() - started, cpuMs: (used.user + used.system) / 1000 }
}

const CHUNK = 500

async function receive(
  { from = 0, count }: PeopleOrder,
  receiptOf: (n: number, now: number) => NewReceipt,
): Promise<void> {
  for (let at = 0; at < count; at += CHUNK) {
    const now = Date.now()
    const size = Math.min(CHUNK, count - at)
    await Promise.all(
      Array.from({ length: size }, (_, i) => engine.receiver.receive(receiptOf(from + at + i, now))),
    )
  }
}

const handlers = {
  port: () => server.port,

  /** Makes the fields that the shipped mappings write. */
  async setup() {
    for (const connection of engine.deps.connections.values()) {
      const fields = fieldNeeds(engine.deps.mappings(), connection.name)
      await connection.connector.destination?.setup(contextOf(connection, { ...engine.deps, signal }), {
        apply: true,
        fields,
      })
    }
  },

  /** Runs all stages until nothing is left, part-filled batches and bulk jobs included; what each stage did and cost. */
  async drain(): Promise<Record<string, StageCost>> {
    const costs: Record<string, StageCost> = {}
    let wall = performance.now()
    let cpu = process.cpuUsage()
    await drainWithJobs(engine, {
      signal,
      flush: true,
      onStep(stage, done) {
        const used = process.cpuUsage(cpu)
        const now = performance.now()
        const cost = costs[stage] ?? { done: 0, wallMs: 0, cpuMs: 0 }
        costs[stage] = cost
        cost.done += done
        cost.wallMs += now - wall
        cost.cpuMs += (used.user + used.system) / 1000
        wall = now
        cpu = process.cpuUsage()
      },
    })
    return costs
  },

  /** Pulls every source to its end while the stages work, as a running hub does; when it was read, and when it was absorbed. */
  async pull(): Promise<Cost & { pullMs: number }> {
    const started = performance.now()
    let pullMs = 0
    let isReading = true
    const stages = ['absorb', 'project'] as const
    const cost = await costOf(async () => {
      const reading = (async () => {
        for (const connection of engine.deps.connections.values())
          await pullConnection(engine.deps, connection, { signal })
        pullMs = performance.now() - started
        isReading = false
      })()
      while (isReading) {
        const { done } = await drain(engine, { signal, stages })
        if (done === 0) await engine.deps.clock.sleep(20)
      }
      await reading
      await drain(engine, { signal, stages, flush: true })
    })
    return { ...cost, pullMs }
  },

  async counts(): Promise<{ records: number; touchpoints: number; dead: number }> {
    const { records, touchpoints } = await context.store.inspect.totals()
    return { records: records.total, touchpoints, dead: records.dead }
  },

  /** What people say of themselves, stored as receipts; `title` is theirs from now on. */
  async identify(order: PeopleOrder & { title: string }): Promise<void> {
    await receive(order, (n, now) => identified(n, now, order.title))
  },

  /** A page view of each. */
  async view(order: PeopleOrder): Promise<void> {
    await receive(order, viewed)
  },

  /** From receipts to operations, and what that cost. */
  project: () => costOf(() => drain(engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })),

  /** What is pending leaves, bulk jobs are waited for; what that cost. */
  deliver: () => costOf(() => drainWithJobs(engine, { signal, flush: true, stages: ['deliver'] })),

  /** Leaves one self-contained database file. */
  close: () => context.close(),

  /** Memory of this process in MB. */
  memory: () => memoryOf(process.pid),

  /** CPU milliseconds of this process so far. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },

  deadLetters: async () => {
    const { records, receipts, operations } = await context.store.inspect.totals()
    return (
      records.dead +
      receipts.dead +
      operations.filter((o) => o.state === 'dead').reduce((n, o) => n + o.count, 0)
    )
  },
}
export type HubHelper = typeof handlers
answer(handlers)
