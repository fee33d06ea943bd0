import type { Instant } from '#model'
import type { Bill, Book } from './billing-book.ts'
import { addMonths, DAY, HOUR } from './calendar.ts'
import { type Catalogue, type Price, planName } from './catalogue.ts'
import { type Deal, TRIAL_DAYS } from './deals.ts'
import type { Random } from './random.ts'
import { type Party, subscriptionObject } from './stripe-objects.ts'
import type { StripeObject } from './types.ts'

interface Course {
  trial?: { start: Instant; end: Instant }
  /** First paid period. */
  paidFrom: Instant
  monthsPerPeriod: number
  endedAt?: Instant
  endReason?: 'cancellation_requested' | 'payment_failed'
}

/** Writes a subscription with the invoices of all its periods so far. */
export function billSubscription(
  book: Book,
  random: Random,
  now: Instant,
  deal: Deal,
  party: Party,
  catalogue: Catalogue,
) {
  const price = catalogue.plan(deal.plan, deal.currency, deal.interval)
  const course = courseOf(random, now, deal)
  const ids = { id: `sub_1${random.token(23)}`, itemId: `si_${random.token(14)}` }
  const base = {
    party,
    price,
    quantity: deal.seats,
    collection: deal.collection,
    subscription: ids,
    description: `${deal.seats} × ${planName(deal.plan)}`,
  }
  const invoices: StripeObject[] = []
  if (course.trial) invoices.push(book.add(trialBill(base, course.trial)))

  const pays = deal.stage !== 'trial' && deal.stage !== 'paused'
  const starts = pays ? periodStarts(now, course) : []
  starts.forEach((start, index) => {
    const end = addMonths(course.paidFrom, (index + 1) * course.monthsPerPeriod)
    const isFirst = index === 0 && !course.trial
    const bill: Bill = {
      ...base,
      total: price.amount * deal.seats,
      period: { start, end },
      createdAt: start,
      finalizedAt: isFirst ? start : start + HOUR,
      reason: isFirst ? 'subscription_create' : 'subscription_cycle',
      failures: [],
    }
    invoices.push(book.add(settlementOf(random, now, deal, course, bill, starts.length - 1 - index)))
  })

  const status = statusOf(now, deal, course, invoices)
  const lastStart = starts.at(-1)
  const period =
    lastStart === undefined
      ? (course.trial ?? { start: course.paidFrom, end: addMonths(course.paidFrom, 1) })
      : { start: lastStart, end: addMonths(course.paidFrom, starts.length * course.monthsPerPeriod) }
  const leaves = status === 'active' && deal.company && random.chance(0.08)
  book.objects.push(
    subscriptionObject({
      ...ids,
      customer: party.id,
      price,
      seats: deal.seats,
      status,
      createdAt: deal.startsAt,
      period,
      collection: deal.collection,
      ...(course.trial ? { trial: course.trial } : {}),
      ...(leaves
        ? {
            cancelAt: period.end,
            canceledAt: Math.min(period.start + 2 * DAY, now),
            cancelReason: 'cancellation_requested',
          }
        : {}),
      ...(course.endedAt !== undefined ? endOf(course, course.endedAt) : {}),
      latestInvoice: invoices.at(-1)?.id ?? null,
      metadata: deal.buyer.userId ? { user_id: deal.buyer.userId } : {},
    }),
  )
  if (status === 'active' || status === 'past_due') {
    book.mrr[party.email] = {
      amount: (price.amount * deal.seats) / course.monthsPerPeriod,
      currency: deal.currency.toUpperCase(),
    }
  }
  return { id: ids.id, firstInvoice: invoices[0]?.id ?? '' }
}

type BillBase = Pick<Bill, 'party' | 'price' | 'quantity' | 'collection' | 'subscription' | 'description'>

/** Stripe opens a trial with an invoice over nothing. */
const trialBill = (base: BillBase, trial: { start: Instant; end: Instant }): Bill => ({
  ...base,
  total: 0,
  period: trial,
  createdAt: trial.start,
  finalizedAt: trial.start,
  reason: 'subscription_create',
  failures: [],
})

