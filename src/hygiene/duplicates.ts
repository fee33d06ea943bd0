import {
  type Attribute,
  BLOCKING_RULES,
  type BlockingRule,
  decide,
  type Evidence,
  type MatchModel,
  type MatchRecord,
  type Outcome,
  type Scorer,
  startingModel,
  type Values,
} from '../identity/match/index.ts'
import { jaroWinkler } from '../identity/match/jaro-winkler.ts'
import type { Frequencies } from '../identity/match/model.ts'

/** A record as far as it is compared; `number` is its place among the records of its object. */
export interface Candidate extends MatchRecord {
  object: string
  crmId: string
  number: number
  /** Carries our key. */
  isOurs: boolean
  /** Fields that hold something. */
  filled: number
  createdAt: number
  /** Company above this one. */
  parent?: string | undefined
}

/** How records of one kind are compared with each other. */
export interface Likeness {
  /** Who is compared with whom. */
  rules: readonly BlockingRule[]
  /** Attributes whose value counts more the rarer it is. */
  counted: readonly Attribute[]
  /** Attributes whose value says nothing where people of many names hold it. */
  personal: readonly Attribute[]
  modelOf(records: number, frequencies: ReadonlyMap<Attribute, Frequencies>): MatchModel
  /** False where the pair is two for certain, at a fraction of what judging it costs. */
  mayBeOne(scorer: Scorer, a: Candidate, b: Candidate): boolean
  decide(outcome: Outcome, a: Candidate, b: Candidate, evidence: readonly Evidence[]): Outcome
}

/** Same or not: `merge` is certain, `review` is for a person. */
export function judgePair(
  { mayBeOne, decide: decideOf }: Likeness,
  scorer: Scorer,
  a: Candidate,
  b: Candidate,
): { outcome: Outcome; probability: number } {
  if (!mayBeOne(scorer, a, b)) return { outcome: 'distinct', probability: 0 }
  const score = scorer.score(a, b)
  return {
    outcome: decideOf(decide(score).outcome, a, b, score.evidence),
    probability: score.probability,
  }
}

/** What is believed beforehand, with how common each value is in these records. */
function modelOf(records: number, frequencies: ReadonlyMap<Attribute, Frequencies>): MatchModel {
  const model = startingModel(records)
  const comparisons = model.comparisons.map((comparison) => {
    const found = frequencies.get(comparison.attribute)
    return found ? { ...comparison, frequencies: found } : comparison
  })
  return { ...model, comparisons }
}

const COUNTED = startingModel(1).comparisons.flatMap(({ attribute, frequencies }) =>
  frequencies ? [attribute] : [],
)

/** By what matching has learned to expect of people. */
export const PEOPLE_ALIKE: Likeness = {
  rules: BLOCKING_RULES,
  counted: COUNTED,
  personal: ['email', 'phone'],
  modelOf,
  mayBeOne: (scorer, a, b) => scorer.mayBeSame(a, b),
  decide: peopleAre,
}

const PERSONAL: Readonly<Record<string, readonly string[]>> = {
  email: ['equal', 'same mailbox'],
  phone: ['equal', 'same ending'],
}

/**
 * A plan merges on this, so it wants more than a hub that can take a merge back: an address or number of the person's own
 * must agree. Colleagues of one family name are two people.
 */
function peopleAre(outcome: Outcome, _a: Candidate, _b: Candidate, evidence: readonly Evidence[]): Outcome {
  if (evidence.some(({ attribute, level }) => PERSONAL[attribute]?.includes(level))) return outcome
  const isOther = evidence.some(({ attribute, level }) => attribute === 'given_name' && level === 'different')
  return isOther ? 'distinct' : outcome === 'merge' ? 'review' : outcome
}

const equal = (name: string, attributes: BlockingRule['attributes']): BlockingRule => ({
  name,
  attributes,
  key: (values) => {
    const parts = attributes.map((attribute) => values[attribute])
    return parts.includes(undefined) ? undefined : parts.join('\u0000')
  },
})

