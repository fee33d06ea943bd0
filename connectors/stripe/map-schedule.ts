import { type Contribution, fromUnix, money } from '#model'
import { currencyOf, isoOf, ownerOf, props, touchpoint } from './map-shared.ts'
import { planOf, quantityOf } from './map-subscription.ts'
import { monthlyAmount } from './mrr.ts'
import { isLess, type Rational, roundHalfEven } from './rational.ts'
import type { ScheduleRecord, SubscriptionItem } from './records.ts'

type Touch = Parameters<typeof touchpoint>[1]
type Phase = ScheduleRecord['phases'][number]

/**
 * What is agreed for a later date: a start, another plan, an end. When the date comes, subscription and events tell of it.
 * A schedule that is released, canceled or completed promises nothing more.
 */
export function mapSchedule(record: ScheduleRecord): Contribution[] {
  if (record.status !== 'active' && record.status !== 'not_started') return []
  const owner = ownerOf(record)
  const now = record.current_phase?.start_date ?? Number.NEGATIVE_INFINITY
  const phases = [...record.phases].sort((a, b) => a.start_date - b.start_date)
  const touches = phases.flatMap((phase, i) => {
    return phase.start_date > now ? (toTouch(record, phase, phases[i - 1]) ?? []) : []
  })
  return [...touches, ...endOf(record, phases.at(-1))].map((touch) => touchpoint(owner, touch))
}

const itemsOf = ({ items }: Phase): { data: SubscriptionItem[] } => ({
  data: items.flatMap(({ price, quantity }) =>
    typeof price === 'string' || !isPrice(price) ? [] : [{ id: price.id, price, quantity }],
  ),
})

type Price = Exclude<Phase['items'][number]['price'], string>
const isPrice = (price: Price): price is SubscriptionItem['price'] => 'billing_scheme' in price

const isPriced = ({ items }: Phase): boolean => items.every(({ price }) => typeof price !== 'string')

/** Per month, before discounts, as in events of changes. */
const monthly = (phase: Phase): Rational =>
  monthlyAmount({ currency: phase.currency, items: itemsOf(phase), discounts: [] })

const contractOf = (phase: Phase): string =>
  phase.items
    .map(({ price, quantity }) => `${typeof price === 'string' ? price : price.id}×${quantity ?? ''}`)
    .sort()
    .join(' ')

/** Undefined where the phase brings nothing else, such as another coupon or tax. */
function toTouch(record: ScheduleRecord, phase: Phase, before: Phase | undefined): Touch | undefined {
  if (before && contractOf(before) === contractOf(phase)) return undefined
  const [plan, quantity] = [planOf({ items: itemsOf(phase) }), quantityOf({ items: itemsOf(phase) })]
  const previousPlan = before && planOf({ items: itemsOf(before) })
  const what = before ? `${previousPlan ?? '–'} → ${plan ?? '–'}` : plan
  return {
    ...scheduled(record, phase.start_date, before ? verbOf(monthly(before), monthly(phase)) : 'Start', what),
    slot: `phase:${phase.start_date}`,
    ...(isPriced(phase) ? { amount: money(roundHalfEven(monthly(phase)), currencyOf(phase)) } : {}),
    ...props({ at: isoOf(phase.start_date), plan, previous_plan: previousPlan, quantity }),
  }
}

const verbOf = (before: Rational, after: Rational): string =>
  isLess(before, after) ? 'Upgrade' : isLess(after, before) ? 'Downgrade' : 'Change'

function endOf(record: ScheduleRecord, last: Phase | undefined): Touch[] {
  if (record.end_behavior !== 'cancel' || last?.end_date == null) return []
  const plan = planOf({ items: itemsOf(last) })
  return [
    {
      ...scheduled(record, last.end_date, 'End', plan),
      slot: 'end',
      ...props({ at: isoOf(last.end_date), plan }),
    },
  ]
}

function scheduled(record: ScheduleRecord, at: number, verb: string, what: string | undefined): Touch {
  return {
    kind: 'subscription.scheduled',
    // When it was agreed; when it comes true, is in the title.
    occurred_at: fromUnix(record.created),
    channel: 'billing',
    direction: 'inbound',
    title: `${verb} scheduled for ${isoOf(at)?.slice(0, 10) ?? 'later'}${what ? `: ${what}` : ''}`,
  }
}
