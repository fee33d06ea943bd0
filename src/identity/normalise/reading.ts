/**
 * What a value is worth. `good`: evidence about whom it names. `weak`: usable, but shared, guessed or incomplete; no
 * ground for a merge. `bad`: malformed or made up, and read as if it were not there. `empty`: nothing was said.
 */
export type Grade = 'good' | 'weak' | 'bad' | 'empty'

export type Flag =
  | 'placeholder'
  | 'malformed'
  | 'all_capitals'
  | 'no_capitals'
  | 'digits_in_name'
  | 'single_word'
  | 'order_unknown'
  | 'role_address'
  | 'free_mail'
  | 'disposable'
  | 'no_country'
  | 'country_guessed'
  | 'withheld'
  | 'no_company_domain'
  | 'unknown_country'
  | 'unknown_region'
  | 'wrong_for_country'
  | 'unknown_title'
  | 'ambiguous_date'
  | 'implausible_date'

/** A value as it was understood, with its grade and what is to be said about it. `value` is there for good and weak. */
export interface Reading<T> {
  grade: Grade
  value?: T
  flags: Flag[]
}

export const good = <T>(value: T, flags: Flag[] = []): Reading<T> => ({ grade: 'good', value, flags })
export const weak = <T>(value: T, flags: Flag[]): Reading<T> => ({ grade: 'weak', value, flags })
export const bad = <T>(...flags: Flag[]): Reading<T> => ({ grade: 'bad', flags })
export const empty = <T>(): Reading<T> => ({ grade: 'empty', flags: [] })

/** Marks that are not seen: zero-width blanks, byte order, directions. Joiners stay, since they are spelling in Persian. */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g

const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/** White space of any script as one blank, none at the ends, composed letters; no letter is changed. */
export const squish = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text
        .replace(INVISIBLE, '')
        .normalize('NFC')
        .replace(/[\s\p{Cc}]+/gu, ' ')
        .trim()
