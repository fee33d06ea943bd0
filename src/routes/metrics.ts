import { Hono, type MiddlewareHandler } from 'hono'
import { createMetrics, type Metrics, receiveInstrument } from '#kit'
import type { InspectPort, Totals } from '../engine/ports.ts'
import { problem } from './problem.ts'

export interface MetricsDeps {
  /** Counts of this process. */
  metrics: Metrics
  /** Totals of the database, read at every scrape. */
  inspect: Pick<InspectPort, 'totals'>
  guard: MiddlewareHandler
}

/** `GET /metrics` in the text format of Prometheus. Mount at `/`. */
export function metricsRoutes({ metrics, inspect, guard }: MetricsDeps): Hono {
  const app = new Hono()
  app.get('/metrics', guard, async (c) => {
    const text = totalsText(await inspect.totals()) + metrics.render()
    return c.body(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  app.onError((error) => problem(error))
  return app
}

function totalsText(totals: Totals): string {
  const fresh = createMetrics()
  const gauge = (name: string, help: string, value: number) => fresh.gauge(name, help).set(value)
  const receipts = fresh.gauge('tributary_receipts', 'Stored webhook and collector receipts', ['state'])
  for (const [state, count] of Object.entries(totals.receipts)) receipts.set(count, { state })
  gauge('tributary_records', 'Stored source records', totals.records.total)
  gauge('tributary_records_pending', 'Source records not absorbed yet', totals.records.pending)
  gauge('tributary_people', 'People', totals.people)
  gauge('tributary_accounts', 'Accounts', totals.accounts)
  gauge('tributary_touchpoints', 'Touchpoints', totals.touchpoints)

  const documents = fresh.gauge('tributary_documents', 'Billing documents', ['type'])
  for (const [type, count] of Object.entries(totals.documents)) documents.set(count, { type })

  const operations = fresh.gauge('tributary_operations', 'CRM operations', ['destination', 'object', 'state'])
  for (const { destination, object, state, count } of totals.operations)
    operations.set(count, { destination, object, state })

  const dead = fresh.gauge('tributary_dead_letters', 'Items set aside', ['stage'])
  dead.set(totals.receipts.dead, { stage: 'receipt' })
  dead.set(totals.records.dead, { stage: 'record' })
  dead.set(inState(totals, 'dead'), { stage: 'operation' })

  const queue = fresh.gauge('tributary_queue_depth', 'Items that wait for a stage', ['stage'])
  queue.set(totals.receipts.new, { stage: 'receive' })
  queue.set(totals.records.pending, { stage: 'absorb' })
  for (const { stage, count } of totals.dirty) queue.set(count, { stage })
  queue.set(inState(totals, 'pending') + inState(totals, 'sending'), { stage: 'deliver' })

  const held = fresh.gauge('tributary_held', 'CRM objects to which nothing is written until a person looks', [
    'destination',
    'object',
  ])
  for (const { destination, object } of totals.holds) held.set(1, { destination, object })

  const deletions = fresh.gauge(
    'tributary_held_deletions',
    'Deletions that wait until a person has decided',
    ['connection', 'stream'],
  )
  for (const { connection, stream, count } of totals.deletionHolds)
    deletions.set(count, { connection, stream })

  const calls = fresh.gauge('tributary_vendor_calls', 'Calls to vendors as counted in the database', [
    'connection',
  ])
  for (const { connection, calls: count } of totals.usage) calls.set(count, { connection })
  return fresh.render()
}

const inState = (totals: Totals, state: Totals['operations'][number]['state']): number =>
  totals.operations.reduce((sum, row) => sum + (row.state === state ? row.count : 0), 0)

/** Times webhook and collector requests; mount on their paths. */
export function measureReceive(
  metrics: Metrics,
  door: 'collect' | 'form' | 'hook',
  now: () => number = () => performance.now(),
): MiddlewareHandler {
  const record = receiveInstrument(metrics)
  return async (c, next) => {
    const started = now()
    await next()
    record({ door, status: c.res.status, durationMs: now() - started })
  }
}
