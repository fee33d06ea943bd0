import { type CrmValue, countryCode, type MapContext, type Mirror } from '#kit'
import { type Contribution, crmRecord, domain, email, type Identifier, phone } from '#model'
import type { SalesforceConfig } from '../config.ts'
import { toLongId } from '../ids.ts'
import { held, instant, number, parentText, type Row, text } from './row.ts'

interface Column {
  attribute: string
  /** The first that holds something is taken. */
  fields: string[]
  read?(row: Row, field: string, config: SalesforceConfig): unknown
}

const column = (attribute: string, ...fields: string[]): Column => ({ attribute, fields })

const country = (...fields: string[]): Column => ({
  attribute: 'country',
  fields,
  read: (row, field) => countryCode(text(row, field) ?? ''),
})

const SHARED: Column[] = [
  column('email', 'Email'),
  column('first_name', 'FirstName'),
  column('last_name', 'LastName'),
  column('title', 'Title'),
  column('phone', 'Phone', 'MobilePhone'),
  column('lead_source', 'LeadSource'),
  {
    attribute: 'consent',
    fields: ['HasOptedOutOfEmail'],
    read: (row) => (row.HasOptedOutOfEmail === true ? { marketing: 'denied' } : undefined),
  },
]
/** Who made a record owns it until somebody takes it: of our own ones that says nothing. */
const OWNER: Column = {
  attribute: 'owner_email',
  fields: ['OwnerId'],
  read: (row, _field, config) =>
    text(row, config.externalIdField) && row.OwnerId === row.CreatedById
      ? undefined
      : parentText(row, 'Owner', 'Email'),
}

export const CONTACT: Column[] = [
  ...SHARED,
  column('department', 'Department'),
  column('street', 'MailingStreet'),
  column('city', 'MailingCity'),
  column('region', 'MailingState'),
  column('postal_code', 'MailingPostalCode'),
  country('MailingCountryCode', 'MailingCountry'),
  OWNER,
]

export const LEAD: Column[] = [
  ...SHARED,
  {
    attribute: 'company_name',
    fields: ['Company'],
    // What Salesforce and forms fill in where a company is required and nobody knows it.
    read: (row) =>
      /^\[?(not provided|unknown|n\/a|none|-)\]?$/i.test(text(row, 'Company') ?? '')
        ? undefined
        : row.Company,
  },
  column('street', 'Street'),
  column('city', 'City'),
  column('region', 'State'),
  column('postal_code', 'PostalCode'),
  country('CountryCode', 'Country'),
  OWNER,
]

export const ACCOUNT: Column[] = [
  column('name', 'Name'),
  column('website', 'Website'),
  { attribute: 'domain', fields: ['Website'], read: (row) => hostOf(text(row, 'Website')) },
  column('industry', 'Industry'),
  column('phone', 'Phone'),
  {
    attribute: 'employees',
    fields: ['NumberOfEmployees'],
    read: (row) => {
      const count = number(row, 'NumberOfEmployees')
      return count !== undefined && Number.isInteger(count) && count > 0 ? count : undefined
    },
  },
  {
    attribute: 'annual_revenue',
    fields: ['AnnualRevenue'],
    read: (row, field, config) =>
      (text(row, 'CurrencyIsoCode') ?? config.currency) === 'USD' ? number(row, field) : undefined,
  },
  column('street', 'BillingStreet'),
  column('city', 'BillingCity'),
  column('region', 'BillingState'),
  column('postal_code', 'BillingPostalCode'),
  country('BillingCountryCode', 'BillingCountry'),
  column('relation', 'Type'),
  OWNER,
]

const isFilled = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

const fieldOf = ({ fields }: Column, row: Row): string =>
  fields.find((name) => isFilled(row[name])) ?? fields[0]!

/** What is filled in; an empty field is one that nobody has filled in yet. */
function attributesOf(columns: Column[], row: Row, config: SalesforceConfig): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const one of columns) {
    const field = fieldOf(one, row)
    const value = one.read ? one.read(row, field, config) : text(row, field)
    if (isFilled(value)) attributes[one.attribute] = value
  }
  return attributes
}

