import { dayOf } from '#model'
import type { Compiled } from '../language/compiled.ts'
import { type Call, specialForm } from '../language/function-spec.ts'
import { type Env, holds } from '../language/value.ts'
import type { TouchBucket } from '../view.ts'
import { aggregated, broken, NOT_COUNTED, type Touches, visit } from './touches.ts'

const ENDS = ['channel', 'kind', 'at'] as const
const COUNTED = ['channel', 'kind', 'day'] as const
const RANKED = ['channel', 'kind'] as const

/**
 * All of them read the buckets of days that the store keeps up to date as touchpoints come in, so that what they cost
 * does not depend on how many touchpoints there are.
 */
export const touchpointFunctions = [
  specialForm({
    name: 'count',
    group: 'Touchpoints',
    usage: 'count',
    summary: 'How many touchpoints; 0 where there are none.',
    example: ['touchpoints | count', 0],
    compile: (call) =>
      numberOf(call, (touches, env) => {
        let total = 0
        visit(touches, env, (bucket) => {
          total += countOf(bucket)
        })
        return total
      }),
  }),
  specialForm({
    name: 'count_distinct',
    group: 'Touchpoints',
    usage: 'count_distinct(channel)',
    summary: 'How many different channels, kinds or UTC days (day: on how many days) there were.',
    example: ['touchpoints | since("30d") | count_distinct(day)', 0],
    compile: (call) => {
      const field = memberOf(call, COUNTED)
      const touches = aggregated(call)
      if (!touches || !field) return broken
      const run = (env: Env) => {
        const found = new Set<string | number>()
        visit(touches, env, (bucket) => found.add(bucket[field]))
        return found.size
      }
      return { type: 'number', run }
    },
  }),
  specialForm({
    name: 'sum',
    group: 'Touchpoints',
    usage: 'sum(currency)',
    summary:
      'Sum of the amounts in one currency; 0 in that currency where there are none. Amounts in other currencies are not counted.',
    example: ['touchpoints | where(kind = "payment.succeeded") | sum("EUR") | text', '0.00 EUR'],
    compile: (call) => {
      const touches = aggregated(call)
      if (call.args.length !== 2)
        return call.fail('sum needs a currency: sum("EUR") or sum(billing.currency).')
      const currency = call.compile(call.args[1]!)
      if (!touches || currency.type === 'broken') return broken
      if (currency.type !== 'text')
        return call.fail(`sum needs a currency as text, not ${currency.type}.`, call.args[1]!.start)
      return { type: 'money', run: (env) => sumOf(touches, env, currency.run(env)) }
    },
  }),
  extreme('first', 'The channel, kind or time of the earliest touchpoint; absent where there are none.'),
  extreme('last', 'The channel, kind or time of the latest touchpoint; absent where there are none.'),
  specialForm({
    name: 'most',
    group: 'Touchpoints',
    usage: 'most(channel)',
    summary:
      'The channel or kind with the most touchpoints, the alphabetically first of several; absent where there are none.',
    example: ['touchpoints | since("90d") | most(channel) ?? "none"', 'none'],
    compile: (call) => {
      const field = memberOf(call, RANKED)
      const touches = aggregated(call)
      return touches && field ? { type: 'text', run: (env) => mostOf(touches, env, field) } : broken
    },
  }),
  specialForm({
    name: 'max_per_day',
    group: 'Touchpoints',
    usage: 'max_per_day',
    summary: 'How many touchpoints there were on the busiest UTC day; 0 where there are none.',
    example: ['touchpoints | since("30d") | max_per_day', 0],
    compile: (call) =>
      numberOf(call, (touches, env) => {
        const days = new Map<number, number>()
        visit(touches, env, (bucket) => days.set(bucket.day, (days.get(bucket.day) ?? 0) + countOf(bucket)))
        return Math.max(0, ...days.values())
      }),
  }),
  specialForm({
    name: 'current_streak',
    group: 'Touchpoints',
    usage: 'current_streak',
    summary:
      'On how many UTC days in a row, up to today or yesterday, there were touchpoints; 0 once a whole day has passed without.',
    example: ['touchpoints | since("90d") | current_streak', 0],
    compile: (call) => {
      // It ends when a day has passed without: then the last day of it is the day before yesterday.
      call.scope.found.windows.add(2)
      return numberOf(call, (touches, env) => {
        const today = dayOf(env.now)
        const days = daysOf(touches, env)
        let day = days.has(today) ? today : today - 1
        let length = 0
        while (days.has(day)) {
          length++
          day--
        }
        return length
      })
    },
  }),
  specialForm({
    name: 'longest_streak',
    group: 'Touchpoints',
    usage: 'longest_streak',
    summary: 'The most UTC days in a row with touchpoints; 0 where there are none.',
    example: ['touchpoints | since("90d") | longest_streak', 0],
    compile: (call) =>
      numberOf(call, (touches, env) => {
        const days = daysOf(touches, env)
        let longest = 0
        for (const start of days) {
          if (days.has(start - 1)) continue
          let length = 1
          while (days.has(start + length)) length++
          longest = Math.max(longest, length)
        }
        return longest
      }),
  }),
]

