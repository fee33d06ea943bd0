import type { Attribute, PERSON_ATTRIBUTES } from './attributes.ts'
import type { Evidence, Score } from './score.ts'

/** From here on two records are merged without asking, and from here on a person is asked. */
export const MERGE_FROM = 0.99
export const REVIEW_FROM = 0.5

export type Outcome = 'merge' | 'review' | 'distinct'

export interface Decision {
  outcome: Outcome
  /** Why a pair that is probable enough waits for a person all the same. */
  heldBack?: HeldBack
}

/** Of people: one kind of evidence, given names. Of companies: one kind of evidence and the others. */
export type HeldBack =
  | 'one_kind_of_evidence'
  | 'given_names_differ'
  | 'names_differ'
  | 'legal_forms_differ'
  | 'domains_differ'
  | 'countries_differ'

/** Attributes that come and go together are one kind of evidence: a household shares all of its address. */
const KIND: Record<(typeof PERSON_ATTRIBUTES)[number], string> & Partial<Record<Attribute, string>> = {
  given_name: 'name',
  family_name: 'name',
  email: 'e-mail',
  phone: 'phone',
  id_number: 'id number',
  birth_date: 'birth date',
  company: 'company',
  domain: 'company',
  street_number: 'address',
  street: 'address',
  locality: 'address',
  city: 'address',
  region: 'address',
  postal_code: 'address',
  country: 'address',
}

/**
 * Merge, ask or leave apart. The formula takes attributes for independent, and people at one address are not: whoever
 * differs in the given name is merged only where something says so that belongs to one person.
 */
export function decide({ probability, evidence }: Score): Decision {
  if (probability < REVIEW_FROM) return { outcome: 'distinct' }
  if (probability < MERGE_FROM) return { outcome: 'review' }
  const agreeing = evidence.filter(({ weight }) => weight > 0)
  if (new Set(agreeing.map(({ attribute }) => KIND[attribute])).size < 2)
    return { outcome: 'review', heldBack: 'one_kind_of_evidence' }
  if (levelOf(evidence, 'given_name') === 'different' && !isPersonal(evidence))
    return { outcome: 'review', heldBack: 'given_names_differ' }
  return { outcome: 'merge' }
}

/** Twins share birth date and address, couples an e-mail address. */
const isPersonal = (evidence: readonly Evidence[]): boolean => {
  const isEqual = (attribute: Attribute) => levelOf(evidence, attribute) === 'equal'
  return isEqual('id_number') || (isEqual('birth_date') && isEqual('email'))
}

export const levelOf = (evidence: readonly Evidence[], attribute: Attribute) =>
  evidence.find((one) => one.attribute === attribute)?.level