const fieldsOf = (columns: Column[], row: Row): Record<string, { field: string; value: CrmValue }> =>
  Object.fromEntries(columns.map((one) => [one.attribute, held(row, fieldOf(one, row))]))

export const selectionOf = (columns: Column[]): string[] => [
  ...new Set(columns.flatMap(({ fields }) => fields)),
  'Owner.Email',
  'CreatedById',
  'CurrencyIsoCode',
  'MasterRecordId',
]

export const keyOf = (row: Row): string => toLongId(row.Id)

export function mirrorOf(object: string, columns: Column[]): Mirror<Row> {
  return {
    object,
    fields: (row) => fieldsOf(columns, row),
    createdAt: (row) => instant(row, 'CreatedDate'),
    ...(object === 'Contact'
      ? {
          account: (row: Row) => {
            const id = accountOf(row)
            return id === undefined ? undefined : { field: 'AccountId', object: 'Account', crmId: id }
          },
        }
      : {}),
  }
}

/** A person account is no company. */
const accountOf = (row: Row): string | undefined => {
  const id = text(row, 'AccountId')
  return id === undefined || row.IsPersonAccount === true ? undefined : toLongId(id)
}

export const mapContact = (row: Row, { config }: MapContext<SalesforceConfig>): Contribution[] => {
  const account = accountOf(row)
  return person(row, 'Contact', CONTACT, config, account ? { account: [crmRecord('Account', account)] } : {})
}

export const mapLead = (row: Row, { config }: MapContext<SalesforceConfig>): Contribution[] => {
  const contact = row.IsConverted === true ? text(row, 'ConvertedContactId') : undefined
  if (contact !== undefined) return [movedPerson(row, 'Lead', 'Contact', contact)]
  return person(row, 'Lead', LEAD, config, {})
}

function person(
  row: Row,
  object: string,
  columns: Column[],
  config: SalesforceConfig,
  more: { account?: Identifier[] },
): Contribution[] {
  const master = text(row, 'MasterRecordId')
  if (master !== undefined) return [movedPerson(row, object, object, master)]
  const attributes = attributesOf(columns, row, config)
  return [{ type: 'person', identifiers: identifiersOf(row, object), attributes, ...more }]
}

/** Whoever was merged or converted is who they became; what they are is said by the record that is left. */
const movedPerson = (row: Row, object: string, toObject: string, to: string): Contribution => ({
  type: 'person',
  slot: 'moved',
  identifiers: [...identifiersOf(row, object), crmRecord(toObject, toLongId(to))],
  attributes: {},
  account: [],
})

function identifiersOf(row: Row, object: string): Identifier[] {
  const address = text(row, 'Email')
  const numbers = [text(row, 'MobilePhone'), text(row, 'Phone')]
  return [
    crmRecord(object, keyOf(row)),
    ...(address ? [email(address)] : []),
    // Calls find the person by them.
    ...numbers.flatMap((number) => (number ? [phone(number)] : [])),
  ]
}

export function mapAccount(row: Row, { config }: MapContext<SalesforceConfig>): Contribution[] {
  if (row.IsPersonAccount === true) return []
  const own = crmRecord('Account', keyOf(row))
  const master = text(row, 'MasterRecordId')
  if (master !== undefined) {
    const identifiers = [own, crmRecord('Account', toLongId(master))]
    return [{ type: 'account', slot: 'moved', identifiers, attributes: {} }]
  }
  const host = hostOf(text(row, 'Website'))
  const parent = text(row, 'ParentId')
  return [
    {
      type: 'account',
      identifiers: [own, ...(host ? [domain(host)] : [])],
      attributes: attributesOf(ACCOUNT, row, config),
      ...(parent === undefined ? {} : { parent: [crmRecord('Account', toLongId(parent))] }),
    },
  ]
}

function hostOf(website: string | undefined): string | undefined {
  if (website === undefined) return undefined
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(website) ? website : `https://${website}`
  return URL.canParse(url) && new URL(url).hostname.includes('.') ? new URL(url).hostname : undefined
}