function courseOf(random: Random, now: Instant, deal: Deal): Course {
  const trial = deal.hasTrial ? { start: deal.startsAt, end: deal.startsAt + TRIAL_DAYS * DAY } : undefined
  const course: Course = {
    ...(trial ? { trial } : {}),
    paidFrom: trial?.end ?? deal.startsAt,
    monthsPerPeriod: deal.interval === 'year' ? 12 : 1,
  }
  if (deal.stage !== 'churned') return course
  const months = Math.max(1, Math.floor((now - course.paidFrom) / (31 * DAY)) - 1)
  const end = addMonths(course.paidFrom, random.int(Math.min(2, months), months))
  return random.chance(0.3)
    ? { ...course, endedAt: end + 21 * DAY, endReason: 'payment_failed' }
    : { ...course, endedAt: end, endReason: 'cancellation_requested' }
}

/** Starts of the periods that were billed: until now, or until the end (a period that would begin then is not billed). */
function periodStarts(now: Instant, { paidFrom, monthsPerPeriod, endedAt }: Course): Instant[] {
  const starts: Instant[] = []
  const limit = endedAt === undefined ? now : endedAt - 1
  for (let n = 0; ; n++) {
    const start = addMonths(paidFrom, n * monthsPerPeriod)
    if (start > limit) return starts
    starts.push(start)
  }
}

/** Whether and when a bill is paid; `fromLast` counts periods back from the latest one. */
function settlementOf(
  random: Random,
  now: Instant,
  deal: Deal,
  course: Course,
  bill: Bill,
  fromLast: number,
): Bill {
  const { finalizedAt } = bill
  const retries = [finalizedAt, finalizedAt + 3 * DAY, finalizedAt + 8 * DAY]
  if (course.endReason === 'payment_failed' && fromLast === 0) {
    return { ...bill, failures: [...retries, finalizedAt + 15 * DAY], uncollectibleAt: course.endedAt! }
  }
  if (deal.stage === 'past_due' && fromLast === 0) {
    const next = retries.find((at) => at > now)
    return { ...bill, failures: retries, ...(next !== undefined ? { nextAttemptAt: next } : {}) }
  }
  if (deal.collection === 'send_invoice') {
    const dueAt = finalizedAt + 14 * DAY
    if (deal.stage === 'late_payer' && fromLast <= 1) return { ...bill, dueAt }
    return { ...bill, dueAt, paidAt: finalizedAt + random.int(2, 13) * DAY + random.int(0, 9) * HOUR }
  }
  if (random.chance(0.04)) return { ...bill, failures: [finalizedAt], paidAt: finalizedAt + 3 * DAY }
  return { ...bill, paidAt: finalizedAt }
}

function statusOf(now: Instant, deal: Deal, course: Course, invoices: StripeObject[]): string {
  if (course.endedAt !== undefined) return 'canceled'
  if (deal.stage === 'trial') return 'trialing'
  if (deal.stage === 'paused') return 'paused'
  const isLate = invoices.some(({ status, attempted, due_date }) => {
    return (
      status === 'open' && (attempted === true || (typeof due_date === 'number' && due_date * 1000 < now))
    )
  })
  return isLate ? 'past_due' : 'active'
}

function endOf({ endReason }: Course, endedAt: Instant) {
  const isRequested = endReason === 'cancellation_requested'
  return {
    endedAt,
    canceledAt: isRequested ? endedAt - 9 * DAY : endedAt,
    cancelReason: endReason ?? 'cancellation_requested',
    ...(isRequested ? { cancelAt: endedAt } : {}),
  }
}

/** A one-time bill; some are first sent twice by mistake, and the second is voided. */
export function billOnboarding(
  book: Book,
  random: Random,
  now: Instant,
  deal: Deal,
  party: Party,
  catalogue: Catalogue,
): void {
  const price: Price = catalogue.onboarding(deal.currency)
  const at = deal.startsAt + 2 * DAY
  if (at > now) return
  const bill: Bill = {
    party,
    price,
    quantity: 1,
    total: price.amount,
    description: 'Onboarding package',
    collection: 'send_invoice',
    reason: 'manual',
    createdAt: at,
    finalizedAt: at,
    dueAt: at + 30 * DAY,
    period: { start: at, end: at },
    failures: [],
    paidAt: at + random.int(6, 27) * DAY,
  }
  book.add(bill)
  if (random.chance(0.35) && at + DAY <= now) {
    const { paidAt: _paidAt, ...unpaid } = bill
    book.add({ ...unpaid, createdAt: at + HOUR, finalizedAt: at + HOUR, voidedAt: at + DAY })
  }
}