function numberOf(call: Call, compute: (touches: Touches, env: Env) => number): Compiled {
  if (call.args.length > 1)
    return call.fail(`${call.name} takes no arguments; filter with where(…) before it.`)
  const touches = aggregated(call)
  return touches ? { type: 'number', run: (env) => compute(touches, env) } : broken
}

const countOf = ({ count }: TouchBucket): number => (Number.isFinite(count) ? count : 0)

function daysOf(touches: Touches, env: Env): Set<number> {
  const days = new Set<number>()
  visit(touches, env, ({ day }) => {
    if (Number.isSafeInteger(day)) days.add(day)
  })
  return days
}

/** The one argument of the call as one of these names; undefined, and reported, where it is none. */
function memberOf<const N extends readonly string[]>(call: Call, names: N): N[number] | undefined {
  const [, what] = call.args
  const key = what?.type === 'path' ? what.names.map(({ text }) => text).join('.') : ''
  const found = names.find((name) => name === key)
  if (found && call.args.length === 2) return found
  const hint = key === '' || found ? '' : ` ${NOT_COUNTED}`
  call.fail(`${call.name} needs one of ${names.join(', ')}: ${call.name}(${names[0]}).${hint}`, what?.start)
  return undefined
}

function sumOf(touches: Touches, env: Env, currency: unknown): unknown {
  if (currency === undefined || currency === null) return currency
  if (typeof currency !== 'string' || !/^[A-Za-z]{3}$/.test(currency)) return undefined
  const code = currency.toUpperCase()
  let amount = 0
  visit(touches, env, ({ amounts }) => {
    const part = amounts && Object.hasOwn(amounts, code) ? amounts[code] : 0
    if (typeof part === 'number' && Number.isSafeInteger(amount + part)) amount += part
  })
  return { amount, currency: code }
}

function mostOf(touches: Touches, env: Env, field: (typeof RANKED)[number]): unknown {
  const counts = new Map<string, number>()
  visit(touches, env, (bucket) =>
    counts.set(bucket[field], (counts.get(bucket[field]) ?? 0) + countOf(bucket)),
  )
  let best: { name: string; count: number } | undefined
  for (const [name, count] of counts)
    if (!best || count > best.count || (count === best.count && name < best.name)) best = { name, count }
  return holds('text', best?.name) ? best?.name : undefined
}

function extreme(name: 'first' | 'last', summary: string) {
  return specialForm({
    name,
    group: 'Touchpoints',
    usage: `${name}(channel)`,
    summary,
    example: [`touchpoints | ${name}(channel) ?? "none"`, 'none'],
    compile: (call) => {
      const field = memberOf(call, ENDS)
      const touches = aggregated(call)
      if (!touches || !field) return broken
      const type = field === 'at' ? 'datetime' : 'text'
      const when = name === 'first' ? 'firstAt' : 'lastAt'
      const run = (env: Env) => {
        let best: TouchBucket | undefined
        visit(touches, env, (bucket) => {
          if (!best || isBefore(name, bucket, best)) best = bucket
        })
        const value = field === 'at' ? best?.[when] : best?.[field]
        return holds(type, value) ? value : undefined
      }
      return { type, run }
    },
  })
}

/** Ties go to the smaller kind and channel, so that the order of buckets never decides. */
function isBefore(name: 'first' | 'last', a: TouchBucket, b: TouchBucket): boolean {
  const distance = name === 'first' ? a.firstAt - b.firstAt : b.lastAt - a.lastAt
  if (distance !== 0) return distance < 0
  return a.kind === b.kind ? a.channel < b.channel : a.kind < b.kind
}
