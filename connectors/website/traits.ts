import type { AccountAttributes, PersonAttributes } from '#model'
import { isObject, type Json } from './api.ts'
import { hostOf, withoutWww } from './hosts.ts'

type Text = string | null | undefined

/** The first of several spellings that is present. null and '' are kept: the client said them. */
function textAt(holder: Json, ...names: string[]): Text {
  for (const name of names) {
    const value = holder[name]
    if (typeof value === 'string' || value === null) return value
    if (typeof value === 'number') return String(value)
  }
  return undefined
}

function numberAt(holder: Json, ...names: string[]): number | null | undefined {
  const value = textAt(holder, ...names)
  if (value === undefined || value === null) return value
  return /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
export const isEmail = (value: unknown): value is string =>
  typeof value === 'string' && EMAIL.test(value.trim())

/** Segment's reserved user traits and their common spellings. @see https://segment.com/docs/connections/spec/identify/#traits */
export function personAttributes(traits: Json): PersonAttributes {
  const email = textAt(traits, 'email')
  return present({
    email: email === null || isEmail(email) ? email : undefined,
    first_name: textAt(traits, 'firstName', 'first_name', 'firstname'),
    last_name: textAt(traits, 'lastName', 'last_name', 'lastname'),
    full_name: textAt(traits, 'name', 'fullName', 'full_name'),
    title: textAt(traits, 'title', 'jobTitle', 'job_title', 'position'),
    company_name: companyName(traits),
    phone: textAt(traits, 'phone', 'phoneNumber', 'phone_number'),
    ...address(traits.address),
    language: textAt(traits, 'language', 'locale'),
    timezone: textAt(traits, 'timezone'),
    lead_source: textAt(traits, 'leadSource', 'lead_source'),
  })
}

const companyName = (traits: Json): Text =>
  isObject(traits.company)
    ? textAt(traits.company, 'name')
    : textAt(traits, 'company', 'companyName', 'company_name', 'organization', 'organisation')

/** Segment's reserved group traits. @see https://segment.com/docs/connections/spec/group/#traits */
export function accountAttributes(traits: Json): AccountAttributes {
  const employees = numberAt(traits, 'employees', 'employee_count', 'employeeCount')
  return present({
    name: textAt(traits, 'name'),
    domain: domainOf(traits),
    website: textAt(traits, 'website', 'url'),
    industry: textAt(traits, 'industry'),
    description: textAt(traits, 'description'),
    employees: typeof employees === 'number' ? Math.round(employees) : employees,
    phone: textAt(traits, 'phone'),
    ...address(traits.address),
  })
}

/** Host of the company's site, from `domain` or else `website`. */
export function domainOf(traits: Json): string | undefined {
  for (const text of [textAt(traits, 'domain'), textAt(traits, 'website', 'url')]) {
    if (!text?.includes('.')) continue
    const host = hostOf(/^https?:\/\//i.test(text) ? text : `https://${text}`)
    if (host) return withoutWww(host)
  }
  return undefined
}

function address(
  value: unknown,
): Pick<PersonAttributes, 'street' | 'city' | 'region' | 'postal_code' | 'country'> {
  if (typeof value === 'string') return { street: value }
  if (!isObject(value)) return {}
  return {
    street: textAt(value, 'street'),
    city: textAt(value, 'city'),
    region: textAt(value, 'state', 'region'),
    postal_code: textAt(value, 'postalCode', 'postal_code', 'zip'),
    country: countryCode(textAt(value, 'countryCode', 'country_code', 'country')),
  }
}

let codes: Map<string, string> | undefined

/** "DE", "de" or "Germany" as "DE"; undefined where it is none of them. */
function countryCode(country: Text): Text {
  if (country === undefined || country === null || country === '') return country
  const text = country.trim()
  if (/^[a-z]{2}$/i.test(text)) return /^uk$/i.test(text) ? 'GB' : text.toUpperCase()
  codes ??= namesOfCountries()
  return codes.get(text.toLowerCase())
}

function namesOfCountries(): Map<string, string> {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const found = letters
    .flatMap((a) => letters.map((b) => a + b))
    .flatMap((code) => {
      const name = names.of(code)
      // A code out of use has the name of its successor; Locale gives the code that is in use.
      return name
        ? [[name.toLowerCase(), new Intl.Locale('und', { region: code }).region ?? code] as const]
        : []
    })
  return new Map([...found, ['usa', 'US'], ['united states of america', 'US'], ['great britain', 'GB']])
}

/** Without the fields that nothing was said about, so that absent stays absent. */
function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}
