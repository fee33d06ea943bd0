import { blockNumbers, PEOPLE, type Values } from '../../src/identity/match/index.ts'
import { randomNumbers } from '../../src/identity/match/random.ts'

/** Somebody as a source writes them. */
export interface Stranger {
  first_name: string
  last_name: string
  email: string
  phone: string
  company_name: string
  city: string
  postal_code: string
  country: string
}

const ONSETS = 'b br ch d f fr g h j k kr l m n p r s sch st t tr v w z'.split(' ')
const VOWELS = 'a e i o u ai ei au ie'.split(' ')
const CODAS = ' n r l s t m ck nd rt'.split(' ')

/** Name of a rank: the same for the same number, of two syllables or three. */
export function nameOf(rank: number, seed: number): string {
  const random = randomNumbers(rank * 7_919 + seed)
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)]!
  return Array.from({ length: random() < 0.6 ? 2 : 3 }, () => pick(ONSETS) + pick(VOWELS) + pick(CODAS)).join(
    '',
  )
}

const GIVEN = 3_000
const FAMILY = 60_000
const TOWNS = 4_000
const COMPANIES = 60_000

/**
 * Person number `n`: names as common and as rare as names are (the commonest of thousands has a per cent of all), with a
 * mailbox and a telephone of their own, at one of many companies.
 */
export function strangerOf(n: number): Stranger {
  const random = randomNumbers(n + 1)
  const skewed = (count: number) => Math.floor(count * random() ** 3)
  const first_name = nameOf(skewed(GIVEN), 1)
  const last_name = nameOf(skewed(FAMILY), 2)
  const company = skewed(COMPANIES)
  const town = skewed(TOWNS)
  return {
    first_name,
    last_name,
    email: `${first_name}.${last_name}${n}@${nameOf(company, 3)}${company}.example`,
    phone: `+4930${String(10_000_000 + Math.floor(random() * 89_999_999))}`,
    company_name: `${nameOf(company, 3)}${company}`,
    city: nameOf(town, 4),
    postal_code: String(10_000 + town * 20 + Math.floor(random() * 20)),
    country: 'DE',
  }
}

/** What `prepareValues` makes of such a person, without the cost of reading. */
export function preparedOf(n: number): { values: Values; keys: number[] } {
  const { first_name, last_name, email, phone, company_name, city, postal_code } = strangerOf(n)
  const values: Values = {
    given_name: first_name,
    family_name: last_name,
    email,
    phone,
    company: company_name,
    domain: email.slice(email.indexOf('@') + 1),
    city,
    postal_code,
    country: 'DE',
  }
  return { values, keys: blockNumbers(values, PEOPLE) }
}
