import { DAY_MS, dayOf, isoDate, isoInstant, startOfDay } from '#model'
import { valueFunction } from '../language/function-spec.ts'
import { parseIso } from '../language/iso.ts'
import { isInstant, type ValueType } from '../language/value.ts'
import { formatDate, patternProblemOfDate } from './format-date.ts'
import { momentOf, wallClock, zone } from './zone.ts'

const group = 'Dates'
const moment = ['datetime', 'date'] as const
const number = ['number'] as const

/** The day as a wall clock shows it, in ms at its midnight as if UTC. A date is a day everywhere. */
function localDay(at: number, zoneName: string | undefined, type: ValueType): number | undefined {
  const wall = type === 'date' ? at : wallClock(at, zoneName)
  return wall === undefined ? undefined : startOfDay(dayOf(wall))
}

const UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const
type Unit = (typeof UNITS)[number]
const unit = {
  name: 'unit',
  type: ['text'],
  isConstant: true,
  check: (value: string | number) =>
    UNITS.some((known) => known === value) ? undefined : `a unit is one of ${UNITS.join(', ')}.`,
} as const

/** First day of the unit that holds the day, `steps` units later. Weeks begin on Monday. */
function startOf(day: number, name: Unit, steps = 0): number {
  if (name === 'day') return day + steps * DAY_MS
  if (name === 'week') return day - ((dayOf(day) + 3) % 7) * DAY_MS + steps * 7 * DAY_MS
  const date = new Date(day)
  const month = date.getUTCMonth()
  if (name === 'year') return firstOf(date.getUTCFullYear() + steps, 0)
  if (name === 'month') return firstOf(date.getUTCFullYear(), month + steps)
  return firstOf(date.getUTCFullYear(), month - (month % 3) + steps * 3)
}

/** Date.UTC reads years below 100 as 19xx. */
const firstOf = (year: number, month: number): number => new Date(0).setUTCFullYear(year, month, 1)

/** The same day some months later; the last one of its month where there is none. */
function addMonths(at: number, months: number): number | undefined {
  if (!Number.isSafeInteger(months) || Math.abs(months) > 120_000) return undefined
  const first = startOf(at, 'month', months)
  const length = (startOf(first, 'month', 1) - first) / DAY_MS
  return within(first + Math.min(new Date(at).getUTCDate() - 1, length - 1) * DAY_MS)
}

const isWorkday = (day: number): boolean => (((day + 3) % 7) + 7) % 7 < 5

/** Working days from one day number up to another, the last one not counted. */
function workdaysBetween(from: number, to: number): number {
  if (to < from) return -workdaysBetween(to, from)
  const weeks = Math.floor((to - from) / 7)
  let count = weeks * 5
  for (let day = from + weeks * 7; day < to; day++) if (isWorkday(day)) count++
  return count
}

function addWorkdays(from: number, count: number): number {
  const step = count < 0 ? -1 : 1
  // Whole weeks first, from a working day on; so that a large number costs nothing.
  let day = from
  let left = Math.abs(count)
  while (!isWorkday(day) && left > 0) {
    day += step
    if (isWorkday(day)) left--
  }
  day += step * Math.floor(left / 5) * 7
  for (left %= 5; left > 0; ) {
    day += step
    if (isWorkday(day)) left--
  }
  return day
}

const within = (at: number): number | undefined => (isInstant(at) ? at : undefined)
const wholeNumber = (value: number): number => Math.trunc(value)

function fullYears(from: Date, to: Date): number {
  const years = to.getUTCFullYear() - from.getUTCFullYear()
  const hadBirthday = to.getUTCMonth() * 31 + to.getUTCDate() >= from.getUTCMonth() * 31 + from.getUTCDate()
  return hadBirthday ? years : years - 1
}

