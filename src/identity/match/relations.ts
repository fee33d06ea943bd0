import type { Attribute } from './attributes.ts'

const ADDRESS: readonly Attribute[] = ['street_number', 'street', 'locality', 'city', 'region', 'postal_code']
const WORK: readonly Attribute[] = ['company', 'domain', 'email', 'phone']

export interface Relation {
  name: string
  isSame: boolean
  /** Whether both sides have this attribute from one origin, so that it agrees as it does on true pairs. */
  shares(attribute: Attribute): boolean
  /** Share among pairs of one block, as believed before any is seen. */
  expected: number
}

export type RelationName = 'same' | 'moved' | 'changed_job' | 'relative' | 'colleague' | 'stranger'

const except = (attributes: readonly Attribute[]) => (attribute: Attribute) => !attributes.includes(attribute)
const only = (attributes: readonly Attribute[]) => (attribute: Attribute) => attributes.includes(attribute)

/**
 * What records of two people can be to each other. Same or stranger is not enough: relatives share name, home and telephone, and
 * colleagues employer, office and switchboard, all at once; and whoever moves house changes street, town and code at
 * once. Within a relation attributes are taken for independent.
 */
export const RELATIONS: readonly (Relation & { name: RelationName })[] = [
  { name: 'same', isSame: true, expected: 0.2, shares: () => true },
  { name: 'moved', isSame: true, expected: 0.03, shares: except(ADDRESS) },
  { name: 'changed_job', isSame: true, expected: 0.02, shares: except(WORK) },
  { name: 'relative', isSame: false, expected: 0.05, shares: only(['family_name', 'phone', ...ADDRESS]) },
  {
    name: 'colleague',
    isSame: false,
    expected: 0.05,
    shares: only(['company', 'domain', 'phone', ...ADDRESS]),
  },
  { name: 'stranger', isSame: false, expected: 0.65, shares: () => false },
]

/** Relation → share of pairs. */
export type Shares = Record<RelationName, number>

export const EXPECTED_SHARES = Object.fromEntries(
  RELATIONS.map(({ name, expected }) => [name, expected]),
) as Shares
