import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { DEFAULT_BUDGET } from '../../src/worker/budget.ts'
import { createWorker } from '../../src/worker/create-worker.ts'
import type { FollowUp } from '../../src/worker/work.ts'
import type { WorkMessage } from '../../src/worker.ts'
import { emptyDatabase } from './empty-database.ts'
import { type Runtime, vendorsClient } from './runtime.ts'

const vendors = vendorsClient((request) => fetch(request))

/** The Worker's handlers in workerd on a D1 database; the queue hands its messages to the test. */
export async function startWorkerHub(): Promise<Runtime> {
  await emptyDatabase()
  await vendors.reset()
  const sent: FollowUp[] = []
  const WORK = {
    async send(message: WorkMessage, { delaySeconds = 0 } = {}) {
      sent.push({ message, delaySeconds })
    },
  }
  const bindings = { ...env, WORK: WORK as unknown as typeof env.WORK }
  const main = createWorker(env.FILES)
  const last = () => sent.splice(0).at(-1)
  return {
    vendors,
    async fetch(path, init) {
      const ctx = createExecutionContext()
      const response = await main.fetch(
        new Request(`https://hub.example${path}`, { redirect: 'manual', ...init }),
        bindings,
        ctx,
      )
      await waitOnExecutionContext(ctx)
      return response
    },
    async invoke({ pull = false, budget }) {
      last()
      const worker = budget ? createWorker(env.FILES, { ...DEFAULT_BUDGET, ...budget }) : main
      const body: WorkMessage = { reason: pull ? 'pull' : 'more' }
      const batch = createMessageBatch('tributary-work', [{ id: 'm1', timestamp: 0, attempts: 1, body }])
      await worker.queue(batch, bindings)
      return last()
    },
    async cron() {
      last()
      await main.scheduled(createScheduledController(), bindings)
      return last()
    },
    async close() {},
  }
}
