import type { Attribute, MatchRecord } from './attributes.ts'
import { COMPARISONS, type Comparison, UNKNOWN } from './comparisons.ts'
import { RelationOdds } from './expectation.ts'
import type { LearnedComparison, MatchModel } from './model.ts'
import { RELATIONS, type RelationName } from './relations.ts'

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
  relation: RelationName
  /** Of all attributes that both sides have. */
  evidence: Evidence[]
}

export interface Scorer {
  probability(a: MatchRecord, b: MatchRecord): number
  score(a: MatchRecord, b: MatchRecord): Score
}

/** Scores pairs under a model; the model is read once, so that a pair costs some microseconds. */
export function createScorer(model: MatchModel, comparisons: readonly Comparison[] = COMPARISONS): Scorer {
  const byAttribute = new Map(comparisons.map((comparison) => [comparison.attribute, comparison]))
  const parts = model.comparisons.flatMap((learned) => {
    const comparison = byAttribute.get(learned.attribute)
    return comparison ? [{ compare: comparison.compare, weigh: weigher(learned), learned }] : []
  })
  const odds = new RelationOdds(parts.map(({ learned }) => learned.attribute))
  const ratios = new Float64Array(parts.length)

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
    return { probability: result, relation: RELATIONS[best]!.name, evidence }
  }

  return { probability, score }
}

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
