// A load generator in a process of its own: node load.ts '{"port":…}' prints one JSON document.
import { batch, type EventKind, type MessageMaker, single, stripeWebhook } from './bodies.ts'
import { sendLoad } from './load-client.ts'
import { percentile } from './report.ts'

export interface LoadOrder {
  port: number
  /** "track", "page ×100": events in batches; "stripe": signed webhooks. */
  kind: EventKind | 'stripe'
  /** Events a request; one without a batch around it where absent. */
  batchSize?: number
  inFlight: number
  /** Ends after this many requests, or after this time. */
  count?: number
  seconds?: number
  warmUpSeconds?: number
  /** Number of the first message. */
  from?: number
}

export interface LoadSummary {
  requests: number
  failures: number
  seconds: number
  rate: number
  p50: number
  p99: number
}

const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder
const { from = 0, count = Number.POSITIVE_INFINITY, warmUpSeconds = 0 } = order
const make = makerOf(order)
const endsAt = performance.now() + 1000 * (warmUpSeconds + (order.seconds ?? Number.POSITIVE_INFINITY))
let n = from

const { latencies, ...result } = await sendLoad({
  port: order.port,
  inFlight: order.inFlight,
  warmUpMs: warmUpSeconds * 1000,
  next: () => (n < from + count && performance.now() < endsAt ? make(n++) : undefined),
})
const summary: LoadSummary = {
  ...result,
  rate: result.requests / result.seconds,
  p50: percentile(latencies, 0.5),
  p99: percentile(latencies, 0.99),
}
process.stdout.write(JSON.stringify(summary))

function makerOf({ kind, batchSize }: LoadOrder): MessageMaker {
  if (kind === 'stripe') return stripeWebhook
  return batchSize === undefined ? single(kind) : batch(kind, batchSize)
}
