import type { Attribute, MatchRecord } from './attributes.ts'
import { UNKNOWN } from './comparisons.ts'
import { RelationOdds } from './expectation.ts'
import type { LearnedComparison, MatchModel } from './model.ts'
import { PEOPLE } from './people.ts'
import type { MatchRules } from './rules.ts'

export interface Evidence {
  attribute: Attribute
  level: string
  /** Bits for (above zero) or against. */
  weight: number
}

export interface Score {
  /** That both records are the same. */
  probability: number
  /** What they most probably are to each other. */
  relation: string
  /** Of all attributes that both sides have. */
  evidence: Evidence[]
}

export interface Scorer {
  /** False where the probability is below one half for certain: most candidates, at a fraction of the cost. */
  mayBeSame(a: MatchRecord, b: MatchRecord): boolean
  probability(a: MatchRecord, b: MatchRecord): number
  score(a: MatchRecord, b: MatchRecord): Score
}

/** Scores pairs under a model; the model is read once, so that a pair costs some microseconds. */
export function createScorer(
  model: MatchModel,
  { comparisons, relations }: Pick<MatchRules, 'comparisons' | 'relations'> = PEOPLE,
): Scorer {
  const byAttribute = new Map(comparisons.map((comparison) => [comparison.attribute, comparison]))
  const parts = model.comparisons.flatMap((learned) => {
    const comparison = byAttribute.get(learned.attribute)
    return comparison ? [{ compare: comparison.compare, weigh: weigher(learned), learned }] : []
  })
  const odds = new RelationOdds(
    parts.map(({ learned }) => learned.attribute),
    relations,
  )
  const ratios = new Float64Array(parts.length)

  const bounded = parts
    .map((part) => ({
      ...part,
      attribute: part.learned.attribute,
      best: Math.max(1, ...part.learned.levels.slice(1).map(({ m, u }) => m / u)),
    }))
    .sort((x, y) => costOf(x.attribute) - costOf(y.attribute))
  const bounds = new Float64Array(bounded.length)
  const priorOdds =
    relations.reduce((sum, { name, isSame }) => (isSame ? sum + (model.shares[name] ?? 0) : sum), 0) /
    (model.shares.stranger ?? 1)

  /** No relation makes more of an attribute than its ratio, or less than nothing of it. */
  function mayBeSame(a: MatchRecord, b: MatchRecord): boolean {
    let odds = priorOdds
    for (let i = 0; i < bounded.length; i++) {
      const { attribute, best, weigh } = bounded[i]!
      const [x, y] = [a.values[attribute], b.values[attribute]]
      bounds[i] = x === undefined || y === undefined ? 1 : x === y ? Math.max(1, weigh(0, a, b)) : best
      odds *= bounds[i]!
    }
    for (let i = 0; i < bounded.length && odds >= 1; i++) {
      const { attribute, compare, weigh } = bounded[i]!
      if (bounds[i] === 1 || a.values[attribute] === b.values[attribute]) continue
      const level = compare(a.values, b.values)
      odds *= (level === UNKNOWN ? 1 : Math.max(1, weigh(level, a, b))) / bounds[i]!
    }
    return odds >= 1
  }

  function probability(a: MatchRecord, b: MatchRecord): number {
    for (let i = 0; i < parts.length; i++) {
      const level = parts[i]!.compare(a.values, b.values)
      ratios[i] = level === UNKNOWN ? 1 : parts[i]!.weigh(level, a, b)
    }
    return odds.weigh(ratios, model.shares)
  }

  function score(a: MatchRecord, b: MatchRecord): Score {
    const evidence = parts.flatMap(({ compare, weigh, learned }): Evidence[] => {
      const level = compare(a.values, b.values)
      if (level === UNKNOWN) return []
      const { attribute, levels } = learned
      return [{ attribute, level: levels[level]!.name, weight: Math.log2(weigh(level, a, b)) }]
    })
    const result = probability(a, b)
    const best = odds.probabilities.indexOf(Math.max(...odds.probabilities))
    return { probability: result, relation: relations[best]!.name, evidence }
  }

  return { mayBeSame, probability, score }
}

/** What is compared letter by letter comes last, names after texts, because they are alike in most candidates. */
const COSTLY: readonly Attribute[] = [
  'city',
  'locality',
  'street',
  'company',
  'given_name',
  'family_name',
  'name',
]
const costOf = (attribute: Attribute): number => COSTLY.indexOf(attribute)

/** Likelihood ratio of a level; of equality, by how common the value is. */
function weigher({ attribute, levels, frequencies }: LearnedComparison) {
  const ratios = levels.map(({ m, u }) => m / u)
  if (!frequencies) return (level: number): number => ratios[level]!
  const common = new Map(Object.entries(frequencies.common))
  const m = levels[0]!.m
  return (level: number, a: MatchRecord, b: MatchRecord): number => {
    const value = a.values[attribute]
    if (level !== 0 || value !== b.values[attribute]) return ratios[level]!
    return m / (common.get(value!) ?? frequencies.rare)
  }
}
