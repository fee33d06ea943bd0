import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileField, NOW, resultOf, touch, viewOf } from './support.ts'

const TODAY = Math.floor(NOW / 86_400_000)
const day = (back: number, more: Record<string, unknown> = {}, kind = 'page.viewed') =>
  touch(kind, new Date((TODAY - back) * 86_400_000 + 3_600_000).toISOString(), more)
const over = (expression: string, ...touchpoints: ReturnType<typeof touch>[]) =>
  resultOf(`touchpoints | ${expression}`, viewOf({ touchpoints }))

test('two windows compare one month with the one before', () => {
  const touches = [day(0), day(29), day(30), day(59), day(60)]
  expect(over('since("30d") | count', ...touches)).toBe(2)
  expect(over('since("60d") | before("30d") | count', ...touches)).toBe(2)
  expect(over('before("60d") | count', ...touches)).toBe(1)
  expect(over('since("4w") | count', ...touches)).toBe(1)
})

test('distinct channels, kinds and days are counted over all buckets', () => {
  const touches = [day(0), day(0, { channel: 'email' }, 'email.clicked'), day(3, { count: 9 })]
  expect(over('count_distinct(channel)', ...touches)).toBe(2)
  expect(over('count_distinct(kind)', ...touches)).toBe(2)
  expect(over('count_distinct(day)', ...touches)).toBe(2)
  expect(over('count_distinct(day)')).toBe(0)
})

test('most counts touchpoints, not buckets; ties go to the first name', () => {
  const touches = [
    day(0, { channel: 'paid', count: 3 }),
    day(1, { channel: 'email' }),
    day(2, { channel: 'email' }),
    day(3, { channel: 'chat', count: 3 }),
  ]
  expect(over('most(channel)', ...touches)).toBe('chat')
  expect(over('where(channel != "chat") | most(channel)', ...touches)).toBe('paid')
  expect(over('most(kind)')).toBe(undefined)
  expect(over('max_per_day', day(0, { count: 2 }), day(0, { channel: 'email', count: 2 }), day(1))).toBe(4)
})

test('a streak goes on until a whole day has passed without', () => {
  expect(over('current_streak', day(0), day(1), day(2), day(4))).toBe(3)
  expect(over('current_streak', day(1), day(2))).toBe(2)
  expect(over('current_streak', day(2), day(3))).toBe(0)
  expect(over('longest_streak', day(0), day(2), day(3), day(4), day(9))).toBe(3)
  expect(over('longest_streak')).toBe(0)
})

test('what reads all days says so, and a streak is looked at again when it ends', () => {
  const windows = (expression: string) => compileField(expression).windows
  expect(windows('touchpoints | since("30d") | count')).toEqual([30])
  expect(windows('touchpoints | since("30d") | where(kind = "page.viewed") | most(channel)')).toEqual([30])
  expect(windows('touchpoints | count')).toEqual([Number.POSITIVE_INFINITY])
  expect(windows('touchpoints | before("30d") | count')).toEqual([30, Number.POSITIVE_INFINITY])
  expect(windows('touchpoints | first(channel)')).toEqual([Number.POSITIVE_INFINITY])
  expect(windows('touchpoints | since("90d") | current_streak')).toEqual([2, 90])
  expect(windows('person.email')).toEqual([])
})

test('every aggregate gives the same over the buckets of days as over single touchpoints', () => {
  const single = fc.record({
    back: fc.nat(8),
    kind: fc.constantFrom('page.viewed', 'email.clicked'),
    channel: fc.constantFrom('email', 'paid', 'direct'),
    minute: fc.nat(1439),
    amount: fc.nat(100),
  })
  const expressions = [
    'count',
    'since("3d") | count',
    'before("2d") | count',
    'count_distinct(channel)',
    'count_distinct(day)',
    'sum("EUR") | money_major',
    'first(at)',
    'last(at)',
    'most(kind)',
    'max_per_day',
    'current_streak',
    'longest_streak',
  ]
  fc.assert(
    fc.property(fc.array(single), fc.constantFrom(...expressions), (touches, expression) => {
      const one = touches.map(({ back, kind, channel, minute, amount }) => {
        const at = (TODAY - back) * 86_400_000 + minute * 60_000
        return touch(kind, new Date(at).toISOString(), { channel, amounts: { EUR: amount } })
      })
      const groups = Map.groupBy(one, (t) => `${t.kind} ${t.channel} ${t.day}`)
      const buckets = [...groups.values()].map((group) => ({
        ...group[0]!,
        count: group.length,
        firstAt: Math.min(...group.map(({ firstAt }) => firstAt)),
        lastAt: Math.max(...group.map(({ lastAt }) => lastAt)),
        amounts: { EUR: group.reduce((sum, { amounts }) => sum + (amounts as { EUR: number }).EUR, 0) },
      }))
      expect(over(expression, ...buckets)).toEqual(over(expression, ...one))
    }),
    { numRuns: 500 },
  )
})
