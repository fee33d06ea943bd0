import type { EventRecord } from './records.ts'

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What an event says that its object does not keep: the value before, and when it changed. Everything else is read from
 * the objects themselves, which also tell of the time before events are kept.
 */
const CHANGES: Record<string, (object: Fields, previous: Fields) => boolean> = {
  'customer.subscription.updated': (object, previous) =>
    isOtherContract(object, previous) || isOtherPause(previous) || isCancellationWithdrawn(object, previous),
  'customer.subscription.resumed': () => true,
  'invoice.payment_failed': () => true,
  'invoice.overdue': () => true,
  'invoice.updated': isRecovered,
  // Where we won, the money that came back dates the decision.
  'charge.dispute.closed': (object) => object.status !== 'won',
}

/** Whether an event is one of the changes that become touchpoints. */
export function isChange(event: Pick<EventRecord, 'type' | 'data'>): boolean {
  const { object, previous_attributes: previous } = event.data
  return CHANGES[event.type]?.(object, previous ?? {}) ?? false
}

/** Prices and quantities, and nothing else: a renewal changes the items too, by their periods. */
function contractOf(items: unknown): string | undefined {
  const data = isObject(items) ? items.data : undefined
  if (!Array.isArray(data)) return undefined
  return data
    .filter(isObject)
    .map(({ price, quantity }) => `${String(isObject(price) ? price.id : price)}×${String(quantity ?? '')}`)
    .sort()
    .join(' ')
}

/** Never begun or over: there is nothing to raise or lower. */
const NOT_RUNNING = new Set<unknown>(['incomplete', 'incomplete_expired', 'canceled'])

export function isOtherContract(object: Fields, previous: Fields): boolean {
  const before = NOT_RUNNING.has(object.status) ? undefined : contractOf(previous.items)
  return before !== undefined && before !== contractOf(object.items)
}

const isOtherPause = (previous: Fields): boolean => 'pause_collection' in previous

export function isCancellationWithdrawn(object: Fields, previous: Fields): boolean {
  const wasScheduled = previous.cancel_at_period_end === true || typeof previous.cancel_at === 'number'
  return (
    wasScheduled &&
    object.status !== 'canceled' &&
    object.cancel_at_period_end !== true &&
    object.cancel_at == null
  )
}

/**
 * An invoice that is paid after an attempt that was not this one. `attempt_count` does not tell: it counts the retries
 * that Stripe schedules, not the card that the customer enters anew.
 */
function isRecovered(object: Fields, previous: Fields): boolean {
  const wasOwed = previous.status === 'open' || previous.status === 'uncollectible'
  return wasOwed && object.status === 'paid' && object.attempted === true && !('attempted' in previous)
}
