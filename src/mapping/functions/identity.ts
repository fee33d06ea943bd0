import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { getDomain } from 'tldts'
import { valueFunction } from '../language/function-spec.ts'

const text = ['text'] as const

export const identityFunctions = [
  valueFunction({
    name: 'email_local',
    group: 'Names and identity',
    summary: 'The part before the @; absent where there is no @.',
    example: ['"ada.l@example.com" | email_local', 'ada.l'],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) =>
      value.lastIndexOf('@') > 0 ? value.slice(0, value.lastIndexOf('@')).trim() : undefined,
  }),
  valueFunction({
    name: 'email_domain',
    group: 'Names and identity',
    summary: 'The part after the @, in small letters; absent where there is no @.',
    example: ['"ada@Mail.Example.com" | email_domain', 'mail.example.com'],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => {
      const at = value.lastIndexOf('@')
      return at < 0
        ? undefined
        : value
            .slice(at + 1)
            .trim()
            .toLowerCase() || undefined
    },
  }),
  valueFunction({
    name: 'domain',
    group: 'Names and identity',
    summary:
      'The registrable domain of a web address, host name or e-mail address; absent where there is none.',
    example: ['"https://www.shop.example.co.uk/tea?x=1" | domain', 'example.co.uk'],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => getDomain(value.trim().slice(0, 2048), { allowPrivateDomains: true }) ?? undefined,
  }),
  valueFunction({
    name: 'e164',
    group: 'Names and identity',
    summary:
      'A phone number in international form; the country (ISO code) is for national numbers. Absent where it is no possible number.',
    example: ['"(020) 7946 0018" | e164("GB")', '+442079460018'],
    input: text,
    parameters: [{ name: 'country', type: text, isOptional: true }],
    result: 'text',
    apply: (value, [country]) => toE164(value, country),
  }),
  valueFunction({
    name: 'country_name',
    group: 'Names and identity',
    summary: 'English name of an ISO 3166 country code; other texts stay as they are.',
    example: ['"PK" | country_name', 'Pakistan'],
    input: text,
    parameters: [],
    result: 'text',
    apply: countryName,
  }),
  valueFunction({
    name: 'first_word',
    group: 'Names and identity',
    summary: 'The first word: the given name of most Western full names.',
    example: ['"Ada King Lovelace" | first_word', 'Ada'],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => value.trim().split(/\s+/)[0],
  }),
  valueFunction({
    name: 'rest',
    group: 'Names and identity',
    summary: 'Everything after the first word; absent for a single word.',
    example: ['"Ada King Lovelace" | rest', 'King Lovelace'],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => value.trim().split(/\s+/).slice(1).join(' ') || undefined,
  }),
]

/** Parsing a number costs more than all other fields of a record, and each is mapped into several objects, again and again. */
const parsed = new Map<string, string | undefined>()
const REMEMBERED = 5_000

function toE164(value: string, country: string | undefined): string | undefined {
  const code = country?.trim().toUpperCase()
  const key = `${code ?? ''} ${value}`
  if (parsed.has(key)) return parsed.get(key)
  if (parsed.size >= REMEMBERED) parsed.clear()
  const number = parsePhoneNumberFromString(value.slice(0, 250), isCountry(code) ? code : undefined)
  const result = number?.isPossible() ? number.number : undefined
  parsed.set(key, result)
  return result
}

const isCountry = (code: string | undefined): code is CountryCode =>
  code !== undefined && isSupportedCountry(code)

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

function countryName(value: string): string {
  const code = value.trim().toUpperCase()
  return /^[A-Z]{2}$/.test(code) ? (names.of(code) ?? value) : value
}
