import {
  nameKey,
  readBirthDate,
  readCompany,
  readCountry,
  readDomain,
  readEmail,
  readPersonName,
  readPhone,
  readPostalCode,
  readRegion,
  readStreet,
  streetKey,
} from '../normalise/index.ts'
import { latin } from '../normalise/latin.ts'
import { isPlaceholder } from '../normalise/placeholders.ts'
import type { Values } from './attributes.ts'

/** What sources write about a person; serialised names, as in the canonical model where it has the same. */
export const WRITTEN_FIELDS = [
  'first_name',
  'last_name',
  'full_name',
  'email',
  'phone',
  'id_number',
  'birth_date',
  'company_name',
  'website',
  'street_number',
  'street',
  'street_2',
  'city',
  'region',
  'postal_code',
  'country',
] as const
export type WrittenField = (typeof WRITTEN_FIELDS)[number]

/**
 * The form in which a record is compared. Values that are malformed or made up are left out, as are mailboxes of a
 * function: they say nothing about who it is.
 */
export function prepareValues(written: { [F in WrittenField]?: string | null | undefined }): Values {
  const country = readCountry(written.country).value
  const hint = country === undefined ? {} : { country }
  const name = readPersonName(
    { given: written.first_name, family: written.last_name, full: written.full_name },
    hint,
  ).value
  const street = readStreet(written.street).value
  const email = readEmail(written.email)
  const domain = readDomain(written.website ?? email.value?.domain)
  const company = readCompany(written.company_name).value
  const values: { [A in keyof Values]: string | undefined } = {
    given_name: keyOf(name?.given, nameKey),
    family_name: keyOf(name?.family, nameKey),
    email: email.flags.includes('role_address') ? undefined : email.value?.address,
    phone: readPhone(written.phone, hint).value?.number,
    id_number: keyOf(written.id_number, (text) => latin(text).replace(/[^\p{L}\p{N}]+/gu, '')),
    birth_date: readBirthDate(written.birth_date).value,
    company: company?.key,
    domain: domain.grade === 'good' ? domain.value : undefined,
    street_number: keyOf(written.street_number, (text) => latin(text).replace(/\s/g, '')) ?? street?.number,
    street: street?.key,
    locality: keyOf(written.street_2, streetKey),
    city: keyOf(written.city, nameKey),
    region: regionOf(written.region, hint),
    postal_code: readPostalCode(written.postal_code, hint).value,
    country,
  }
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  ) as Values
}

function keyOf(text: string | null | undefined, fold: (text: string) => string): string | undefined {
  return text === null || text === undefined || isPlaceholder(text) ? undefined : fold(text)
}

function regionOf(text: string | null | undefined, hint: { country?: string }): string | undefined {
  const region = readRegion(text, hint).value
  return region && (region.code ?? nameKey(region.display)).toLowerCase()
}