const COMPANY_RULES: readonly BlockingRule[] = [
  equal('domain', ['domain']),
  equal('company', ['company']),
  equal('phone', ['phone']),
  equal('street and number', ['street', 'street_number']),
  {
    name: 'beginning of company and city',
    attributes: ['company', 'city'],
    key: ({ company, city }) =>
      company !== undefined && company.length > 3 && city !== undefined
        ? `${company.slice(0, 4)}\u0000${city}`
        : undefined,
  },
]
const COMPANY_ATTRIBUTES = new Set<string>([
  'company',
  'domain',
  'phone',
  'street_number',
  'street',
  'city',
  'region',
  'postal_code',
  'country',
])

/** Companies have no relatives and colleagues: what they share, they share because they are one, or by chance. */
export const COMPANIES_ALIKE: Likeness = {
  rules: COMPANY_RULES,
  counted: COUNTED.filter((attribute) => COMPANY_ATTRIBUTES.has(attribute)),
  personal: [],
  modelOf(records, frequencies) {
    const model = modelOf(records, frequencies)
    const one = 1 / Math.max(10, records)
    const shares = {
      same: one,
      moved: one / 10,
      changed_job: 0,
      relative: 0,
      colleague: 0,
      stranger: 1 - 1.1 * one,
    }
    const comparisons = model.comparisons.filter(({ attribute }) => COMPANY_ATTRIBUTES.has(attribute))
    return { ...model, shares, comparisons }
  },
  mayBeOne: (scorer, a, b) => isOneWebsite(a, b) || scorer.mayBeSame(a, b),
  decide: companiesAre,
}

/**
 * Branches share domain, telephone and house: only one name makes them one company. One website under two names is
 * worth a look, unless one company is said to belong to the other.
 */
function companiesAre(outcome: Outcome, a: Candidate, b: Candidate): Outcome {
  if (a.parent === b.crmId || b.parent === a.crmId || (a.parent !== undefined && a.parent === b.parent))
    return 'distinct'
  if (outcome === 'merge') return areNamesAlike(a.values, b.values) ? 'merge' : 'review'
  return isOneWebsite(a, b) ? 'review' : outcome
}

const isOneWebsite = ({ values: a }: Candidate, { values: b }: Candidate): boolean =>
  a.domain !== undefined && a.domain === b.domain

const areNamesAlike = ({ company: a }: Values, { company: b }: Values): boolean =>
  a !== undefined && b !== undefined && (a === b || jaroWinkler(a, b) >= 0.95)

const OBJECTS_LAST = new Set(['Lead'])

/** Which of several to keep: ours, a contact before a lead, the fuller one, the older one; then by id. */
export function byWorth(a: Candidate, b: Candidate): number {
  return (
    Number(b.isOurs) - Number(a.isOurs) ||
    Number(OBJECTS_LAST.has(a.object)) - Number(OBJECTS_LAST.has(b.object)) ||
    b.filled - a.filled ||
    a.createdAt - b.createdAt ||
    (a.crmId < b.crmId ? -1 : 1)
  )
}

/** A deal as far as it is compared with others of its account. */
export interface DealCandidate {
  object: string
  crmId: string
  number: number
  account: string
  nameKey: string
  amount?: string | undefined
  closeOn?: string | undefined
  isOpen: boolean
  isOurs: boolean
}

/**
 * Deals of one account with one name: entered twice where amount and day agree, perhaps where both are open. Renewals of
 * every year have one name too.
 */
export function findDealsTwice<D extends DealCandidate>(
  deals: readonly D[],
): { groups: D[][]; pairs: { first: D; others: D[] }[] } {
  const groups: D[][] = []
  const pairs: { first: D; others: D[] }[] = []
  for (const own of Map.groupBy(deals, ({ account, nameKey }) => `${account}\u0000${nameKey}`).values()) {
    if (own.length < 2) continue
    const bySale = [...Map.groupBy(own, ({ amount, closeOn }) => `${amount}\u0000${closeOn}`).values()]
    for (const same of bySale)
      if (same.length > 1 && same[0]!.amount !== undefined && same[0]!.closeOn !== undefined)
        groups.push(same.sort((a, b) => Number(b.isOurs) - Number(a.isOurs) || (a.crmId < b.crmId ? -1 : 1)))
    const open = bySale.flatMap(([first]) => (first!.isOpen ? [first!] : []))
    const [first, ...others] = open
    if (first !== undefined && others.length > 0) pairs.push({ first, others })
  }
  return { groups, pairs }
}
