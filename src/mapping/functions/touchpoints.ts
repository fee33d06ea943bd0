import { didYouMeanOneOf, nearestNames } from '#kit'
import { dayOf, TOUCHPOINT_KINDS } from '#model'
import type { Compiled, TouchTest } from '../language/compile.ts'
import type { Call } from '../language/function-spec.ts'
import { specialForm } from '../language/function-spec.ts'
import type { Expression } from '../language/syntax.ts'
import { type Env, holds } from '../language/value.ts'
import type { TouchBucket } from '../view.ts'

const AGGREGATED = ['channel', 'kind', 'at'] as const
const FILTERED = ['kind', 'channel'] as const

interface Touches {
  run: Compiled['run']
  tests: readonly TouchTest[]
}

/** The input as touchpoints, or a reported problem. */
function touchesOf(call: Call): Touches | undefined {
  const input = call.args[0] ? call.compile(call.args[0]) : undefined
  if (input?.type === 'touchpoints') return { run: input.run, tests: input.tests ?? [] }
  if (input?.type !== 'broken') call.fail(`${call.name} works on touchpoints: touchpoints | ${call.name}…`)
  return undefined
}

function filtered(call: Call, test: TouchTest | undefined): Compiled {
  const touches = touchesOf(call)
  if (!touches || !test) return broken
  return { type: 'touchpoints', run: touches.run, tests: [...touches.tests, test] }
}

/** Shows every touchpoint that passes all filters of the pipe: one loop, nothing is copied. */
function visit(touches: Touches, env: Env, use: (bucket: TouchBucket) => void): void {
  const buckets = touches.run(env)
  if (!Array.isArray(buckets)) return
  next: for (const bucket of buckets as (TouchBucket | null)[]) {
    if (bucket === null || typeof bucket !== 'object') continue
    for (const test of touches.tests) if (!test(bucket, env)) continue next
    use(bucket)
  }
}

const broken: Compiled = { type: 'broken', run: () => undefined }

export const touchpointFunctions = [
  specialForm({
    name: 'where',
    group: 'Touchpoints',
    usage: 'where(kind = …, channel in […])',
    summary:
      'Keeps touchpoints of a kind or channel; several conditions must all hold. Conditions: =, !=, in, not in.',
    example: ['touchpoints | where(kind = "page.viewed", channel in ["organic", "direct"]) | count', 0],
    compile: (call) => {
      if (call.args.length < 2) return call.fail('where needs a condition: where(kind = "page.viewed").')
      const tests = call.args.slice(1).map((condition) => conditionTest(call, condition))
      const all = tests.filter((test) => test !== undefined)
      return filtered(
        call,
        all.length === tests.length ? (bucket) => all.every((test) => test(bucket)) : undefined,
      )
    },
  }),
  specialForm({
    name: 'since',
    group: 'Touchpoints',
    usage: 'since("30d")',
    summary: 'Keeps touchpoints of the last so many UTC days, today included.',
    example: ['touchpoints | since("30d") | count', 0],
    compile: (call) => {
      const [, window] = call.args
      const days =
        window?.type === 'literal' && typeof window.value === 'string'
          ? /^([1-9]\d{0,3})d$/.exec(window.value)?.[1]
          : undefined
      if (days === undefined || call.args.length !== 2)
        return call.fail('since needs a number of days such as since("30d").', window?.start)
      const length = Number(days)
      call.scope.found.windows.add(length)
      return filtered(call, ({ day }, env) => day > dayOf(env.now) - length)
    },
  }),
  specialForm({
    name: 'count',
    group: 'Touchpoints',
    usage: 'count',
    summary: 'How many touchpoints; 0 where there are none.',
    example: ['touchpoints | count', 0],
    compile: (call) => {
      if (call.args.length > 1) return call.fail('count takes no arguments; filter with where(…) before it.')
      const touches = touchesOf(call)
      if (!touches) return broken
      const run = (env: Env) => {
        let total = 0
        visit(touches, env, ({ count }) => {
          if (Number.isFinite(count)) total += count
        })
        return total
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
      const touches = touchesOf(call)
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
]

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

function extreme(name: 'first' | 'last', summary: string) {
  return specialForm({
    name,
    group: 'Touchpoints',
    usage: `${name}(channel)`,
    summary,
    example: [`touchpoints | ${name}(channel) ?? "none"`, 'none'],
    compile: (call) => {
      const touches = touchesOf(call)
      const [, what] = call.args
      const key = what?.type === 'path' && what.names.length === 1 ? what.names[0]!.text : ''
      const field = AGGREGATED.find((known) => known === key)
      if (!field || call.args.length !== 2)
        return call.fail(`${name} needs one of channel, kind, at: ${name}(channel).`, what?.start)
      if (!touches) return broken
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

function conditionTest(call: Call, condition: Expression): ((bucket: TouchBucket) => boolean) | undefined {
  const usage = 'where conditions are written kind = "page.viewed" or channel in ["email", "paid"].'
  if (condition.type !== 'binary' || condition.left.type !== 'path')
    return reject(call, usage, condition.start)
  const { operator, left, right } = condition
  const key = left.type === 'path' && left.names.length === 1 ? left.names[0]!.text : ''
  const field = FILTERED.find((known) => known === key)
  if (!field)
    return reject(
      call,
      `where knows kind and channel.${didYouMeanOneOf(nearestNames(key, FILTERED))}`,
      left.start,
    )
  const isList = operator === 'in' || operator === 'not in'
  const items =
    isList && right.type === 'list'
      ? right.items
      : !isList && (operator === '==' || operator === '!=')
        ? [right]
        : undefined
  if (!items) return reject(call, usage, condition.start)
  const wanted = new Set<string>()
  for (const item of items) {
    if (item.type !== 'literal' || typeof item.value !== 'string')
      return reject(call, 'where compares with constant texts.', item.start)
    if (field === 'kind') warnOfKind(call, item.value, item.start)
    wanted.add(item.value)
  }
  const isNegative = operator === 'not in' || operator === '!='
  return (bucket) => wanted.has(bucket[field]) !== isNegative
}

function reject(call: Call, message: string, start: number): undefined {
  call.fail(message, start)
}

/** Kinds are open, so an unknown one is only remarkable when it is nearly a known one. */
function warnOfKind(call: Call, kind: string, start: number): void {
  const near = kindsNear(kind)
  if (near.length > 0)
    call.scope.report(
      'mapping.unknown_name',
      start,
      `No shipped connector emits ${kind}.${didYouMeanOneOf(near)}`,
      'warning',
    )
}

export function kindsNear(kind: string): string[] {
  const known: readonly string[] = TOUCHPOINT_KINDS
  return known.includes(kind) ? [] : nearestNames(kind, known)
}
