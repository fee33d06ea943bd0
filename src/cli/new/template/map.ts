import { RecordError } from '#kit'
import {
  type AccountContribution,
  type Contribution,
  domain,
  email,
  type Identifier,
  type Instant,
  type PersonContribution,
  parseInstant,
  vendorId,
} from '#model'
import type { Contact } from './api.ts'

/** Pure: no clock, no network. The raw record is kept, so this may change later and be run again over everything. */
export function map(contact: Contact): Contribution[] {
  const observedAt = instantOf(contact, 'updated_at')
  const account = accountOf(contact, observedAt)
  return [personOf(contact, observedAt, account?.identifiers), ...(account ? [account] : [])]
}

function personOf(
  contact: Contact,
  observedAt: Instant,
  account: Identifier[] | undefined,
): PersonContribution {
  return {
    type: 'person',
    identifiers: [vendorId(contact.id), ...(contact.email ? [email(contact.email)] : [])],
    // Absent, null and empty are three things: what the vendor did not send is not mentioned.
    attributes: {
      ...(contact.email === undefined ? {} : { email: contact.email }),
      ...(contact.first_name === undefined ? {} : { first_name: contact.first_name }),
      ...(contact.last_name === undefined ? {} : { last_name: contact.last_name }),
      ...(contact.company?.name ? { company_name: contact.company.name } : {}),
    },
    ...(account ? { account } : {}),
    observed_at: observedAt,
  }
}

function accountOf({ company }: Contact, observedAt: Instant): AccountContribution | undefined {
  if (!company?.domain) return undefined
  return {
    type: 'account',
    identifiers: [domain(company.domain)],
    attributes: company.name ? { name: company.name } : {},
    observed_at: observedAt,
  }
}

function instantOf(contact: Contact, field: 'updated_at'): Instant {
  const at = parseInstant(contact[field])
  if (at !== undefined) return at
  throw new RecordError('record.invalid', `${field} is not a date: ${contact[field]}`, { at: { field } })
}
