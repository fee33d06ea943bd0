import { fromUnix, type Instant, type Money, money } from '#model'
import {
  add,
  divide,
  isLess,
  larger,
  multiply,
  parseDecimal,
  type Rational,
  ratio,
  roundHalfEven,
  smaller,
  subtract,
  sum,
  ZERO,
} from './rational.ts'
import {
  type DiscountRecord,
  idOf,
  type PriceRecord,
  type SubscriptionItem,
  type SubscriptionRecord,
} from './records.ts'

export interface MrrOptions {
  /** What a subscription in trial is worth: nothing yet, or what it will pay. */
  trialing: 'zero' | 'committed'
  /** The same for one whose payment collection is paused. */
  paused: 'zero' | 'committed'
}

/** Periods per month. A year has 52 weeks and 365 days, as in Stripe's own reports. */
const PERIODS_PER_MONTH: Record<string, Rational> = {
  year: ratio(1, 12),
  month: ratio(1),
  week: ratio(52, 12),
  day: ratio(365, 12),
}

/** Factor from one billing period to a month; undefined for an interval that we do not know. */
export function monthlyFactor(interval: string, count: number): Rational | undefined {
  const perMonth = PERIODS_PER_MONTH[interval]
  return perMonth && count >= 1 ? divide(perMonth, ratio(count)) : undefined
}

/**
 * Monthly recurring revenue of a subscription: discounts applied, tax and metered usage left out, rounded once.
 * A function of the record alone: "now" is the start of the current period, which is what the last invoice was
 * computed for.
 */
export function subscriptionMrr(record: SubscriptionRecord, options: MrrOptions): Money {
  if (!counts(record, options)) return money(0, record.currency)
  return money(roundHalfEven(monthlyAmount({ ...record, discounts: discountsOf(record) })), record.currency)
}

/** A customer's own discount is for subscriptions that have none. @see https://docs.stripe.com/billing/subscriptions/coupons */
function discountsOf({ discounts, customer }: SubscriptionRecord): SubscriptionRecord['discounts'] {
  const shared = typeof customer === 'object' ? customer?.discount : undefined
  return shared && !discounts?.length ? [shared] : discounts
}

function counts(record: SubscriptionRecord, options: MrrOptions): boolean {
  if (record.pause_collection && options.paused === 'zero') return false
  if (record.status === 'trialing') return options.trialing === 'committed'
  return record.status === 'active' || record.status === 'past_due'
}

interface Line {
  product: string | undefined
  factor: Rational
  /** Per month, before later discounts. */
  amount: Rational
}

/** The exact monthly amount of all items, whatever the status. */
export function monthlyAmount(
  record: Pick<SubscriptionRecord, 'currency' | 'items' | 'discounts'>,
): Rational {
  const items = record.items.data
  const at = fromUnix(Math.max(0, ...items.map((item) => item.current_period_start ?? 0)))
  const lines = items.flatMap((item) => {
    const line = toLine(item, record.currency)
    if (!line) return []
    return applicable(item.discounts, at).reduce(discountLines, [line])
  })
  return sum(
    applicable(record.discounts, at)
      .reduce(discountLines, lines)
      .map((line) => line.amount),
  )

  function discountLines(current: Line[], coupon: Coupon): Line[] {
    return discount(current, coupon, record.currency)
  }
}

function toLine(item: SubscriptionItem, currency: string): Line | undefined {
  const { price } = item
  const recurring = price.recurring
  if (price.type !== 'recurring' || !recurring || recurring.usage_type === 'metered') return undefined
  const factor = monthlyFactor(recurring.interval, recurring.interval_count)
  if (!factor) return undefined
  const amount = multiply(periodAmount(price, currency, item.quantity ?? 1), factor)
  return { product: idOf(price.product), factor, amount }
}

const decimal = (text: string | null | undefined): Rational => (text ? (parseDecimal(text) ?? ZERO) : ZERO)

/** What `quantity` units cost in one billing period, in the subscription's currency. */
function periodAmount(price: PriceRecord, currency: string, quantity: number): Rational {
  const isOwnCurrency = price.currency.toLowerCase() === currency.toLowerCase()
  const priced = isOwnCurrency ? price : price.currency_options?.[currency.toLowerCase()]
  if (!priced) return ZERO
  const tiers = priced.tiers
  if (price.billing_scheme === 'tiered') {
    if (!tiers) return ZERO
    return price.tiers_mode === 'volume' ? volumeAmount(tiers, quantity) : graduatedAmount(tiers, quantity)
  }
  const transform = price.transform_quantity
  const packages = transform
    ? Math[transform.round === 'up' ? 'ceil' : 'floor'](quantity / transform.divide_by)
    : quantity
  return multiply(decimal(priced.unit_amount_decimal), ratio(packages))
}

type Tiers = NonNullable<PriceRecord['tiers']>

function volumeAmount(tiers: Tiers, quantity: number): Rational {
  const tier = tiers.find(({ up_to }) => up_to === null || quantity <= up_to) ?? tiers.at(-1)
  if (!tier) return ZERO
  return add(multiply(decimal(tier.unit_amount_decimal), ratio(quantity)), decimal(tier.flat_amount_decimal))
}

/** Every tier that is reached is paid; the first one is reached with 0 units too. */
function graduatedAmount(tiers: Tiers, quantity: number): Rational {
  let total = ZERO
  let below = 0
  for (const [index, tier] of tiers.entries()) {
    if (index > 0 && quantity <= below) break
    const to = Math.min(quantity, tier.up_to ?? quantity)
    total = add(total, multiply(decimal(tier.unit_amount_decimal), ratio(to - below)))
    total = add(total, decimal(tier.flat_amount_decimal))
    below = to
  }
  return total
}

type Coupon = Exclude<NonNullable<NonNullable<DiscountRecord['source']>['coupon']>, string>

/** Coupons that lower every invoice: forever, or repeating and not over when the current period began. */
function applicable(discounts: SubscriptionRecord['discounts'], at: Instant): Coupon[] {
  return (discounts ?? []).flatMap((entry) => {
    const coupon = typeof entry === 'string' ? undefined : entry.source?.coupon
    if (typeof entry === 'string' || !coupon || typeof coupon === 'string') return []
    const isOver = entry.end != null && fromUnix(entry.end) <= at
    const recurs = coupon.duration === 'forever' || coupon.duration === 'repeating'
    return recurs && !isOver ? [coupon] : []
  })
}

function discount(lines: Line[], coupon: Coupon, currency: string): Line[] {
  const products = coupon.applies_to?.products
  const isEligible = (line: Line) =>
    !products || (line.product !== undefined && products.includes(line.product))
  const eligible = lines.filter(isEligible)
  const total = sum(eligible.map((line) => line.amount))
  if (!isLess(ZERO, total)) return lines
  const rest = divide(discountedTotal(total, eligible, coupon, currency), total)
  return lines.map((line) => (isEligible(line) ? { ...line, amount: multiply(line.amount, rest) } : line))
}

function discountedTotal(total: Rational, eligible: Line[], coupon: Coupon, currency: string): Rational {
  if (coupon.percent_off != null) {
    return multiply(total, subtract(ratio(1), divide(decimal(String(coupon.percent_off)), ratio(100))))
  }
  if (coupon.amount_off == null || coupon.currency?.toLowerCase() !== currency.toLowerCase()) return total
  // An amount comes off every invoice, and there are as many invoices as the shortest interval makes.
  const invoices = eligible.map((line) => line.factor).reduce(larger, ZERO)
  return subtract(total, smaller(total, multiply(ratio(coupon.amount_off), invoices)))
}
