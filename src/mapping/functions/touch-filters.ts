import { didYouMeanOneOf, nearestNames } from '#kit'
import { dayOf, TOUCHPOINT_KINDS } from '#model'
import { type Call, specialForm } from '../language/function-spec.ts'
import type { Expression } from '../language/syntax.ts'
import type { TouchBucket } from '../view.ts'
import { broken, filtered, NOT_COUNTED } from './touches.ts'

const FILTERED = ['kind', 'channel'] as const

export const touchFilters = [
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
    summary: 'Keeps touchpoints of the last so many UTC days (or weeks: "4w"), today included.',
    example: ['touchpoints | since("30d") | count', 0],
    compile: (call) => {
      const length = daysOf(call)
      if (length === undefined) return broken
      call.scope.found.windows.add(length)
      return filtered(call, ({ day }, env) => day > dayOf(env.now) - length, { isWindow: true })
    },
  }),
  specialForm({
    name: 'before',
    group: 'Touchpoints',
    usage: 'before("30d")',
    summary:
      'Keeps touchpoints that are at least so many UTC days old: what since leaves out. Together they compare a month with the one before.',
    example: ['touchpoints | since("60d") | before("30d") | count', 0],
    compile: (call) => {
      const length = daysOf(call)
      if (length === undefined) return broken
      call.scope.found.windows.add(length)
      return filtered(call, ({ day }, env) => day <= dayOf(env.now) - length)
    },
  }),
]

function daysOf(call: Call): number | undefined {
  const [, window] = call.args
  const text = window?.type === 'literal' && typeof window.value === 'string' ? window.value : ''
  const [, count, unit] = /^([1-9]\d{0,3})([dw])$/.exec(text) ?? []
  const days = Number(count) * (unit === 'w' ? 7 : 1)
  if (call.args.length === 2 && days <= 9999) return days
  const hint = /^\d+ ?(h|m|min|hours?|minutes?)$/.test(text)
    ? ' Touchpoints are counted per UTC day, so there is nothing shorter than a day.'
    : ''
  call.fail(`${call.name} needs a number of days such as ${call.name}("30d").${hint}`, window?.start)
  return undefined
}

function conditionTest(call: Call, condition: Expression): ((bucket: TouchBucket) => boolean) | undefined {
  const usage = 'where conditions are written kind = "page.viewed" or channel in ["email", "paid"].'
  if (condition.type !== 'binary' || condition.left.type !== 'path')
    return reject(call, usage, condition.start)
  const { operator, left, right } = condition
  const key = left.type === 'path' ? left.names.map(({ text }) => text).join('.') : ''
  const field = FILTERED.find((known) => known === key)
  if (!field) {
    const near = nearestNames(key, FILTERED)
    const hint = near.length > 0 ? didYouMeanOneOf(near) : ` ${NOT_COUNTED}`
    return reject(call, `where knows kind and channel.${hint}`, left.start)
  }
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
