import { isPlaceholder } from './placeholders.ts'
import { bad, empty, good, type Reading, weak } from './reading.ts'

/** Dates that systems put where they have none. */
const DEFAULTS = new Set(['19000101', '19010101', '19700101', '20000101', '18991230', '18991231'])

/** A calendar date as YYYYMMDD, from ISO, compact, or day and month written with dots, dashes or slashes. */
export function readBirthDate(text: string | null | undefined): Reading<string> {
  const written = (text ?? '').normalize('NFKC').trim()
  if (written === '') return empty()
  if (isPlaceholder(written)) return bad('placeholder')
  const iso = /^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?$/.exec(written)
  if (iso) return checked(iso[1]!, iso[2]!, iso[3]!)
  const other = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/.exec(written)
  if (!other) return bad('malformed')
  const [first, separator, second, year] = [other[1]!, other[2]!, other[3]!, other[4]!]
  if (separator === '.' || Number(first) > 12) return checked(year, second, first)
  if (Number(second) > 12 || first === second) return checked(year, first, second)
  const guessed = checked(year, second, first)
  return guessed.value === undefined ? guessed : weak(guessed.value, ['ambiguous_date'])
}

function checked(year: string, month: string, day: string): Reading<string> {
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  const date = new Date(Date.UTC(y, m - 1, d))
  const isReal = y >= 1000 && date.getUTCMonth() === m - 1 && date.getUTCDate() === d
  if (!isReal) return bad('malformed')
  const value = `${year}${String(m).padStart(2, '0')}${String(d).padStart(2, '0')}`
  if (DEFAULTS.has(value)) return bad('placeholder')
  return y < 1880 || y > 2100 ? bad('implausible_date') : good(value)
}
