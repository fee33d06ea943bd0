import fc from 'fast-check'
import { expect, test } from 'vitest'
import { monthlyAmount, subscriptionMrr } from '../../connectors/stripe/mrr.ts'
import { add, isLess, multiply, ratio, roundHalfEven, ZERO } from '../../connectors/stripe/rational.ts'
import { SubscriptionRecord } from '../../connectors/stripe/records.ts'

const PERIOD = { start: 1_760_000_000, end: 1_762_592_000 }
const zero = { trialing: 'zero', paused: 'zero' } as const

interface Price {
  amount?: string | undefined
  interval?: string
  count?: number
  product?: string
  [field: string]: unknown
}
const item = (
  { amount = '1000', interval = 'month', count = 1, product = 'prod_1', ...price }: Price,
  quantity = 1,
  discounts: unknown[] = [],
) => ({
  id: `si_${Math.abs(quantity)}`,
  quantity,
  discounts,
  current_period_start: PERIOD.start,
  current_period_end: PERIOD.end,
  price: {
    id: 'price_1',
    currency: 'usd',
    product,
    type: 'recurring',
    billing_scheme: 'per_unit',
    unit_amount_decimal: amount,
    recurring: { interval, interval_count: count, usage_type: 'licensed' },
    ...price,
  },
})
const coupon = (fields: Record<string, unknown>, end: number | null = null) => ({
  id: 'di_1',
  end,
  source: { coupon: { id: 'co_1', duration: 'forever', ...fields } },
})
const subscription = (items: unknown[], over: Record<string, unknown> = {}) =>
  SubscriptionRecord.parse({
    id: 'sub_1',
    created: 1,
    currency: 'usd',
    status: 'active',
    items: { data: items },
    discounts: [],
    ...over,
  })
const mrr = (
  items: unknown[],
  over: Record<string, unknown> = {},
  options: Parameters<typeof subscriptionMrr>[1] = zero,
) => subscriptionMrr(subscription(items, over), options).amount

const tiers = [
  { up_to: 10, unit_amount_decimal: '500', flat_amount_decimal: '1000' },
  { up_to: 20, unit_amount_decimal: '400', flat_amount_decimal: null },
  { up_to: null, unit_amount_decimal: '300', flat_amount_decimal: '50' },
]
const tiered = (mode: string) => ({
  amount: undefined,
  unit_amount_decimal: null,
  billing_scheme: 'tiered',
  tiers_mode: mode,
  tiers,
})

test.each([
  ['monthly × 3 seats', [item({ amount: '4900' }, 3)], {}, 14_700],
  ['yearly is a twelfth', [item({ amount: '120000', interval: 'year' })], {}, 10_000],
  ['every three months is a third', [item({ amount: '1000', count: 3 })], {}, 333],
  ['every two years', [item({ amount: '240000', interval: 'year', count: 2 })], {}, 10_000],
  ['weekly is 52/12', [item({ amount: '1000', interval: 'week' })], {}, 4333],
  ['daily is 365/12', [item({ amount: '1000', interval: 'day' })], {}, 30_417],
  ['fractions of a cent', [item({ amount: '0.25' }, 10)], {}, 2],
  ['half a cent goes to the even neighbour', [item({ amount: '0.5' }, 3)], {}, 2],
  ['volume: whole quantity at one tier', [item(tiered('volume'), 15)], {}, 6000],
  ['volume: last tier has its flat amount', [item(tiered('volume'), 30)], {}, 9050],
  ['graduated: sum of tiers', [item(tiered('graduated'), 25)], {}, 1000 + 5000 + 4000 + 1500 + 50],
  ['graduated: first tier is reached with none', [item(tiered('graduated'), 0)], {}, 1000],
  ['packages rounded up', [item({ transform_quantity: { divide_by: 10, round: 'up' } }, 21)], {}, 3000],
  ['packages rounded down', [item({ transform_quantity: { divide_by: 10, round: 'down' } }, 29)], {}, 2000],
  [
    'metered counts nothing',
    [item({ recurring: { interval: 'month', interval_count: 1, usage_type: 'metered' } }, 5)],
    {},
    0,
  ],
  ['one-time counts nothing', [item({ type: 'one_time', recurring: null })], {}, 0],
  ['several items', [item({ amount: '1000' }), item({ amount: '12000', interval: 'year' }, 2)], {}, 3000],
  [
    'another currency by its option',
    [item({ currency: 'eur', currency_options: { usd: { unit_amount_decimal: '1100' } } })],
    {},
    1100,
  ],
  ['percent forever', [item({ amount: '9999' })], { discounts: [coupon({ percent_off: 25.5 })] }, 7449],
  ['once does not recur', [item({})], { discounts: [coupon({ percent_off: 50, duration: 'once' })] }, 1000],
  [
    'repeating, running',
    [item({})],
    { discounts: [coupon({ percent_off: 50, duration: 'repeating' }, PERIOD.start + 1)] },
    500,
  ],
  [
    'repeating, over',
    [item({})],
    { discounts: [coupon({ percent_off: 50, duration: 'repeating' }, PERIOD.start)] },
    1000,
  ],
  [
    'percents multiply',
    [item({ amount: '10000' })],
    { discounts: [coupon({ percent_off: 10 }), coupon({ percent_off: 10 })] },
    8100,
  ],
  [
    'amount off a yearly invoice',
    [item({ amount: '120000', interval: 'year' })],
    { discounts: [coupon({ amount_off: 12_000, currency: 'usd' })] },
    9000,
  ],
  [
    'amount off never below zero',
    [item({})],
    { discounts: [coupon({ amount_off: 5000, currency: 'usd' })] },
    0,
  ],
  [
    'amount off in another currency',
    [item({})],
    { discounts: [coupon({ amount_off: 500, currency: 'eur' })] },
    1000,
  ],
  [
    'coupon for one product',
    [item({ product: 'prod_1' }), item({ product: 'prod_2' })],
    { discounts: [coupon({ percent_off: 50, applies_to: { products: ['prod_2'] } })] },
    1500,
  ],
  [
    'amount off is spread before a percent on one product',
    [item({ amount: '3000', product: 'prod_1' }), item({ amount: '1000', product: 'prod_2' })],
    {
      discounts: [
        coupon({ amount_off: 400, currency: 'usd' }),
        coupon({ percent_off: 50, applies_to: { products: ['prod_2'] } }),
      ],
    },
    2700 + 450,
  ],
  [
    'item discount before subscription discount',
    [item({ amount: '1000' }, 1, [coupon({ amount_off: 200, currency: 'usd' })]), item({ amount: '1000' })],
    { discounts: [coupon({ percent_off: 50 })] },
    900,
  ],
  [
    'a deleted coupon known by id only',
    [item({})],
    { discounts: [{ id: 'di', source: { coupon: 'co_gone' } }, 'di_unexpanded'] },
    1000,
  ],
  ['past due still counts', [item({})], { status: 'past_due' }, 1000],
  ['canceling at period end still counts', [item({})], { cancel_at_period_end: true }, 1000],
  ['canceled', [item({})], { status: 'canceled' }, 0],
  ['unpaid', [item({})], { status: 'unpaid' }, 0],
  ['incomplete', [item({})], { status: 'incomplete' }, 0],
  ['a status that is not known yet', [item({})], { status: 'hibernating' }, 0],
])('MRR: %s', (_name, items, over, expected) => {
  expect(mrr(items, over)).toBe(expected)
})

