import { type Contribution, fromUnix, type Instant, type Subscription } from '#model'
import { currencyOf, document, instant, ownerOf, props, touchpoint } from './map-shared.ts'
import { type MrrOptions, subscriptionMrr } from './mrr.ts'
import type { SubscriptionRecord } from './records.ts'

export function mapSubscription(record: SubscriptionRecord, options: MrrOptions): Contribution[] {
  const owner = ownerOf(record)
  const value = toSubscription(record, options)
  return [document(owner, value), ...touchpoints(record, value).map((touch) => touchpoint(owner, touch))]
}

/** Items may renew at different times (flexible billing); the next one is what people ask for. */
function renewsAt(record: SubscriptionRecord): Instant | undefined {
  const ends = record.items.data.flatMap((item) =>
    item.current_period_end == null ? [] : [item.current_period_end],
  )
  return ends.length > 0 ? fromUnix(Math.min(...ends)) : undefined
}

type Items = Pick<SubscriptionRecord, 'items'>

export function planOf(record: Items): string | undefined {
  const names = record.items.data.flatMap(({ price }) => {
    const product = typeof price.product === 'object' ? price.product?.name : undefined
    const name = typeof product === 'string' ? product : undefined
    if (name && price.nickname && price.nickname !== name) return [`${name} (${price.nickname})`]
    return name ?? price.nickname ?? []
  })
  return names.length > 0 ? [...new Set(names)].join(' + ') : undefined
}

export function quantityOf(record: Items): number | undefined {
  const licensed = record.items.data.filter(({ price }) => price.recurring?.usage_type !== 'metered')
  const quantities = licensed.flatMap(({ quantity }) => quantity ?? [])
  return quantities.length > 0 ? quantities.reduce((a, b) => a + b) : undefined
}

function toSubscription(record: SubscriptionRecord, options: MrrOptions): Subscription {
  const isOver = record.status === 'canceled' || record.status === 'incomplete_expired'
  const renewal = renewsAt(record)
  const cancelsAt = instant(record.cancel_at) ?? (record.cancel_at_period_end ? renewal : undefined)
  const ended = instant(record.ended_at)
  const plan = planOf(record)
  const quantity = quantityOf(record)
  return {
    type: 'subscription',
    key: record.id,
    currency: currencyOf(record),
    status: record.status,
    ...(plan === undefined ? {} : { plan }),
    ...(quantity === undefined ? {} : { quantity }),
    mrr: subscriptionMrr(record, options),
    started_at: fromUnix(record.start_date ?? record.created),
    renews_at: isOver ? null : (renewal ?? null),
    cancels_at: isOver ? null : (cancelsAt ?? null),
    ended_at: ended ?? null,
  }
}

type Touch = Parameters<typeof touchpoint>[1]

/**
 * Only what the object dates itself, so that webhook and pull agree. A pause of collection carries no date and shows
 * in the document only; a subscription that paused when its trial ran out did so at the end of the trial.
 */
function touchpoints(record: SubscriptionRecord, value: Subscription): Touch[] {
  const trialStart = instant(record.trial_start)
  const trialEnd = instant(record.trial_end)
  const started = startOf(record, value, trialEnd)
  const canceled =
    record.status === 'canceled' ? (instant(record.ended_at) ?? instant(record.canceled_at)) : undefined
  const scheduled = record.canceled_at != null && (record.cancel_at_period_end || record.cancel_at != null)
  const plan = value.plan ? `: ${value.plan}` : ''
  const base = {
    channel: 'billing',
    amount: value.mrr,
    ...props({ plan: value.plan, quantity: value.quantity }),
  }
  const reason = props({
    plan: value.plan,
    reason: record.cancellation_details?.reason,
    feedback: record.cancellation_details?.feedback,
    comment: record.cancellation_details?.comment,
  })
  const touches: Touch[] = []
  if (trialStart !== undefined) {
    touches.push({
      ...base,
      kind: 'subscription.trial_started',
      occurred_at: trialStart,
      direction: 'inbound',
      title: `Trial started${plan}`,
    })
  }
  if (started !== undefined) {
    touches.push({
      ...base,
      kind: 'subscription.started',
      occurred_at: started,
      direction: 'inbound',
      title: `Subscription started${plan}`,
    })
  }
  if (record.status === 'paused' && trialEnd !== undefined) {
    touches.push({
      ...base,
      kind: 'subscription.paused',
      occurred_at: trialEnd,
      direction: 'outbound',
      title: `Subscription paused${plan}`,
    })
  }
  if (scheduled && record.canceled_at != null) {
    touches.push({
      ...base,
      ...reason,
      kind: 'subscription.changed',
      slot: `cancellation_scheduled:${record.canceled_at}`,
      occurred_at: fromUnix(record.canceled_at),
      direction: 'inbound',
      title: `Cancellation scheduled${plan}`,
    })
  }
  if (canceled !== undefined) {
    const direction = record.cancellation_details?.reason === 'payment_failed' ? 'outbound' : 'inbound'
    touches.push({
      ...base,
      ...reason,
      kind: 'subscription.canceled',
      occurred_at: canceled,
      direction,
      title: `Subscription canceled${plan}`,
    })
  }
  return touches
}

/** A subscription starts when it is first paid for: after its trial, or at once; never while incomplete. */
function startOf(
  record: SubscriptionRecord,
  value: Subscription,
  trialEnd: Instant | undefined,
): Instant | undefined {
  if (['incomplete', 'incomplete_expired', 'trialing', 'paused'].includes(record.status)) return undefined
  if (trialEnd === undefined) return value.started_at
  const endedInTrial = record.ended_at != null && fromUnix(record.ended_at) <= trialEnd
  return endedInTrial ? undefined : Math.max(trialEnd, value.started_at)
}
