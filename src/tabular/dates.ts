import type { Instant } from '#model'

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i
const NUMERIC =
  /^(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?$/

export type DateOrder = 'DMY' | 'MDY' | 'YMD'

/** Order of day, month and year in a format such as "DD.MM.YYYY" or "M/D/YY HH:mm". */
export function orderOf(format: string): DateOrder | undefined {
  const letters = format
    .toUpperCase()
    .replace(/[^DMY ]/g, '')
    .split(' ')[0]!
    .replace(/(.)\1+/g, '$1')
  return letters === 'DMY' || letters === 'MDY' || letters === 'YMD' ? letters : undefined
}

/** What a column of dates gives away: a part above 12 is a day, and dots are written day first. */
export function evidentOrder(values: Iterable<string>): DateOrder | undefined {
  const seen = new Set<DateOrder>()
  for (const value of values) {
    const match = NUMERIC.exec(value.trim())
    if (!match || match[1]!.length > 2) continue
    if (Number(match[1]) > 12 || match[2] === '.') seen.add('DMY')
    else if (Number(match[3]) > 12) seen.add('MDY')
  }
  return seen.size === 1 ? [...seen][0] : undefined
}

export type DateReading = { at: Instant } | { problem: string }

/** A moment in UTC; a time without zone is taken as UTC. */
export function readDate(text: string, order: DateOrder | undefined): DateReading {
  const value = text.trim()
  const iso = ISO.exec(value)
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso
    return toInstant([year, month, day, hour, minute, second], value, (fraction ?? '').padEnd(3, '0'), zone)
  }
  const match = NUMERIC.exec(value)
  if (!match) return { problem: `"${value}" is not a date (2025-12-31, or name its format)` }
  const [, a, , b, c, hour, minute, second, half] = match
  const actual = a!.length > 2 ? 'YMD' : order
  if (!actual) return { problem: `"${value}" could be day or month first; name the date format` }
  const [day, month, year] = actual === 'YMD' ? [c, b, a] : actual === 'DMY' ? [a, b, c] : [b, a, c]
  const hours = half ? String((Number(hour) % 12) + (/p/i.test(half) ? 12 : 0)) : hour
  return toInstant([fullYear(year!), month, day, hours, minute, second], value)
}

const fullYear = (year: string): string =>
  year.length > 2 ? year : String(Number(year) + (Number(year) < 70 ? 2000 : 1900))

function toInstant(
  parts: (string | undefined)[],
  value: string,
  milliseconds = '0',
  zone?: string,
): DateReading {
  const [year, month, day, hour, minute, second] = parts.map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const at = Date.UTC(year, month - 1, day, hour, minute, second, Number(milliseconds))
  const date = new Date(at)
  const isReal =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (!isReal) return { problem: `"${value}" is not a day of the calendar` }
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '')
  if (!offset) return { at }
  const shift = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000
  return { at: offset[1] === '+' ? at - shift : at + shift }
}
