import type { Instant } from '#model'
import { unix } from './calendar.ts'
import type { Currency } from './locales.ts'
import type { Random } from './random.ts'
import type { StripeObject } from './types.ts'

export type Plan = 'solo' | 'team' | 'business'
export type Interval = 'month' | 'year'

/**
 * Minor units a month and seat. Multiples of six, so that a year (ten months' worth) is a whole number of minor units a
 * month; KWD has three decimals, of which Stripe wants the last to be 0.
 * @see https://docs.stripe.com/currencies
 */
const MONTHLY: Record<Plan, Record<Currency, number>> = {
  solo: { usd: 1800, eur: 1800, gbp: 1500, inr: 120_000, jpy: 2400, kwd: 5400, aed: 6600 },
  team: { usd: 4800, eur: 4500, gbp: 3900, inr: 330_000, jpy: 6600, kwd: 14_400, aed: 17_400 },
  business: { usd: 9600, eur: 9000, gbp: 7800, inr: 660_000, jpy: 13_200, kwd: 29_400, aed: 35_400 },
}
const ONBOARDING: Record<Currency, number> = {
  usd: 150_000,
  eur: 140_000,
  gbp: 120_000,
  inr: 9_000_000,
  jpy: 220_000,
  kwd: 450_000,
  aed: 540_000,
}
const NAMES = {
  solo: 'Northwind Solo',
  team: 'Northwind Team',
  business: 'Northwind Business',
  onboarding: 'Onboarding package',
}

export interface Price {
  raw: StripeObject
  amount: number
}

export interface Catalogue {
  objects: StripeObject[]
  plan(plan: Plan, currency: Currency, interval: Interval): Price
  onboarding(currency: Currency): Price
}

export const planName = (plan: Plan): string => NAMES[plan]

export function createCatalogue(random: Random, createdAt: Instant): Catalogue {
  const created = unix(createdAt)
  const objects: StripeObject[] = []
  const prices = new Map<string, Price>()

  const addProduct = (name: string, description: string): string => {
    const id = `prod_${random.token(14)}`
    objects.push({
      id,
      object: 'product',
      active: true,
      attributes: [],
      created,
      default_price: null,
      description,
      images: [],
      livemode: false,
      marketing_features: [],
      metadata: {},
      name,
      package_dimensions: null,
      shippable: null,
      statement_descriptor: null,
      tax_code: null,
      type: 'service',
      unit_label: name === NAMES.onboarding ? null : 'seat',
      updated: created,
      url: null,
    })
    return id
  }
  const addPrice = (
    key: string,
    product: string,
    currency: Currency,
    amount: number,
    interval?: Interval,
  ) => {
    const raw: StripeObject = {
      id: `price_1${random.token(23)}`,
      object: 'price',
      active: true,
      billing_scheme: 'per_unit',
      created,
      currency,
      custom_unit_amount: null,
      livemode: false,
      lookup_key: key,
      metadata: {},
      nickname: interval === 'year' ? 'Yearly' : interval === 'month' ? 'Monthly' : null,
      product,
      recurring: interval
        ? { interval, interval_count: 1, meter: null, trial_period_days: null, usage_type: 'licensed' }
        : null,
      tax_behavior: 'exclusive',
      tiers_mode: null,
      transform_quantity: null,
      type: interval ? 'recurring' : 'one_time',
      unit_amount: amount,
      unit_amount_decimal: String(amount),
    }
    objects.push(raw)
    prices.set(key, { raw, amount })
  }

  for (const plan of ['solo', 'team', 'business'] as const) {
    const product = addProduct(
      NAMES[plan],
      `Telemetry for ${plan === 'solo' ? 'one person' : 'whole fleets'}`,
    )
    for (const [currency, amount] of Object.entries(MONTHLY[plan]) as [Currency, number][]) {
      addPrice(`${plan}_month_${currency}`, product, currency, amount, 'month')
      addPrice(`${plan}_year_${currency}`, product, currency, amount * 10, 'year')
    }
  }
  const product = addProduct(NAMES.onboarding, 'Two days on site, paid once')
  for (const [currency, amount] of Object.entries(ONBOARDING) as [Currency, number][]) {
    addPrice(`onboarding_${currency}`, product, currency, amount)
  }

  return {
    objects,
    plan: (plan, currency, interval) => prices.get(`${plan}_${interval}_${currency}`)!,
    onboarding: (currency) => prices.get(`onboarding_${currency}`)!,
  }
}
