import providers from 'email-providers/common.json' with { type: 'json' }
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { getDomain, parse } from 'tldts'
import { createMailDomains, isRoleAddress } from '#kit'
import { valueFunction } from '../language/function-spec.ts'
import { comparable, graphemes } from './text-algorithms.ts'

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
    maxLength: () => 16,
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
    name: 'country_code',
    maxLength: () => 2,
    group: 'Names and identity',
    summary:
      'ISO 3166 code of a country from its English name or its code; absent where it is not known. Capitals and accents do not matter.',
    example: ['"Côte d’Ivoire" | country_code', 'CI'],
    more: [
      ['"de" | country_code', 'DE'],
      ['"United States" | country_code', 'US'],
      ['"USA" | country_code', 'US'],
      ['"Atlantis" | country_code', undefined],
    ],
    input: text,
    parameters: [],
    result: 'text',
    apply: countryCode,
  }),
  valueFunction({
    name: 'is_freemail',
    group: 'Names and identity',
    summary:
      'Whether everybody can have a mailbox at the domain of an e-mail address, or at the domain itself (gmail.com, gmx.de, qq.com).',
    example: ['"ada@gmail.com" | is_freemail', true],
    more: [
      ['"example.com" | is_freemail', false],
      ['"ada@yahoo.co.uk" | is_freemail', true],
    ],
    input: text,
    parameters: [],
    result: 'boolean',
    apply: (value) => mailDomains.isFreeMail(value),
  }),
  valueFunction({
    name: 'is_role_address',
    group: 'Names and identity',
    summary: 'Whether an e-mail address belongs to a function and no person: info@, sales@, no-reply@.',
    example: ['"info@example.com" | is_role_address', true],
    input: text,
    parameters: [],
    result: 'boolean',
    apply: isRoleAddress,
  }),
  valueFunction({
    name: 'host',
    group: 'Names and identity',
    summary: 'The host of a web address, without www.; absent where it is none.',
    example: ['"https://www.shop.example.co.uk/tea?x=1" | host', 'shop.example.co.uk'],
    more: [['"no address" | host', undefined]],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => urlOf(value)?.hostname.replace(/^www\./, '') || undefined,
  }),
  valueFunction({
    name: 'url_path',
    group: 'Names and identity',
    summary: 'The path of a web address, without what follows ? and #; absent where it is none.',
    example: ['"https://example.com/pricing?x=1#top" | url_path', '/pricing'],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => urlOf(value)?.pathname,
  }),
  valueFunction({
    name: 'url_param',
    group: 'Names and identity',
    summary: 'A parameter of a web address, decoded; absent where it has none of that name.',
    example: ['"https://example.com/?utm_source=news%20letter" | url_param("utm_source")', 'news letter'],
    more: [['"https://example.com/" | url_param("gclid")', undefined]],
    input: text,
    parameters: [{ name: 'name', type: text }],
    result: 'text',
    apply: (value, [name]) => urlOf(value)?.searchParams.get(name)?.toWellFormed() ?? undefined,
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
  valueFunction({
    name: 'last_word',
    group: 'Names and identity',
    summary: 'The last word; absent for a single word.',
    example: ['"Ada King Lovelace" | last_word', 'Lovelace'],
    more: [['"Ada" | last_word', undefined]],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) => value.trim().split(/\s+/).slice(1).at(-1),
  }),
  valueFunction({
    name: 'initials',
    group: 'Names and identity',
    summary: 'The first letter of each word, as a capital where there are capitals.',
    example: ['"ada king lovelace" | initials', 'AKL'],
    more: [['"علی رضا" | initials', 'عر']],
    input: text,
    parameters: [],
    result: 'text',
    apply: (value) =>
      value
        .split(/[\s-]+/)
        .map((word) => (graphemes(word)[0] ?? '').toUpperCase())
        .join(''),
  }),
]

const mailDomains = createMailDomains({ providers, parse })

function urlOf(value: string): URL | undefined {
  const url = value.trim().slice(0, 8192)
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : undefined
}

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

/** Names that people write and the standard has otherwise. */
const OTHER_NAMES: Record<string, string> = {
  usa: 'US',
  unitedstatesofamerica: 'US',
  uk: 'GB',
  greatbritain: 'GB',
  england: 'GB',
  uae: 'AE',
  holland: 'NL',
  czechrepublic: 'CZ',
  turkey: 'TR',
  russianfederation: 'RU',
  republicofkorea: 'KR',
  korea: 'KR',
  vietnam: 'VN',
  ivorycoast: 'CI',
}
let codes: Map<string, string> | undefined

function countryCode(value: string): string | undefined {
  const code = value.trim().toUpperCase()
  if (/^[A-Z]{2}$/.test(code) && names.of(code)) return OTHER_NAMES[code.toLowerCase()] ?? code
  codes ??= readCodes()
  return codes.get(comparable(value))
}

function readCodes(): Map<string, string> {
  const found = new Map<string, string>()
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  for (const first of letters) {
    for (const second of letters) {
      const name = names.of(first + second)
      // Only those that still exist: deleted codes share the names of their successors.
      if (name && new Intl.Locale('und', { region: first + second }).region === first + second)
        found.set(comparable(name), found.get(comparable(name)) ?? first + second)
    }
  }
  for (const [name, code] of Object.entries(OTHER_NAMES)) found.set(name, code)
  return found
}
