import { normalisePhone } from '#kit'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, good, type Reading, weak } from './reading.ts'
import { remembered } from './remembered.ts'

export interface PhoneNumber {
  /** E.164, or national digits where nobody knows the country. */
  number: string
  extension?: string
}

const EXTENSION = /\s*(?:ext|extn|extension|durchwahl|dw|poste|доб|内線|转|x|#)\.?:?\s*(\d{1,6})\s*$/iu

/**
 * Reads a number in any common form. Without a country code it is looked up in `country` (ISO 3166-1), and is then only
 * as good as that guess.
 */
export const readPhone = (
  text: string | null | undefined,
  { country }: { country?: string } = {},
): Reading<PhoneNumber> => readKnown(`${country ?? ''}\u0000${text ?? ''}`)

const readKnown = remembered((asked): Reading<PhoneNumber> => {
  const border = asked.indexOf('\u0000')
  return read(asked.slice(border + 1), asked.slice(0, border) || undefined)
})

function read(text: string, country: string | undefined): Reading<PhoneNumber> {
  const folded = text
    .normalize('NFKC')
    .replace(/^\s*tel:/i, '')
    .trim()
  if (folded === '') return empty()
  if (isPlaceholder(folded)) return bad('placeholder')
  const extension = EXTENSION.exec(folded)?.[1]
  const main = folded.replace(EXTENSION, '').replace(/^\s*(?:00|011)(?=[1-9][\d\s()./-]{7,})/, '+')
  const digits = digitsOf(main)
  if (digits.length < 5 || digits.length > 18) return bad('malformed')
  if (isMadeUp(digits)) return bad('placeholder')
  const rest = extension === undefined ? {} : { extension }
  const international = normalisePhone(main)
  if (international !== undefined) return good({ number: international, ...rest })
  if (/^\(?\+/.test(main)) return bad('malformed')
  if (country === undefined) return weak({ number: digits, ...rest }, ['no_country'])
  const national = normalisePhone(main, country)
  return national === undefined
    ? bad('wrong_for_country')
    : weak({ number: national, ...rest }, ['country_guessed'])
}

/** Digits of any script, as 0–9. */
const digitsOf = (text: string): string =>
  text.replace(/[^\P{Nd}0-9]/gu, (digit) => String(numberOf(digit))).replace(/\D/g, '')

/** Decimal digits stand in runs of ten, each run from zero. */
function numberOf(digit: string): number {
  const point = digit.codePointAt(0)!
  let zero = point
  while (zero > 0 && point - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return point - zero
}

const isMadeUp = (digits: string): boolean =>
  /^(\d)\1+$/.test(digits.slice(-7)) || '01234567890'.includes(digits) || '9876543210'.includes(digits)