test('trial and paused collection are worth what the connection says', () => {
  const trial = { status: 'trialing' }
  const paused = { pause_collection: { behavior: 'void' } }
  expect([mrr([item({})], trial), mrr([item({})], trial, { ...zero, trialing: 'committed' })]).toEqual([
    0, 1000,
  ])
  expect([mrr([item({})], paused), mrr([item({})], paused, { ...zero, paused: 'committed' })]).toEqual([
    0, 1000,
  ])
})

const anyItem = fc
  .record({
    units: fc.nat(1_000_000_000),
    decimals: fc.nat(999),
    interval: fc.constantFrom('day', 'week', 'month', 'year'),
    count: fc.integer({ min: 1, max: 36 }),
    quantity: fc.nat(10_000),
  })
  .map(({ units, decimals, interval, count, quantity }) =>
    item({ amount: `${units}.${String(decimals).padStart(3, '0')}`, interval, count }, quantity),
  )
const items = fc.array(anyItem, { maxLength: 6 })
const anyCoupon = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }).map((basis) => coupon({ percent_off: basis / 100 })),
  fc.nat(1_000_000).map((amount_off) => coupon({ amount_off, currency: 'usd' })),
)

test('MRR of items together is the sum of each alone', () => {
  fc.assert(
    fc.property(items, items, (a, b) => {
      const together = monthlyAmount(subscription([...a, ...b]))
      expect(together).toEqual(add(monthlyAmount(subscription(a)), monthlyAmount(subscription(b))))
    }),
  )
})

test('MRR scales with quantity', () => {
  fc.assert(
    fc.property(anyItem, fc.nat(50), (one, n) => {
      const many = { ...one, quantity: one.quantity * n }
      expect(monthlyAmount(subscription([many]))).toEqual(
        multiply(monthlyAmount(subscription([one])), ratio(n)),
      )
    }),
  )
})

test('discounts never make MRR negative nor larger', () => {
  fc.assert(
    fc.property(items, fc.array(anyCoupon, { maxLength: 4 }), (list, discounts) => {
      const full = monthlyAmount(subscription(list))
      const net = monthlyAmount(subscription(list, { discounts }))
      expect(isLess(net, ZERO)).toBe(false)
      expect(isLess(full, net)).toBe(false)
    }),
  )
})

test('rounding goes to the nearest, ties to even, for both signs', () => {
  expect([ratio(5, 2), ratio(7, 2), ratio(-5, 2), ratio(-1, 3), ratio(-2, 3)].map(roundHalfEven)).toEqual([
    2, 4, -2, 0, -1,
  ])
})
