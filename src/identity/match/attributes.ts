/** What people are compared by; serialised names, as in the canonical model where it has the same. */
export const PERSON_ATTRIBUTES = [
  'given_name',
  'family_name',
  'email',
  'phone',
  'id_number',
  'birth_date',
  'company',
  'domain',
  'street_number',
  'street',
  'locality',
  'city',
  'region',
  'postal_code',
  'country',
] as const

/** What companies are compared by: a name without its legal form, and what it is in a web address (`label`). */
export const COMPANY_ATTRIBUTES = [
  'name',
  'legal_form',
  'label',
  'domain',
  'phone',
  'linkedin',
  'lei',
  'vat_id',
  'company_number',
  'street_number',
  'street',
  'city',
  'region',
  'postal_code',
  'country',
  'parents',
] as const
export type Attribute = (typeof PERSON_ATTRIBUTES)[number] | (typeof COMPANY_ATTRIBUTES)[number]

export type Values = { readonly [A in Attribute]?: string }

/** A record in the form in which it is compared; `prepareRecord` makes it of what a source wrote. */
export interface MatchRecord {
  id: string
  values: Values
  /** Records of one source that holds nobody twice are not compared with each other. */
  source?: string
}

/** A record and who it really is. */
export interface LabelledRecord extends MatchRecord {
  entity: string
}
