import { type CrmValue, countryCode, type MapContext, type Mirror } from '#kit'
import { type Contribution, crmRecord, domain, email, type Identifier, phone } from '#model'
import type { Config } from '../config.ts'
import { instant, number, type Row, text } from './row.ts'

interface Column {
  attribute: string
  /** The first that holds something is taken. */
  properties: string[]
  read?(row: Row, property: string, config: Config): unknown
}

const column = (attribute: string, ...properties: string[]): Column => ({ attribute, properties })
const country = (...properties: string[]): Column => ({
  attribute: 'country',
  properties,
  read: (row, property) => countryCode(text(row, property) ?? ''),
})
const OWNER: Column = {
  attribute: 'owner_email',
  properties: ['hubspot_owner_id'],
  read: (row) => row.owner_email ?? undefined,
}

const CONTACT: Column[] = [
  column('email', 'email'),
  column('first_name', 'firstname'),
  column('last_name', 'lastname'),
  column('title', 'jobtitle'),
  column('company_name', 'company'),
  column('phone', 'phone', 'mobilephone'),
  column('street', 'address'),
  column('city', 'city'),
  column('region', 'state'),
  column('postal_code', 'zip'),
  country('hs_country_region_code', 'country'),
  column('language', 'hs_language'),
  column('linkedin_url', 'hs_linkedin_url'),
  {
    attribute: 'consent',
    properties: ['hs_email_optout'],
    read: (row) => (text(row, 'hs_email_optout') === 'true' ? { marketing: 'denied' } : undefined),
  },
  OWNER,
]

const COMPANY: Column[] = [
  column('name', 'name'),
  column('domain', 'domain'),
  column('website', 'website'),
  { attribute: 'industry', properties: ['industry'], read: (row) => industryOf(text(row, 'industry')) },
  column('phone', 'phone'),
  {
    attribute: 'employees',
    properties: ['numberofemployees'],
    read: (row) => {
      const count = number(row, 'numberofemployees')
      return count !== undefined && Number.isInteger(count) && count > 0 ? count : undefined
    },
  },
  {
    attribute: 'annual_revenue',
    properties: ['annualrevenue'],
    read: (row, property, { currency }) => (currency === 'USD' ? number(row, property) : undefined),
  },
  {
    attribute: 'founded',
    properties: ['founded_year'],
    read: (row) =>
      /^\d{4}$/.test(text(row, 'founded_year') ?? '') ? number(row, 'founded_year') : undefined,
  },
  column('linkedin_url', 'linkedin_company_page'),
  column('street', 'address'),
  column('city', 'city'),
  column('region', 'state'),
  column('postal_code', 'zip'),
  country('country'),
  column('relation', 'type'),
  OWNER,
]

/** COMPUTER_SOFTWARE → computer software, as people and providers of company data write it. */
const industryOf = (value: string | undefined): string | undefined =>
  value?.replace(/_AND_/g, ' & ').replace(/_/g, ' ').toLowerCase()

const propertyOf = ({ properties }: Column, row: Row): string =>
  properties.find((name) => text(row, name) !== undefined) ?? properties[0]!

/** What is filled in; an empty property is one that nobody has filled in yet. */
function attributesOf(columns: Column[], row: Row, config: Config): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const one of columns) {
    const property = propertyOf(one, row)
    const value = one.read ? one.read(row, property, config) : text(row, property)
    if (value !== undefined && value !== '') attributes[one.attribute] = value
  }
  return attributes
}

function mirror(object: string, columns: Column[], created: string): Mirror<Row> {
  return {
    object,
    fields: (row) =>
      Object.fromEntries(
        columns.map((one): [string, { field: string; value: CrmValue }] => {
          const field = propertyOf(one, row)
          return [one.attribute, { field, value: text(row, field) ?? null }]
        }),
      ),
    createdAt: (row) => instant(row, created),
  }
}

export const CONTACT_PROPERTIES: string[] = [
  ...CONTACT.flatMap(({ properties }) => properties),
  'hs_additional_emails',
  'associatedcompanyid',
  'createdate',
]
export const COMPANY_PROPERTIES: string[] = [
  ...COMPANY.flatMap(({ properties }) => properties),
  'hs_parent_company_id',
  'createdate',
]

export const contactMirror: Mirror<Row> = {
  ...mirror('contacts', CONTACT, 'createdate'),
  account: (row) => {
    const id = text(row, 'associatedcompanyid')
    return id === undefined ? undefined : { field: '→companies', object: 'companies', crmId: id }
  },
}
export const companyMirror: Mirror<Row> = mirror('companies', COMPANY, 'createdate')

export function mapContact(row: Row, { config }: MapContext<Config>): Contribution[] {
  if (row.movedTo) return [moved(row, 'contacts', 'person')]
  const addresses = [text(row, 'email'), ...(text(row, 'hs_additional_emails') ?? '').split(';')]
  const identifiers: Identifier[] = [
    crmRecord('contacts', row.id),
    ...addresses.flatMap((address) => (address?.trim() ? [email(address.trim())] : [])),
  ]
  // Calls find the person by them.
  for (const number of [text(row, 'mobilephone'), text(row, 'phone')])
    if (number !== undefined) identifiers.push(phone(number))
  const company = text(row, 'associatedcompanyid')
  return [
    {
      type: 'person',
      identifiers,
      attributes: attributesOf(CONTACT, row, config),
      ...(company ? { account: [crmRecord('companies', company)] } : {}),
    },
  ]
}

export function mapCompany(row: Row, { config }: MapContext<Config>): Contribution[] {
  if (row.movedTo) return [moved(row, 'companies', 'account')]
  const host = text(row, 'domain')
  const parent = text(row, 'hs_parent_company_id')
  return [
    {
      type: 'account',
      identifiers: [crmRecord('companies', row.id), ...(host ? [domain(host)] : [])],
      attributes: attributesOf(COMPANY, row, config),
      ...(parent ? { parent: [crmRecord('companies', parent)] } : {}),
    },
  ]
}

/** Whoever was merged is who they became; what they are is said by the record that is left. */
const moved = (row: Row, object: string, type: 'person' | 'account'): Contribution => ({
  type,
  slot: 'moved',
  identifiers: [crmRecord(object, row.id), crmRecord(object, row.movedTo!)],
  attributes: {},
  ...(type === 'person' ? { account: [] } : {}),
})
