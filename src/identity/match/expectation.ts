import type { Attribute } from './attributes.ts'
import { UNKNOWN } from './comparisons.ts'
import type { LearnedComparison, MatchModel } from './model.ts'
import type { Pattern } from './patterns.ts'
import { RELATIONS, type Relation, type Shares } from './relations.ts'

/** How likely each relation is, by `ratio`: how much more often attribute number i agrees like this on true pairs. */
export class RelationOdds {
  /** Probability of each relation after `weigh`, in the order of the relations. */
  readonly probabilities: Float64Array
  #relations: readonly Relation[]
  #masks: boolean[][]

  constructor(attributes: readonly Attribute[], relations: readonly Relation[] = RELATIONS) {
    this.probabilities = new Float64Array(relations.length)
    this.#relations = relations
    this.#masks = relations.map(({ shares }) => attributes.map(shares))
  }

  /** Fills `probabilities` and returns the probability that both sides are the same. */
  weigh(ratios: Float64Array, shares: MatchModel['shares']): number {
    let all = 0
    let same = 0
    for (let r = 0; r < this.#relations.length; r++) {
      const mask = this.#masks[r]!
      let odds = shares[this.#relations[r]!.name] ?? 0
      for (let i = 0; i < ratios.length; i++) if (mask[i]) odds *= ratios[i]!
      this.probabilities[r] = odds
      all += odds
      if (this.#relations[r]!.isSame) same += odds
    }
    for (let r = 0; r < this.probabilities.length; r++) this.probabilities[r]! /= all
    return same / all
  }
}

export interface Expectation {
  /** Pairs by relation, in the order of RELATIONS. */
  pairs: Float64Array
  /** True pairs by level of each comparison, of those that share the attribute. */
  byLevel: Float64Array[]
}

/** Expectation: what the pairs of the patterns are to each other. */
export function expectRelations(
  patterns: readonly Pattern[],
  comparisons: readonly LearnedComparison[],
  shares: Shares,
): Expectation {
  const attributes = comparisons.map(({ attribute }) => attribute)
  const odds = new RelationOdds(attributes)
  const ratios = new Float64Array(comparisons.length)
  const table = comparisons.map(({ levels }) => levels.map(({ m, u }) => m / u))
  const found: Expectation = {
    pairs: new Float64Array(RELATIONS.length),
    byLevel: comparisons.map(({ levels }) => new Float64Array(levels.length)),
  }
  const sharing = attributes.map((attribute) =>
    RELATIONS.flatMap(({ isSame, shares: has }, r) => (isSame && has(attribute) ? [r] : [])),
  )
  for (const { levels, count } of patterns) {
    for (let i = 0; i < levels.length; i++) ratios[i] = levels[i] === UNKNOWN ? 1 : table[i]![levels[i]!]!
    odds.weigh(ratios, shares)
    for (let r = 0; r < RELATIONS.length; r++) found.pairs[r]! += count * odds.probabilities[r]!
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i]!
      if (level === UNKNOWN) continue
      for (const r of sharing[i]!) found.byLevel[i]![level]! += count * odds.probabilities[r]!
    }
  }
  return found
}
