import { edits } from '#kit'
import { mailboxOf } from '../normalise/email.ts'
import type { Attribute, Values } from './attributes.ts'
import { jaroWinkler } from './jaro-winkler.ts'

/** The answer of a comparison where a side has no value: no evidence, for or against. */
export const UNKNOWN = -1

export interface Level {
  name: string
  /** Share of true pairs that agree this well, as expected before any data has been seen. */
  m: number
  /** The same of strangers. */
  u: number
}

export interface Comparison {
  attribute: Attribute
  /** The strongest first; the first is equality, the last is difference. */
  levels: readonly Level[]
  /** Sharing a rare value is worth more than sharing a common one. */
  byFrequency: boolean
  /** Number of the level, or UNKNOWN. */
  compare(a: Values, b: Values): number
}

type Judge = (a: string, b: string) => number

function comparison(
  attribute: Attribute,
  levels: [name: string, m: number, u: number][],
  judge: Judge,
  options: { byFrequency?: boolean } = {},
): Comparison {
  return {
    attribute,
    levels: levels.map(([name, m, u]) => ({ name, m, u })),
    byFrequency: options.byFrequency ?? false,
    compare: (a, b) => {
      const [x, y] = [a[attribute], b[attribute]]
      return x === undefined || y === undefined ? UNKNOWN : x === y ? 0 : judge(x, y)
    },
  }
}

const isPart = (a: string, b: string): boolean => {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  return short.length > 1 && long.includes(short) && ` ${long} `.includes(` ${short} `)
}

const isInitial = (a: string, b: string): boolean => a[0] === b[0] && (a.length === 1 || b.length === 1)

const NAME_LEVELS: [string, number, number][] = [
  ['equal', 0.8, 0.004],
  ['swapped', 0.01, 0.0005],
  ['close', 0.1, 0.004],
  ['similar', 0.04, 0.02],
  ['different', 0.05, 0.9715],
]

function judgeName(a: string, b: string): number {
  const similarity = jaroWinkler(a, b)
  if (similarity >= 0.92 || (similarity > 0.5 && edits(a, b, 1) === 1) || isPart(a, b)) return 2
  return similarity >= 0.8 || isInitial(a, b) ? 3 : 4
}

const SWAPPED = 0.88
const SIMILAR = 0.75
let asked: { a: Values; b: Values; answer: boolean } | undefined

/**
 * Two names in each other's place, written alike. They are evidence once: the family name then says nothing more. Asked
 * for both names of a pair in a row, so the last answer is kept.
 */
function isSwapped(a: Values, b: Values): boolean {
  if (asked === undefined || asked.a !== a || asked.b !== b) asked = { a, b, answer: areSwapped(a, b) }
  return asked.answer
}

function areSwapped(a: Values, b: Values): boolean {
  const [givenA, familyA, givenB, familyB] = [a.given_name, a.family_name, b.given_name, b.family_name]
  if (givenA === undefined || familyA === undefined || givenB === undefined || familyB === undefined)
    return false
  if (givenA === givenB || familyA === familyB) return false
  const [one, other] = [jaroWinkler(givenA, familyB), jaroWinkler(familyA, givenB)]
  if (Math.min(one, other) < SIMILAR || Math.max(one, other) < SWAPPED) return false
  // Not where they are alike in their own places too.
  return jaroWinkler(givenA, givenB) < SWAPPED && jaroWinkler(familyA, familyB) < SWAPPED
}

const plainGivenName = comparison('given_name', NAME_LEVELS, judgeName, { byFrequency: true })
const plainFamilyName = comparison('family_name', NAME_LEVELS, judgeName, { byFrequency: true })

const givenName: Comparison = {
  ...plainGivenName,
  compare: (a, b) => (isSwapped(a, b) ? 1 : plainGivenName.compare(a, b)),
}
const familyName: Comparison = {
  ...plainFamilyName,
  compare: (a, b) => (isSwapped(a, b) ? UNKNOWN : plainFamilyName.compare(a, b)),
}

const TEXT_LEVELS: [string, number, number][] = [
  ['equal', 0.75, 0.005],
  ['close', 0.12, 0.005],
  ['similar', 0.05, 0.04],
  ['different', 0.08, 0.95],
]

