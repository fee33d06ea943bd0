import type { Exchange } from './http.ts'
import type { Metrics } from './metrics.ts'

/** Every call through a door, by connection and status; hand it to `createDoor` as `onExchange`. */
export function doorInstrument(metrics: Metrics): (exchange: Exchange) => void {
  const calls = metrics.counter('tributary_door_calls_total', 'Calls to vendors, by status (0: no answer)', [
    'connection',
    'status',
  ])
  const duration = metrics.histogram('tributary_door_call_duration_seconds', 'Time until a vendor answered', {
    labels: ['connection'],
  })
  return ({ connection, status, durationMs }) => {
    calls.add({ connection, status: String(status) })
    duration.observe(durationMs / 1000, { connection })
  }
}

/** Time from the first byte of a webhook or collector request to its durable answer. */
export function receiveInstrument(
  metrics: Metrics,
): (request: { door: 'collect' | 'form' | 'hook'; status: number; durationMs: number }) => void {
  const requests = metrics.counter('tributary_receive_requests_total', 'Webhook and collector requests', [
    'door',
    'status',
  ])
  const duration = metrics.histogram(
    'tributary_receive_duration_seconds',
    'Time from request to durable answer',
    { labels: ['door'] },
  )
  return ({ door, status, durationMs }) => {
    requests.add({ door, status: String(status) })
    duration.observe(durationMs / 1000, { door })
  }
}
