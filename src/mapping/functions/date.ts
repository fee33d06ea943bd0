import { DAY_MS, dayOf, startOfDay } from '#model'
import { valueFunction } from '../language/function-spec.ts'
import { parseIso } from '../language/iso.ts'
import { isInstant } from '../language/value.ts'

const moment = ['datetime', 'date'] as const

export const dateFunctions = [
  valueFunction({
    name: 'date',
    group: 'Dates',
    summary: 'The UTC day, for CRM fields of type date; reads ISO texts too. Absent where it is no date.',
    example: ['"2026-03-01T23:30:00Z" | date', '2026-03-01'],
    input: ['datetime', 'date', 'text'],
    parameters: [],
    result: 'date',
    apply: (value) => {
      const at = instantOf(value)
      return at === undefined ? undefined : startOfDay(dayOf(at))
    },
  }),
  valueFunction({
    name: 'datetime',
    group: 'Dates',
    summary:
      'The moment, for CRM fields of type date and time; reads ISO texts too. Absent where it is none.',
    example: ['"2026-03-01T23:30:00Z" | datetime', '2026-03-01T23:30:00.000Z'],
    input: ['datetime', 'date', 'text'],
    parameters: [],
    result: 'datetime',
    apply: instantOf,
  }),
  valueFunction({
    name: 'year',
    group: 'Dates',
    summary: 'The UTC year.',
    example: ['"2026-03-01" | date | year', 2026],
    input: moment,
    parameters: [],
    result: 'number',
    apply: (value) => new Date(value).getUTCFullYear(),
  }),
  valueFunction({
    name: 'add_days',
    group: 'Dates',
    summary: 'Moves a date by days, back with a negative number.',
    example: ['"2026-03-01" | date | add_days(30) | iso', '2026-03-31'],
    input: ['date', 'datetime'],
    parameters: [{ name: 'days', type: ['number'] }],
    result: 'date',
    apply: (value, [days]) => within(startOfDay(dayOf(value)) + Math.trunc(days) * DAY_MS),
  }),
  valueFunction({
    name: 'days_since',
    group: 'Dates',
    summary: 'Whole UTC days from then to today; negative for the future.',
    example: ['now | days_since', 0],
    input: moment,
    parameters: [],
    result: 'number',
    readsClock: true,
    apply: (value, _, env) => dayOf(env.now) - dayOf(value),
  }),
  valueFunction({
    name: 'days_until',
    group: 'Dates',
    summary: 'Whole UTC days from today to then; negative for the past.',
    example: ['now | add_days(14) | days_until', 14],
    input: moment,
    parameters: [],
    result: 'number',
    readsClock: true,
    apply: (value, _, env) => dayOf(value) - dayOf(env.now),
  }),
  valueFunction({
    name: 'age',
    group: 'Dates',
    summary: 'Full years from then to today.',
    example: ['now | add_days(-800) | age', 2],
    input: moment,
    parameters: [],
    result: 'number',
    readsClock: true,
    apply: (value, _, env) => fullYears(new Date(value), new Date(env.now)),
  }),
]

function instantOf(value: number | string): number | undefined {
  return typeof value === 'number' ? value : parseIso(value.trim())
}

const within = (at: number): number | undefined => (isInstant(at) ? at : undefined)

function fullYears(from: Date, to: Date): number {
  const years = to.getUTCFullYear() - from.getUTCFullYear()
  const hadBirthday = to.getUTCMonth() * 31 + to.getUTCDate() >= from.getUTCMonth() * 31 + from.getUTCDate()
  return hadBirthday ? years : years - 1
}
