import { readCountry, readPhone } from '../identity/normalise/index.ts'
import { type CrmRecord, type Issue, type Surroundings, textOf } from './record.ts'

/** Numbers of films and examples: 555-0100 to 555-0199 with any American area code. */
const FICTION = /^\+1\d{3}55501\d\d$/

export function checkPhones(record: CrmRecord, around: Surroundings): Issue[] {
  return (['phone', 'mobile'] as const).flatMap((attribute): Issue[] => {
    const written = textOf(record, attribute)
    if (written === undefined) return []
    const issue = (check: string, more: Partial<Issue> = {}): Issue => ({
      check,
      attribute,
      value: written,
      ...more,
    })
    const country = countryOf(record, around)
    const { value, flags } = readPhone(written, country === undefined ? {} : { country })
    if (flags.includes('placeholder') || (value && FICTION.test(value.number)))
      return [issue('phone.placeholder', { fix: { kind: 'standardise', set: { [attribute]: null } } })]
    if (value === undefined) return [issue('phone.malformed')]
    if (flags.includes('no_country'))
      return [issue('phone.national', { note: 'of which country is not known' })]
    if (!flags.includes('country_guessed')) return []
    const extension = value.extension === undefined ? '' : ` ext. ${value.extension}`
    const set = { [attribute]: value.number + extension }
    return [issue('phone.national', { fix: { kind: 'standardise', set } })]
  })
}

export const countryOf = (record: CrmRecord, around: Pick<Surroundings, 'account'>): string | undefined =>
  readCountry(textOf(record, 'country')).value ?? around.account(textOf(record, 'account') ?? '')?.country