function judgeText(a: string, b: string): number {
  const similarity = jaroWinkler(a, b)
  if (similarity >= 0.92 || (similarity > 0.7 && edits(a, b, 2) <= 2) || isPart(a, b)) return 1
  return similarity >= 0.8 ? 2 : 3
}

const text = (attribute: Attribute) => comparison(attribute, TEXT_LEVELS, judgeText, { byFrequency: true })

const code = (attribute: Attribute, u: number) =>
  comparison(
    attribute,
    [
      ['equal', 0.85, u],
      ['one edit', 0.07, u * 5],
      ['two edits', 0.02, u * 15],
      ['different', 0.06, 1 - u * 21],
    ],
    (a, b) => {
      const distance = edits(a, b, 2)
      // Of two digits, one is half of the value.
      return Math.min(a.length, b.length) <= distance * 2 ? 3 : distance
    },
    { byFrequency: true },
  )

const SAME_NAME = 2

const plainEmail = comparison(
  'email',
  [
    ['equal', 0.7, 1e-6],
    ['same mailbox', 0.01, 1e-7],
    ['same name', 0.1, 5e-5],
    ['close', 0.04, 1e-5],
    ['different', 0.15, 0.99994],
  ],
  (a, b) => {
    const [x, y] = [mailboxOf(a), mailboxOf(b)]
    if (x === y) return 1
    const name = x.slice(0, x.lastIndexOf('@'))
    if (name.length >= 5 && name === y.slice(0, y.lastIndexOf('@'))) return SAME_NAME
    return edits(a, b, 2) <= 2 && numbersIn(a) === numbersIn(b) ? 3 : 4
  },
  { byFrequency: true },
)

/** Numbers in addresses are there to tell people of one name apart: `ada12@` is no misspelt `ada13@`. */
const numbersIn = (address: string): string => address.replace(/\D+/g, ' ')

/** `ada.lovelace@` at two hosts says no more than that both are called so. */
const email: Comparison = {
  ...plainEmail,
  compare: (a, b) => {
    const level = plainEmail.compare(a, b)
    if (level !== SAME_NAME || a.family_name === undefined || a.family_name !== b.family_name) return level
    return a.email!.includes(a.family_name) ? UNKNOWN : level
  },
}

const phone = comparison(
  'phone',
  [
    ['equal', 0.7, 1e-5],
    ['same ending', 0.03, 1e-6],
    ['one edit', 0.04, 1e-5],
    ['different', 0.23, 0.99998],
  ],
  (a, b) => (a.slice(-8) === b.slice(-8) ? 1 : edits(a, b, 1) === 1 ? 2 : 3),
  { byFrequency: true },
)

const birthDate = comparison(
  'birth_date',
  [
    ['equal', 0.85, 3e-5],
    ['one edit', 0.08, 2e-4],
    ['two parts', 0.03, 2e-3],
    ['different', 0.04, 0.99777],
  ],
  (a, b) => {
    if (edits(a, b, 1) === 1) return 1
    const [yearA, monthA, dayA] = [a.slice(0, 4), a.slice(4, 6), a.slice(6)]
    const [yearB, monthB, dayB] = [b.slice(0, 4), b.slice(4, 6), b.slice(6)]
    if (yearA === yearB && monthA === dayB && dayA === monthB) return 1
    const equal = Number(yearA === yearB) + Number(monthA === monthB) + Number(dayA === dayB)
    return equal === 2 ? 2 : 3
  },
)

const exact = (attribute: Attribute, m: number, u: number) =>
  comparison(
    attribute,
    [
      ['equal', m, u],
      ['different', 1 - m, 1 - u],
    ],
    () => 1,
    { byFrequency: true },
  )

export const COMPARISONS: readonly Comparison[] = [
  givenName,
  familyName,
  email,
  phone,
  code('id_number', 1e-6),
  birthDate,
  text('company'),
  exact('domain', 0.8, 1e-3),
  code('street_number', 0.01),
  text('street'),
  text('locality'),
  text('city'),
  code('region', 0.04),
  code('postal_code', 1e-3),
  exact('country', 0.97, 0.3),
]
