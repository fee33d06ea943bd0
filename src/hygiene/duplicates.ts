import { countValues, shareOfValues } from '../identity/match/frequencies.ts'
import {
  BLOCKING_RULES,
  type BlockingRule,
  buildBlocks,
  cluster,
  createScorer,
  decide,
  type Edge,
  type Evidence,
  type MatchModel,
  type MatchRecord,
  type Outcome,
  REVIEW_FROM,
  startingModel,
  type Values,
  withoutSharedValues,
} from '../identity/match/index.ts'
import { jaroWinkler } from '../identity/match/jaro-winkler.ts'

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

export interface Duplicates {
  /** Surely the same, the record to keep first. */
  groups: Candidate[][]
  /** Perhaps the same: a person must look. Pairs of one group are left out. */
  pairs: { a: Candidate; b: Candidate; probability: number }[]
  /** Values that too many share to compare all who have them. */
  skipped: { rule: string; keys: number; records: number }[]
}

/** Same or not, by what matching has learned to expect of people. */
export function findPeopleTwice(records: readonly Candidate[]): Duplicates {
  const { records: fit } = withoutSharedValues(records)
  return find(fit, BLOCKING_RULES, modelOf(fit), peopleAre)
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
export function findCompaniesTwice(records: readonly Candidate[]): Duplicates {
  const model = modelOf(records)
  const one = 1 / Math.max(10, records.length)
  const shares = {
    same: one,
    moved: one / 10,
    changed_job: 0,
    relative: 0,
    colleague: 0,
    stranger: 1 - 1.1 * one,
  }
  const comparisons = model.comparisons.filter(({ attribute }) => COMPANY_ATTRIBUTES.has(attribute))
  return find(records, COMPANY_RULES, { ...model, shares, comparisons }, companiesAre)
}

/**
 * Branches share domain, telephone and house: only one name makes them one company. One website under two names is
 * worth a look, unless one company is said to belong to the other.
 */
function companiesAre(outcome: Outcome, a: Candidate, b: Candidate): Outcome {
  if (a.parent === b.crmId || b.parent === a.crmId || (a.parent !== undefined && a.parent === b.parent))
    return 'distinct'
  if (outcome === 'merge') return areNamesAlike(a.values, b.values) ? 'merge' : 'review'
  return a.values.domain !== undefined && a.values.domain === b.values.domain ? 'review' : outcome
}

const areNamesAlike = ({ company: a }: Values, { company: b }: Values): boolean =>
  a !== undefined && b !== undefined && (a === b || jaroWinkler(a, b) >= 0.95)

/** What is believed beforehand, with how common each value is in these records. */
function modelOf(records: readonly MatchRecord[]): MatchModel {
  const model = startingModel(records.length)
  const comparisons = model.comparisons.map((comparison) =>
    comparison.frequencies
      ? {
          ...comparison,
          frequencies: shareOfValues(countValues(records, comparison.attribute), comparison.levels[0]!.u),
        }
      : comparison,
  )
  return { ...model, comparisons }
}

function find(
  records: readonly Candidate[],
  rules: readonly BlockingRule[],
  model: MatchModel,
  decideOf: (outcome: Outcome, a: Candidate, b: Candidate, evidence: readonly Evidence[]) => Outcome,
): Duplicates {
  const scorer = createScorer(model)
  const blocks = buildBlocks(records, rules)
  const edges: Edge[] = []
  const possible: { a: number; b: number; probability: number }[] = []
  blocks.eachPair((a, b) => {
    const [one, other] = [records[a]!, records[b]!]
    const probability = scorer.probability(one, other)
    const score = probability < REVIEW_FROM ? undefined : scorer.score(one, other)
    const outcome = decideOf(score ? decide(score).outcome : 'distinct', one, other, score?.evidence ?? [])
    if (outcome === 'merge') edges.push({ a: String(a), b: String(b), probability })
    else if (outcome === 'review') possible.push({ a, b, probability })
  })
  const { clusters, refused } = cluster(edges)
  const groupOf = new Map<number, number>()
  for (const [n, members] of clusters.entries()) for (const member of members) groupOf.set(Number(member), n)
  const together = (a: number, b: number) => groupOf.has(a) && groupOf.get(a) === groupOf.get(b)
  return {
    groups: clusters.map((members) => members.map((member) => records[Number(member)]!).sort(byWorth)),
    pairs: [
      ...possible,
      ...refused.map(({ a, b, probability }) => ({ a: Number(a), b: Number(b), probability })),
    ]
      .filter(({ a, b }) => !together(a, b))
      .map(({ a, b, probability }) => ({ a: records[a]!, b: records[b]!, probability })),
    skipped: blocks.skipped,
  }
}

const OBJECTS_LAST = new Set(['Lead'])

/** Which of several to keep: ours, a contact before a lead, the fuller one, the older one; then by id. */
function byWorth(a: Candidate, b: Candidate): number {
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
): { groups: D[][]; pairs: { a: D; b: D }[] } {
  const groups: D[][] = []
  const pairs: { a: D; b: D }[] = []
  for (const own of Map.groupBy(deals, ({ account, nameKey }) => `${account}\u0000${nameKey}`).values()) {
    if (own.length < 2) continue
    const bySale = [...Map.groupBy(own, ({ amount, closeOn }) => `${amount}\u0000${closeOn}`).values()]
    for (const same of bySale)
      if (same.length > 1 && same[0]!.amount !== undefined && same[0]!.closeOn !== undefined)
        groups.push(same.sort((a, b) => Number(b.isOurs) - Number(a.isOurs) || (a.crmId < b.crmId ? -1 : 1)))
    const open = bySale.flatMap(([first]) => (first!.isOpen ? [first!] : []))
    for (const other of open.slice(1)) pairs.push({ a: open[0]!, b: other })
  }
  return { groups, pairs }
}
