import type * as z from 'zod'
import { RecordError } from '#kit'
import { type Contribution, fromUnix, type Instant, money } from '#model'
import { isCancellationWithdrawn, isChange, isOtherContract } from './changes.ts'
import { mapClosedDispute } from './map-payment.ts'
import { currencyOf, isoOf, ownerOf, props, touchpoint } from './map-shared.ts'
import { planOf, quantityOf } from './map-subscription.ts'
import { monthlyAmount } from './mrr.ts'
import { isLess, type Rational, roundHalfEven, subtract, ZERO } from './rational.ts'
import { ChangedInvoice, ChangedSubscription, DisputeRecord, type EventRecord } from './records.ts'

type Touch = Parameters<typeof touchpoint>[1]

/** What changed, as touchpoints at the time of the event. */
export function mapChange(event: EventRecord): Contribution[] {
  if (!isChange(event)) return []
  const at = fromUnix(event.created)
  if (event.type === 'charge.dispute.closed') return mapClosedDispute(parse(DisputeRecord, event), at)
  if (event.type.startsWith('invoice.')) {
    const invoice = parse(ChangedInvoice, event)
    return [touchpoint(ownerOf(invoice), invoiceTouch(event.type, invoice, at))]
  }
  const subscription = parse(ChangedSubscription, event)
  const owner = ownerOf(subscription)
  return subscriptionTouches(event, subscription, at).map((touch) => touchpoint(owner, touch))
}

function parse<T>(schema: z.ZodType<T>, event: EventRecord, object: unknown = event.data.object): T {
  const parsed = schema.safeParse(object)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RecordError(
    'record.invalid',
    `The object of a ${event.type} event has an unknown shape: ${issue?.path.join('.')}: ${issue?.message}`,
  )
}

function subscriptionTouches(event: EventRecord, now: ChangedSubscription, at: Instant): Touch[] {
  const { object } = event.data
  const previous = event.data.previous_attributes ?? {}
  const plan = planOf(now)
  const base = { channel: 'billing', occurred_at: at, amount: worth(now) }
  const named = (title: string) => ({ ...base, title: plan ? `${title}: ${plan}` : title })
  if (event.type === 'customer.subscription.resumed') {
    return [{ ...named('Subscription resumed'), kind: 'subscription.resumed', direction: 'inbound' }]
  }
  const touches: Touch[] = []
  if (isOtherContract(object, previous)) {
    touches.push(
      contractTouch(now, parse(ChangedSubscription, event, { ...object, items: previous.items }), at),
    )
  }
  // From one way of pausing to another is neither.
  if (now.pause_collection && previous.pause_collection === null) {
    const { behavior, resumes_at } = now.pause_collection
    touches.push({
      ...named('Payment collection paused'),
      kind: 'subscription.paused',
      direction: 'outbound',
      ...props({ plan, behavior, resumes_at: isoOf(resumes_at) }),
    })
  }
  if (!now.pause_collection && previous.pause_collection != null) {
    touches.push({
      ...named('Payment collection resumed'),
      kind: 'subscription.resumed',
      direction: 'outbound',
    })
  }
  if (isCancellationWithdrawn(object, previous)) {
    touches.push({
      ...named('Cancellation withdrawn'),
      kind: 'subscription.changed',
      slot: 'cancellation_withdrawn',
      direction: 'inbound',
    })
  }
  return touches
}

/** Per month and before discounts: a discount that ends is not an upgrade. Item discounts come as ids in events. */
function monthly({ currency, items }: ChangedSubscription): Rational {
  const data = items.data.map((item) => ({ ...item, discounts: [] }))
  return monthlyAmount({ currency, items: { ...items, data }, discounts: [] })
}

const worth = (record: ChangedSubscription) => money(roundHalfEven(monthly(record)), currencyOf(record))

function contractTouch(now: ChangedSubscription, before: ChangedSubscription, at: Instant): Touch {
  const change = subtract(monthly(now), monthly(before))
  const verb = isLess(ZERO, change) ? 'upgraded' : isLess(change, ZERO) ? 'downgraded' : 'changed'
  const [plan, previousPlan] = [planOf(now), planOf(before)]
  const [quantity, previousQuantity] = [quantityOf(now), quantityOf(before)]
  const what =
    plan !== previousPlan
      ? `: ${previousPlan ?? '–'} → ${plan ?? '–'}`
      : `${plan ? `: ${plan}` : ''}${quantity === previousQuantity ? '' : `, ${previousQuantity ?? 0} → ${quantity ?? 0}`}`
  return {
    kind: `subscription.${verb}`,
    // A change of plan at the same price stands beside other changes of the same event.
    ...(verb === 'changed' ? { slot: 'plan' } : {}),
    occurred_at: at,
    channel: 'billing',
    direction: 'inbound',
    title: `Subscription ${verb}${what}`,
    amount: money(Math.abs(roundHalfEven(change)), currencyOf(now)),
    ...props({ plan, previous_plan: previousPlan, quantity, previous_quantity: previousQuantity }),
  }
}

const INVOICE = {
  'invoice.payment_failed': {
    kind: 'invoice.payment_failed',
    title: 'payment failed',
    direction: 'outbound',
  },
  'invoice.overdue': { kind: 'invoice.overdue', title: 'overdue', direction: 'outbound' },
  'invoice.updated': {
    kind: 'payment.recovered',
    title: 'paid after a failed attempt',
    direction: 'inbound',
  },
} as const

function invoiceTouch(type: string, record: ChangedInvoice, at: Instant): Touch {
  const { kind, title, direction } = INVOICE[type as keyof typeof INVOICE]
  const amount = kind === 'payment.recovered' ? record.amount_paid : record.amount_remaining
  return {
    kind,
    occurred_at: at,
    channel: 'billing',
    direction,
    title: `${record.number ? `Invoice ${record.number}` : 'Invoice'} ${title}`,
    amount: money(amount, currencyOf(record)),
    ...(record.hosted_invoice_url ? { url: record.hosted_invoice_url } : {}),
    ...props({
      number: record.number,
      attempt: kind === 'invoice.payment_failed' ? record.attempt_count : undefined,
      next_attempt_at: isoOf(record.next_payment_attempt),
    }),
  }
}
