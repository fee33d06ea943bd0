import type { Attribute, MatchRecord } from './attributes.ts'
import { COMPANY_COMPARISONS } from './company-comparisons.ts'
import { companyKeys, PHONE_RULE } from './company-keys.ts'
import { type Decision, type HeldBack, levelOf, MERGE_FROM, REVIEW_FROM } from './decide.ts'
import type { MatchModel } from './model.ts'
import { isSharedByCompanies } from './protect.ts'
import type { Relation } from './relations.ts'
import type { MatchRules } from './rules.ts'
import type { Evidence, Score } from './score.ts'

const ADDRESS: readonly Attribute[] = ['street_number', 'street', 'city', 'region', 'postal_code']
const SHARED_BY_GROUP: readonly Attribute[] = ['name', 'label', 'domain']
const SHARED_BY_HOUSE: readonly Attribute[] = [...ADDRESS, 'country', 'phone']

/**
 * What records of two companies can be to each other. Companies of one group share the name and web addresses that differ
 * in their endings; companies of one house share address and switchboard.
 */
const RELATIONS: readonly Relation[] = [
  { name: 'same', isSame: true, expected: 0.2, shares: () => true },
  { name: 'moved', isSame: true, expected: 0.03, shares: (attribute) => !ADDRESS.includes(attribute) },
  {
    name: 'group',
    isSame: false,
    expected: 0.1,
    shares: (attribute) => SHARED_BY_GROUP.includes(attribute),
  },
  {
    name: 'house',
    isSame: false,
    expected: 0.1,
    shares: (attribute) => SHARED_BY_HOUSE.includes(attribute),
  },
  { name: 'stranger', isSame: false, expected: 0.57, shares: () => false },
]

/** Every company has about one duplicate, one in four another of its group, and five others in its house. */
function startingModel(records: number): MatchModel {
  const one = 1 / Math.max(10, records)
  const shares = { same: one, moved: one / 10, group: one / 4, house: one * 5 }
  return {
    version: 1,
    shares: { ...shares, stranger: 1 - 6.35 * one },
    comparisons: COMPANY_COMPARISONS.map(({ attribute, levels, byFrequency }) => ({
      attribute,
      levels: levels.map((level) => ({ ...level })),
      ...(byFrequency ? { frequencies: { common: {}, rare: levels[0]!.u } } : {}),
    })),
  }
}

/** A town or a legal form alone is no evidence of its own. */
const KIND: Partial<Record<Attribute, string>> = {
  name: 'name',
  label: 'name',
  domain: 'name',
  phone: 'phone',
  linkedin: 'profile',
  lei: 'registration',
  vat_id: 'registration',
  company_number: 'registration',
  street: 'address',
  postal_code: 'address',
}

/**
 * Two registration ids, or two countries with a domain each, are two companies, whatever else agrees; so are two units of a
 * group. Merged without asking are only pairs of one name of which nothing says otherwise.
 */
function decide({ probability, evidence }: Score): Decision {
  if (probability < REVIEW_FROM || areTwo(evidence)) return { outcome: 'distinct' }
  if (probability < MERGE_FROM) return { outcome: 'review' }
  const heldBack = reasonToAsk(evidence)
  return heldBack ? { outcome: 'review', heldBack } : { outcome: 'merge' }
}

function areTwo(evidence: readonly Evidence[]): boolean {
  const is = (attribute: Attribute, level: string) => levelOf(evidence, attribute) === level
  if (is('lei', 'different') || is('vat_id', 'different') || is('company_number', 'different')) return true
  if (is('name', 'other unit')) return true
  const domain = levelOf(evidence, 'domain')
  return is('country', 'different') && domain !== undefined && domain !== 'equal'
}

function reasonToAsk(evidence: readonly Evidence[]): HeldBack | undefined {
  const kinds = evidence.flatMap(({ attribute, weight }) => (weight > 0 ? (KIND[attribute] ?? []) : []))
  if (new Set(kinds).size < 2) return 'one_kind_of_evidence'
  const name = levelOf(evidence, 'name') ?? 'equal'
  if (!name.startsWith('equal') && name !== 'close') return 'names_differ'
  if (levelOf(evidence, 'legal_form') === 'different') return 'legal_forms_differ'
  if (levelOf(evidence, 'domain') === 'different') return 'domains_differ'
  return levelOf(evidence, 'country') === 'different' ? 'countries_differ' : undefined
}

/** One belongs to the other, or both to a third, by the word of a source. */
function areApart(a: MatchRecord, b: MatchRecord): boolean {
  const [above, over] = [a.values.parents?.split(' ') ?? [], b.values.parents?.split(' ') ?? []]
  return above.includes(b.id) || over.includes(a.id) || above.some((id) => over.includes(id))
}

export const COMPANIES: MatchRules = {
  relations: RELATIONS,
  comparisons: COMPANY_COMPARISONS,
  keys: companyKeys,
  personal: [['phone', PHONE_RULE]],
  isShared: isSharedByCompanies,
  areApart,
  decide,
  startingModel,
}
