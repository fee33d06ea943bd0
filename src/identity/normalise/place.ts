import { countryCode } from '#kit'
import { latin } from './latin.ts'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, good, type Reading, squish, weak } from './reading.ts'
import { REGION_CODES } from './regions.ts'

/** ISO 3166-1 alpha-2 from a code or a name in many languages. */
export function readCountry(text: string | null | undefined): Reading<string> {
  const written = squish(text ?? '')
  if (written === '') return empty()
  const code = countryCode(written)
  if (code !== undefined) return good(code)
  return bad(isPlaceholder(written) ? 'placeholder' : 'unknown_country')
}

export interface Region {
  display: string
  /** The part of ISO 3166-2 after the country, where it is known: `CA` of US-CA. */
  code?: string
}

/** A state or province. Without a country, a code is not looked up: `WA` is in America and in Australia. */
export function readRegion(
  text: string | null | undefined,
  { country }: { country?: string | undefined } = {},
): Reading<Region> {
  const display = squish(text ?? '')
  if (display === '') return empty()
  if (isPlaceholder(display)) return bad('placeholder')
  const codes = REGION_CODES.get(country?.toUpperCase() ?? '')
  if (codes === undefined) return good({ display })
  const key = regionKey(display)
  const code = codes.get(key.startsWith(country!.toLowerCase()) ? key.slice(2) : key) ?? codes.get(key)
  return code === undefined ? weak({ display }, ['unknown_region']) : good({ display, code })
}

const regionKey = (text: string): string => latin(text).replace(/[^\p{L}\p{M}\p{N}]+/gu, '')

/** Countries whose codes have one shape; elsewhere every code is taken. */
const POSTAL_SHAPES: Record<string, RegExp> = {
  US: /^\d{5}(\d{4})?$/,
  CA: /^[a-z]\d[a-z]\d[a-z]\d$/,
  GB: /^[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}$/,
  NL: /^\d{4}[a-z]{2}$/,
  IE: /^[a-z]\d[\dw][a-z\d]{4}$/,
  BR: /^\d{8}$/,
  JP: /^\d{7}$/,
  PT: /^\d{4}(\d{3})?$/,
  PL: /^\d{5}$/,
  ...Object.fromEntries('AT AU BE BG CH DK HU LU NO NZ SI ZA'.split(' ').map((code) => [code, /^\d{4}$/])),
  ...Object.fromEntries(
    'CZ DE ES FI FR GR HR IT KR MX MY PK SA SE SK TH TR UA'.split(' ').map((code) => [code, /^\d{5}$/]),
  ),
  ...Object.fromEntries('CN CO IN KZ RO RS RU SG VN'.split(' ').map((code) => [code, /^\d{6}$/])),
}

/** A postal code without blanks and dashes, in small letters. */
export function readPostalCode(
  text: string | null | undefined,
  { country }: { country?: string | undefined } = {},
): Reading<string> {
  const key = latin(text ?? '').replace(/[^\p{L}\p{N}]+/gu, '')
  if ((text ?? '').trim() === '') return empty()
  if (key === '' || (/^(\d)\1{3,}$/.test(key) && key.startsWith('0'))) return bad('placeholder')
  if (!/\d/.test(key) || key.length > 12) return bad('malformed')
  const shape = POSTAL_SHAPES[country?.toUpperCase() ?? '']
  return shape === undefined || shape.test(key) ? good(key) : weak(key, ['wrong_for_country'])
}