/** A part of the calendar day or of the clock, in a zone. */
const part = (
  name: string,
  summary: string,
  example: readonly [string, number],
  read: (date: Date) => number,
) =>
  valueFunction({
    name,
    group,
    summary,
    example,
    input: moment,
    parameters: [zone],
    result: 'number',
    apply: (value, [zoneName], _, type) => {
      const wall = type === 'date' ? value : wallClock(value, zoneName)
      return wall === undefined ? undefined : read(new Date(wall))
    },
  })

/** Moves a date by whole units; the time of a moment does not survive, because it would depend on a zone. */
const shifted = (
  name: string,
  summary: string,
  example: readonly [string, string],
  move: (day: number, count: number) => number | undefined,
  more: readonly (readonly [string, string])[] = [],
) =>
  valueFunction({
    name,
    group,
    summary,
    example,
    more,
    staysSet: true,
    input: ['date', 'datetime'],
    parameters: [{ name: name.slice('add_'.length), type: number }],
    result: 'date',
    apply: (value, [count]) => {
      const moved = move(startOfDay(dayOf(value)), wholeNumber(count))
      return moved === undefined ? undefined : within(moved)
    },
  })

export const dateFunctions = [
  valueFunction({
    name: 'date',
    staysSet: true,
    group,
    summary:
      'The day, in UTC or in a zone, for CRM fields of type date; reads ISO texts too. Absent where it is no date.',
    example: ['"2026-03-01T23:30:00Z" | date("Asia/Karachi")', '2026-03-02'],
    more: [
      ['"2026-03-01T23:30:00Z" | date', '2026-03-01'],
      ['"2026-03-01" | date("America/New_York")', '2026-03-01'],
      ['"2026-03-01" | date | date("America/New_York")', '2026-03-01'],
      ['"2026-03-01T23:30:00Z" | datetime | date("America/New_York")', '2026-03-01'],
    ],
    input: ['datetime', 'date', 'text'],
    parameters: [zone],
    result: 'date',
    apply: (value, [zoneName], _, type) => {
      const at = typeof value === 'number' ? value : parseIso(value.trim())
      const isDay = typeof value === 'string' && value.trim().length === 10
      return at === undefined ? undefined : localDay(at, zoneName, isDay ? 'date' : type)
    },
  }),
  valueFunction({
    name: 'datetime',
    group,
    summary:
      'The moment, for CRM fields of type date and time; reads ISO texts too. A day alone is its midnight, in UTC or in a zone. Absent where it is none.',
    example: ['"2026-03-01" | datetime("Europe/Berlin")', '2026-02-28T23:00:00.000Z'],
    more: [
      ['"2026-03-01T23:30:00Z" | datetime', '2026-03-01T23:30:00.000Z'],
      ['"2026-03-01T23:30:00Z" | datetime("Europe/Berlin")', '2026-03-01T23:30:00.000Z'],
      // The clocks of Berlin are put forward at two, those of Beirut at midnight.
      ['"2026-03-29" | datetime("Asia/Beirut")', '2026-03-28T22:00:00.000Z'],
    ],
    input: ['datetime', 'date', 'text'],
    parameters: [zone],
    result: 'datetime',
    apply: (value, [zoneName], _, type) => {
      const at = typeof value === 'number' ? value : parseIso(value.trim())
      const isDay = typeof value === 'number' ? type === 'date' : value.trim().length === 10
      return at !== undefined && isDay ? momentOf(at, zoneName) : at
    },
  }),
  part('year', 'The year, in UTC or in a zone.', ['"2026-03-01" | date | year', 2026], (date) =>
    date.getUTCFullYear(),
  ),
  part('quarter', 'The quarter, 1 to 4.', ['"2026-05-01" | date | quarter', 2], (date) =>
    Math.floor(date.getUTCMonth() / 3 + 1),
  ),
  part('month', 'The month, 1 to 12.', ['"2026-03-01" | date | month', 3], (date) => date.getUTCMonth() + 1),
  part('day', 'The day of the month.', ['"2026-03-01" | date | day', 1], (date) => date.getUTCDate()),
  part(
    'weekday',
    'The day of the week, 1 for Monday to 7 for Sunday.',
    ['"2026-03-01" | date | weekday', 7],
    (date) => date.getUTCDay() || 7,
  ),
  part(
    'hour',
    'The hour, 0 to 23.',
    ['"2026-03-01T23:30:00Z" | datetime | hour("Asia/Karachi")', 4],
    (date) => date.getUTCHours(),
  ),
  valueFunction({
    name: 'start_of',
    group,
    summary: 'First day of its week (from Monday on), month, quarter or year, in UTC or in a zone.',
    example: ['"2026-05-17" | date | start_of("quarter")', '2026-04-01'],
    more: [
      ['"2026-03-01" | date | start_of("week")', '2026-02-23'],
      ['"2026-03-02" | date | start_of("week")', '2026-03-02'],
      ['"2026-12-31T23:30:00Z" | datetime | start_of("year", "Asia/Karachi")', '2027-01-01'],
    ],
    input: moment,
    parameters: [unit, zone],
    result: 'date',
    apply: (value, [name, zoneName], _, type) => {
      const day = localDay(value, zoneName, type)
      return day === undefined ? undefined : within(startOf(day, name as Unit))
    },
  }),
  valueFunction({
    name: 'end_of',
    group,
    summary: 'Last day of its week (up to Sunday), month, quarter or year, in UTC or in a zone.',
    example: ['"2026-02-03" | date | end_of("month")', '2026-02-28'],
    more: [['"2028-02-03" | date | end_of("month")', '2028-02-29']],
    input: moment,
    parameters: [unit, zone],
    result: 'date',
    apply: (value, [name, zoneName], _, type) => {
      const day = localDay(value, zoneName, type)
      return day === undefined ? undefined : within(startOf(day, name as Unit, 1) - DAY_MS)
    },
  }),
  shifted(
    'add_days',
    'Moves a date by days, back with a negative number.',
    ['"2026-03-01" | date | add_days(30)', '2026-03-31'],
    (day, count) => day + count * DAY_MS,
  ),
  shifted(
    'add_weeks',
    'Moves a date by weeks.',
    ['"2026-03-01" | date | add_weeks(2)', '2026-03-15'],
    (day, count) => day + count * 7 * DAY_MS,
  ),
  shifted(
    'add_months',
    'Moves a date by months; the last day of the month where there is no such day.',
    ['"2026-01-31" | date | add_months(1)', '2026-02-28'],
    addMonths,
    [['"2026-01-31" | date | add_months(-14)', '2024-11-30']],
  ),
  shifted(
    'add_years',
    'Moves a date by years; 29 February becomes the 28th.',
    ['"2028-02-29" | date | add_years(1)', '2029-02-28'],
    (day, count) => addMonths(day, count * 12),
  ),
  shifted(
    'add_workdays',
    'Moves a date by working days, Monday to Friday; holidays are not known.',
    ['"2026-03-06" | date | add_workdays(1)', '2026-03-09'],
    (day, count) => (Math.abs(count) > 10_000_000 ? undefined : startOfDay(addWorkdays(dayOf(day), count))),
    [
      ['"2026-03-07" | date | add_workdays(1)', '2026-03-09'],
      ['"2026-03-09" | date | add_workdays(-6)', '2026-02-27'],
      ['"2026-03-08" | date | add_workdays(0)', '2026-03-08'],
    ],
  ),
  valueFunction({
    name: 'add_hours',
    group,
    summary: 'Moves a moment by hours, back with a negative number; 0.5 is half an hour.',
    example: ['"2026-03-01T23:30:00Z" | datetime | add_hours(1)', '2026-03-02T00:30:00.000Z'],
    input: moment,
    parameters: [{ name: 'hours', type: number }],
    result: 'datetime',
    apply: (value, [hours]) => within(value + Math.round(hours * 3_600_000)),
  }),
  valueFunction({
    name: 'days_since',
    group,
    summary: 'Whole days from then to today, in UTC or in a zone; negative for the future.',
    example: ['now | days_since', 0],
    input: moment,
    parameters: [zone],
    result: 'number',
    readsClock: true,
    apply: (value, [zoneName], env, type) => daysFrom(value, zoneName, env.now, type),
  }),
  valueFunction({
    name: 'days_until',
    group,
    summary: 'Whole days from today to then, in UTC or in a zone; negative for the past.',
    example: ['now | add_days(14) | days_until', 14],
    input: moment,
    parameters: [zone],
    result: 'number',
    readsClock: true,
    apply: (value, [zoneName], env, type) => {
      const days = daysFrom(value, zoneName, env.now, type)
      return days === undefined ? undefined : 0 - days
    },
  }),
  valueFunction({
    name: 'days_to',
    group,
    summary: 'Whole UTC days from the one date to the other; negative where that is earlier.',
    example: ['"2026-03-01" | date | days_to("2026-04-01" | date)', 31],
    input: moment,
    parameters: [{ name: 'date', type: moment }],
    result: 'number',
    apply: (value, [other]) => dayOf(other) - dayOf(value),
  }),
  valueFunction({
    name: 'workdays_to',
    group,
    summary:
      'Working days (Monday to Friday) from the one date up to the other, which is not counted; holidays are not known.',
    example: ['"2026-03-06" | date | workdays_to("2026-03-10" | date)', 2],
    more: [
      ['"2026-03-10" | date | workdays_to("2026-03-06" | date)', -2],
      ['"2026-03-01" | date | workdays_to("2026-04-01" | date)', 22],
    ],
    input: moment,
    parameters: [{ name: 'date', type: moment }],
    result: 'number',
    apply: (value, [other]) => workdaysBetween(dayOf(value), dayOf(other)),
  }),
  valueFunction({
    name: 'age',
    group,
    summary: 'Full years from then to today.',
    example: ['now | add_days(-800) | age', 2],
    input: moment,
    parameters: [],
    result: 'number',
    readsClock: true,
    apply: (value, _, env) => fullYears(new Date(value), new Date(env.now)),
  }),
  valueFunction({
    name: 'format_date',
    group,
    summary:
      'A date as text: YYYY, YY, MMMM (March), MMM (Mar), MM, M, DD, D, dddd (Sunday), ddd (Sun), HH, H, mm, ss; text in [ ] and anything else stays. In UTC or in a zone.',
    example: [
      '"2026-03-01T23:30:00Z" | datetime | format_date("D MMM YYYY, HH:mm", "Asia/Karachi")',
      '2 Mar 2026, 04:30',
    ],
    more: [
      [
        '"2026-03-01" | date | format_date("[Week of] dddd DD.MM.YY", "America/New_York")',
        'Week of Sunday 01.03.26',
      ],
    ],
    input: moment,
    parameters: [
      {
        name: 'pattern',
        type: ['text'],
        isConstant: true,
        check: (value) => patternProblemOfDate(String(value)),
      },
      zone,
    ],
    result: 'text',
    apply: (value, [pattern, zoneName], _, type) => {
      const wall = type === 'date' ? value : wallClock(value, zoneName)
      return wall === undefined ? undefined : formatDate(wall, pattern)
    },
  }),
  valueFunction({
    name: 'iso',
    group,
    summary: 'A date as ISO text, for CRM fields of type text.',
    example: ['"2026-03-01T23:30:00Z" | datetime | iso', '2026-03-01T23:30:00.000Z'],
    input: moment,
    parameters: [],
    result: 'text',
    apply: (value, _, __, type) => (type === 'date' ? isoDate(value) : isoInstant(value)),
  }),
]

function daysFrom(
  value: number,
  zoneName: string | undefined,
  now: number,
  type: ValueType,
): number | undefined {
  const [then, today] = [localDay(value, zoneName, type), localDay(now, zoneName, 'datetime')]
  return then === undefined || today === undefined ? undefined : (today - then) / DAY_MS
}
