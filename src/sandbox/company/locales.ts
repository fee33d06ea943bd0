import { EASTERN } from './locales-eastern.ts'
import { LATIN } from './locales-latin.ts'
import { RIGHT_TO_LEFT } from './locales-rtl.ts'

export type Currency = 'usd' | 'eur' | 'gbp' | 'inr' | 'jpy' | 'kwd' | 'aed'

/** A place where customers live. Texts are `as written|romanised`, the second part being for addresses. */
export interface Locale {
  tag: string
  /** Share of people who come without a company. */
  weight: number
  country: string
  /** As PDL writes it. */
  countryName: string
  callingCode: string
  timezone: string
  currency: Currency
  given: readonly string[]
  family: readonly string[]
  isFamilyFirst?: boolean
  titles: readonly string[]
  /** `city|region` */
  cities: readonly string[]
  /** `name|domain` */
  companies: readonly string[]
  freeMail: readonly string[]
}

export const LOCALES: readonly Locale[] = [...LATIN, ...RIGHT_TO_LEFT, ...EASTERN]

/** `as written|romanised` → both; the romanised one is the text itself where there is no bar. */
export function spelling(text: string): { native: string; roman: string } {
  const [native = '', roman] = text.split('|')
  return { native, roman: roman ?? native }
}
