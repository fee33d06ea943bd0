import {
  type AccountAttributes,
  type Contribution,
  domain,
  email,
  type Identifier,
  type PersonAttributes,
  userId,
  vendorId,
} from '#model'
import type { CustomerRecord } from './records.ts'

const USER_ID_KEYS = ['user_id', 'userId', 'userid']
const COMPANY_KEYS = ['company', 'company_name', 'organization', 'organisation']

const metadata = (record: CustomerRecord, keys: readonly string[]): string | undefined =>
  keys.map((key) => record.metadata?.[key]).find((value) => value)

/**
 * A customer is the person who is billed and, where there is a sign of one, the company behind them: a business name,
 * a company in the metadata, a tax id, or an e-mail address at a domain (free-mail domains are left out by identity).
 */
export function mapCustomer(record: CustomerRecord): Contribution[] {
  const mailDomain = record.email?.split('@')[1]?.trim()
  const company = companyName(record)
  const hasCompany = Boolean(company || hasTaxId(record) || mailDomain)
  const user = metadata(record, USER_ID_KEYS)
  const self = vendorId(record.id)
  const person: Contribution = {
    type: 'person',
    identifiers: [self, ...(record.email ? [email(record.email)] : []), ...(user ? [userId(user)] : [])],
    attributes: personAttributes(record, company),
    ...(hasCompany ? { account: [self] } : {}),
  }
  if (!hasCompany) return [person]
  const identifiers: Identifier[] = [self, ...(mailDomain ? [domain(mailDomain)] : [])]
  return [person, { type: 'account', identifiers, attributes: accountAttributes(record, company) }]
}

const hasTaxId = (record: CustomerRecord): boolean => (record.tax_ids?.data.length ?? 0) > 0

/** With a tax id, `name` is the name on the tax invoice, so the company's, unless a person is named beside it. */
function companyName(record: CustomerRecord): string | undefined {
  return (
    record.business_name ||
    metadata(record, COMPANY_KEYS) ||
    (hasTaxId(record) && record.name && record.name !== record.individual_name ? record.name : undefined)
  )
}

/** Names are not split: which part is the family name differs between languages. */
function fullName(record: CustomerRecord, company: string | undefined): Pick<PersonAttributes, 'full_name'> {
  if (record.individual_name) return { full_name: record.individual_name }
  if (record.name && record.name === company) return {}
  return record.name === undefined ? {} : { full_name: record.name }
}

function personAttributes(record: CustomerRecord, company: string | undefined): PersonAttributes {
  const language = record.preferred_locales?.[0]
  return {
    ...(record.email === undefined ? {} : { email: record.email }),
    ...fullName(record, company),
    ...(record.phone === undefined ? {} : { phone: record.phone }),
    ...(company ? { company_name: company } : {}),
    ...(language ? { language } : {}),
    ...address(record),
  }
}

function accountAttributes(record: CustomerRecord, company: string | undefined): AccountAttributes {
  const vat = record.tax_ids?.data.find(({ type }) => type.endsWith('_vat'))?.value
  return {
    ...(company ? { name: company } : {}),
    ...(vat ? { vat_id: vat } : {}),
    ...(company ? address(record) : {}),
  }
}

type AddressAttributes = Pick<PersonAttributes, 'street' | 'city' | 'region' | 'postal_code' | 'country'>

/** An address that Stripe holds as null is known to be missing; one that was not sent says nothing. */
function address(record: CustomerRecord): AddressAttributes {
  const at = record.address
  if (at === undefined) return {}
  if (at === null) return { street: null, city: null, region: null, postal_code: null, country: null }
  return {
    ...(at.line1 === undefined
      ? {}
      : { street: at.line1 && at.line2 ? `${at.line1}\n${at.line2}` : at.line1 }),
    ...(at.city === undefined ? {} : { city: at.city }),
    ...(at.state === undefined ? {} : { region: at.state }),
    ...(at.postal_code === undefined ? {} : { postal_code: at.postal_code }),
    ...(at.country === undefined ? {} : { country: at.country }),
  }
}
