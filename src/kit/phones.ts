import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE and PRIVATE on a telephone's keys: callers who tell no number. */
const WITHHELD = new Set(['+266696687', '+7378742833', '+2562533', '+8656696', '+86282452253', '+7748283'])

/**
 * E.164; undefined where the text is no number that exists. Without the country's code nobody knows whose it is: the same
 * digits are somebody else's abroad. National numbers are read where a country (ISO 3166-1) is given.
 */
export function normalisePhone(text: string, country?: string): string | undefined {
  const folded = text.normalize('NFKC').trim()
  const home = country?.toUpperCase() ?? ''
  if (folded.length > 40 || !(/^\(?\+/.test(folded) || isSupportedCountry(home))) return undefined
  const key = `${home} ${folded}`
  if (parsed.has(key)) return parsed.get(key)
  const number = parse(folded, home)
  if (parsed.size >= MAX_PARSED) parsed.clear()
  parsed.set(key, number)
  return number
}

/** Events of one person repeat their number, and reading it costs 50 µs. */
const parsed = new Map<string, string | undefined>()
const MAX_PARSED = 2000

function parse(text: string, home: string): string | undefined {
  const number = parsePhoneNumberFromString(text, isSupportedCountry(home) ? home : undefined)
  if (!number?.isValid() || number.ext !== undefined || WITHHELD.has(number.number)) return undefined
  return number.number
}

const digitsOf = (text: string): string => text.normalize('NFKC').replace(/[^+\d]/g, '')

/** Our own numbers, as a setting of a connection: international form, `*` at the end for all extensions of a line. */
export const OWN_NUMBER = /^\+[\d ()./-]{5,24}\*?$/

/** Tells our own telephones from others. */
export function ownNumbers(numbers: readonly string[]): (number: string) => boolean {
  const lines = numbers.filter((number) => number.endsWith('*')).map(digitsOf)
  const single = new Set(numbers.filter((number) => !number.endsWith('*')).map(digitsOf))
  return (number) => {
    const digits = digitsOf(number)
    return single.has(digits) || lines.some((line) => digits.startsWith(line))
  }
}
