import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FUNCTIONS } from '../../src/mapping/functions/index.ts'
import type { ValueFunction } from '../../src/mapping/language/function-spec.ts'
import { compileField, NOW, resultOf, viewOf } from './support.ts'

const functions = FUNCTIONS.filter((spec): spec is ValueFunction => spec.kind === 'value')

/** A path of each type, and the arguments that the function's own example gives. */
const PATHS: Record<string, string> = {
  text: 'person.title',
  number: 'account.employees',
  boolean: 'person.is_free_mail',
  datetime: 'person.created_at',
  date: 'person.created_at',
  money: 'billing.mrr',
  list: 'person.title',
}

function viewWith(value: unknown) {
  const account = {
    id: 'a',
    stage: 'prospect',
    created_at: NOW,
    ...(value !== undefined ? { employees: value } : {}),
  }
  const billing = value !== undefined ? { mrr: value } : {}
  const person = {
    id: 'p',
    ...(value !== undefined ? { title: value, is_free_mail: value, created_at: value } : {}),
  }
  const view = viewOf({ account, billing } as never)
  return { ...view, person: { stage: 'lead', lifecycle: 'lead', ...person } } as never
}

/** The function with the arguments of its example, on a path. */
function callOf(spec: ValueFunction): string | undefined {
  const args = new RegExp(`\\| ${spec.name}(\\((?:[^()]|\\([^()]*\\))*\\))?`).exec(spec.example[0])?.[1] ?? ''
  const type = spec.input.find((known) => PATHS[known] && known !== 'list')
  if (!type) return undefined
  const finish = spec.result === 'money' || spec.result === 'list' ? ' | text' : ''
  return `${PATHS[type]} | ${spec.name}${args}${finish}`
}

const calls = functions.flatMap((spec) => {
  const call = callOf(spec)
  return call ? [[spec, call] as const] : []
})

test('nearly every function is covered by the laws below', () => {
  expect(functions.length - calls.length).toBeLessThanOrEqual(3)
})

test.each(calls.map(([spec, call]) => [call, spec] as const))(
  '%s: absent stays absent, null stays null',
  (call) => {
    expect(resultOf(call, viewWith(undefined))).toBe(undefined)
    expect(resultOf(call, viewWith(null))).toBe(null)
  },
)

test.each(calls.filter(([spec]) => spec.input.includes('text')).map(([spec, call]) => [call, spec] as const))(
  '%s: an empty text stays empty or becomes absent, unless the function says that it looks at it',
  (call, spec) => {
    if (spec.seesEmpty) expect(resultOf(call, viewWith(''))).not.toBe(null)
    else expect(resultOf(call, viewWith(''))).toBe(spec.result === 'text' ? '' : undefined)
  },
)

const scripts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '👩‍👩‍👧',
      '🇵🇰',
      'é',
      'ٹیکسٹائل',
      'हिन्दी',
      '中',
      '한',
      'ß',
      'İ',
      'ﬁ',
      '\u0301',
      '\u200f',
      ' ',
      "'",
      '-',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
})

test.each(
  calls
    .filter(([spec]) => spec.input.includes('text') && spec.result === 'text')
    .map(([spec, call]) => [call, spec] as const),
)('%s: text of any script stays well formed', (call) => {
  const mapping = compileField(call)
  fc.assert(
    fc.property(scripts, (value) => {
      const result = mapping.evaluate(viewWith(value))?.fields.X?.value
      if (typeof result === 'string') expect(result.isWellFormed()).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('what cuts, cuts between characters as people see them', () => {
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
  const split = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment)
  fc.assert(
    fc.property(scripts, fc.nat(12), (value, n) => {
      const all = split(value)
      const cut = (name: string) => resultOf(`person.title | ${name}`, viewWith(value)) ?? ''
      expect(cut(`left(${n})`)).toBe(all.slice(0, n).join(''))
      expect(cut(`right(${n})`)).toBe(n === 0 ? '' : all.slice(-n).join(''))
      expect(cut(`substring(${n + 1}, 2)`)).toBe(all.slice(n, n + 2).join(''))
      expect(`${cut(`left(${n})`)}${cut(`substring(${n + 1})`)}`).toBe(value)
    }),
    { numRuns: 200 },
  )
})

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Karachi',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Asia/Beirut',
]

test('midnight of a day in a zone is a moment of that day there, and the earliest', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(1990, 0, 1) / 86_400_000, max: Date.UTC(2037, 0, 1) / 86_400_000 }),
      fc.constantFrom(...zones),
      (day, zone) => {
        const iso = new Date(day * 86_400_000).toISOString().slice(0, 10)
        const midnight = resultOf(`"${iso}" | datetime("${zone}")`) as string
        // Samoa left out 30 December 2011.
        if (zone === 'Pacific/Apia' && iso === '2011-12-30') return
        expect(resultOf(`"${midnight}" | datetime | date("${zone}")`)).toBe(iso)
        const before = new Date(Date.parse(midnight) - 1).toISOString()
        expect(resultOf(`"${before}" | datetime | date("${zone}")`)).not.toBe(iso)
      },
    ),
    { numRuns: 300 },
  )
})

test('a zone that a source made up leaves the field out', () => {
  const view = viewOf({ person: { timezone: 'Mars/Olympus', created_at: NOW } } as never)
  expect(resultOf('person.created_at | date(person.timezone)', view)).toBe(undefined)
  expect(resultOf('person.created_at | date(person.timezone ?? "UTC")', viewOf())).toBe('2026-01-15')
})

test('months, working days and weeks add up', () => {
  const dates = fc
    .integer({ min: 0, max: 25_000 })
    .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10))
  fc.assert(
    fc.property(dates, dates, fc.integer({ min: -500, max: 500 }), (a, b, n) => {
      const forth = resultOf(`"${a}" | date | workdays_to("${b}" | date)`) as number
      expect(resultOf(`"${b}" | date | workdays_to("${a}" | date)`)).toBe(forth === 0 ? 0 : -forth)
      const slow = Array.from(
        { length: Math.max(0, (Date.parse(b) - Date.parse(a)) / 86_400_000) },
        (_, index) => new Date(Date.parse(a) + index * 86_400_000).getUTCDay(),
      ).filter((weekday) => weekday % 6 !== 0).length
      if (b >= a) expect(forth).toBe(slow)
      const moved = resultOf(`"${a}" | date | add_workdays(${n})`) as string
      const weekday = new Date(moved).getUTCDay()
      if (n !== 0) expect(weekday % 6).not.toBe(0)
      if (n > 0 && new Date(a).getUTCDay() % 6 !== 0)
        expect(resultOf(`"${a}" | date | workdays_to("${moved}" | date)`)).toBe(n)
      expect(resultOf(`"${a}" | date | start_of("month") | date | add_months(1) | date | add_days(-1)`)).toBe(
        resultOf(`"${a}" | date | end_of("month")`),
      )
    }),
    { numRuns: 200 },
  )
})
