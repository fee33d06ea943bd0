import type { RecordAttribute } from '#kit'
import {
  isPlaceholder,
  latin,
  readCompany,
  readCountry,
  readPersonName,
} from '../identity/normalise/index.ts'
import { PARTICLES } from '../identity/normalise/names.ts'
import { type CrmRecord, type Issue, isPerson, textOf } from './record.ts'

/** Placeholders that are real names as well: beside another name they are taken for one. */
const NAMES = new Set(['na', 'guest', 'bar', 'sample', 'demo', 'tester', 'no', 'none', 'nil', 'fake'])
/** Texts where people write what stands for nothing. */
const TEXTS = ['company', 'title', 'industry', 'street', 'city'] as const

export function checkNames(record: CrmRecord): Issue[] {
  return [...(isPerson(record) ? checkPerson(record) : checkName(record)), ...checkTexts(record)]
}

function checkName(record: CrmRecord): Issue[] {
  const name = textOf(record, 'name')
  if (name === undefined) return []
  const isMadeUp =
    record.kind === 'account' ? readCompany(name).flags.includes('placeholder') : isPlaceholder(name)
  return isMadeUp ? [{ check: 'name.placeholder', attribute: 'name', value: name }] : []
}

function checkPerson(record: CrmRecord): Issue[] {
  const parts = (['first_name', 'last_name'] as const).flatMap((attribute) => {
    const value = textOf(record, attribute)
    return value === undefined ? [] : [{ attribute, value }]
  })
  if (parts.length === 0) return []
  const isNobody = parts.every(({ value }) => isPlaceholder(value))
  const issues = parts.flatMap(({ attribute, value }): Issue[] => {
    if (isPlaceholder(value) && (isNobody || !NAMES.has(value.trim().toLowerCase())))
      return [{ check: 'name.placeholder', attribute, value, ...cleared(attribute, isNobody) }]
    return /[\p{Nd}@]|https?:/iu.test(value) ? [{ check: 'name.malformed', attribute, value }] : []
  })
  return issues.length > 0 ? issues : checkCapitals(record, parts)
}

/** A family name may be all that is left, and Salesforce wants one: that one is for a person to find. */
const cleared = (attribute: RecordAttribute, isNobody: boolean): Partial<Issue> =>
  attribute === 'first_name' && !isNobody ? { fix: { kind: 'standardise', set: { first_name: null } } } : {}

function checkCapitals(
  record: CrmRecord,
  parts: { attribute: 'first_name' | 'last_name'; value: string }[],
): Issue[] {
  const { flags } = readPersonName({
    given: textOf(record, 'first_name'),
    family: textOf(record, 'last_name'),
  })
  const isSmall = flags.includes('no_capitals')
  const wrong = parts.filter(({ value }) => isSmall || isShouted(value))
  const locale = readCountry(textOf(record, 'country')).value === 'TR' ? 'tr' : 'en'
  return wrong.map(({ attribute, value }): Issue => {
    const written = inTitleCase(value, locale, attribute === 'last_name')
    return {
      check: 'name.capitals',
      attribute,
      value,
      ...(written === value ? {} : { fix: { kind: 'standardise', set: { [attribute]: written } } }),
    }
  })
}

/** Four letters and more: `JP`, `DJ` and `III` are written so. */
function isShouted(text: string): boolean {
  const letters = text.replace(/[^\p{L}]/gu, '')
  return letters.length > 3 && letters === letters.toUpperCase() && letters !== letters.toLowerCase()
}

/** `VAN DER BERG-MÜLLER` → `van der Berg-Müller`; particles of family names stay small, as most of their bearers write them. */
export function inTitleCase(text: string, locale: string, isFamily: boolean): string {
  const words = text.toLocaleLowerCase(locale).split(' ')
  const isParticle = (word: string, i: number) =>
    isFamily && i < words.length - 1 && PARTICLES.has(latin(word).replace(/[.'’]/g, ''))
  return words.map((word, i) => (isParticle(word, i) ? word : capitalised(word, locale))).join(' ')
}

const capitalised = (word: string, locale: string): string =>
  word
    .split(/([-'’.])/)
    .map((piece) =>
      /^mc\p{L}{2}/u.test(piece) ? `Mc${first(piece.slice(2), locale)}` : first(piece, locale),
    )
    .join('')

const first = (word: string, locale: string): string => {
  const [letter = ''] = word
  return letter.toLocaleUpperCase(locale) + word.slice(letter.length)
}

/** What Salesforce fills in where a company is required and a form asks for none. */
const NOT_PROVIDED = /^\[?not provided\]?$/i

function checkTexts(record: CrmRecord): Issue[] {
  return TEXTS.flatMap((attribute): Issue[] => {
    const value = textOf(record, attribute)
    if (value === undefined) return []
    const isMadeUp =
      attribute === 'company'
        ? NOT_PROVIDED.test(value) || readCompany(value).flags.includes('placeholder')
        : isPlaceholder(value)
    if (!isMadeUp) return []
    // A lead without a company is none: what belongs there a person must know.
    const fix =
      attribute === 'company' ? {} : { fix: { kind: 'standardise' as const, set: { [attribute]: null } } }
    return [{ check: 'value.placeholder', attribute, value, ...fix }]
  })
}
