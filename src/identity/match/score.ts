import type { Attribute, MatchRecord } from './attributes.ts'
import { COMPARISONS, type Comparison, UNKNOWN } from './comparisons.ts'
import { posterior } from './expectation.ts'
import type { LearnedComparison, MatchModel } from './model.ts'

export interface Evidence {
  attribute: Attribute
  level: string
  /** Bits for (above zero) or against. */
  weight: number
}

export interface Score {
  probability: number
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

  function probability(a: MatchRecord, b: MatchRecord): number {
    let ratio = 1
    for (const { compare, weigh } of parts) {
      const level = compare(a.values, b.values)
      if (level !== UNKNOWN) ratio *= weigh(level, a, b)
    }
    return posterior(model.prior, ratio)
  }

  function score(a: MatchRecord, b: MatchRecord): Score {
    const evidence = parts.flatMap(({ compare, weigh, learned }) => {
      const level = compare(a.values, b.values)
      if (level === UNKNOWN) return []
      return [
        {
          attribute: learned.attribute,
          level: learned.levels[level]!.name,
          weight: Math.log2(weigh(level, a, b)),
        },
      ]
    })
    return { probability: probability(a, b), evidence }
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
