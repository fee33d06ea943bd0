import { UNKNOWN } from './comparisons.ts'
import type { LearnedComparison } from './model.ts'
import type { Pattern } from './patterns.ts'

/** How much more often true pairs look like this than strangers do. */
export function likelihoodRatio(levels: Int8Array, comparisons: readonly LearnedComparison[]): number {
  let ratio = 1
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!
    if (level === UNKNOWN) continue
    const { m, u } = comparisons[i]!.levels[level]!
    ratio *= m / u
  }
  return ratio
}

export const posterior = (prior: number, ratio: number): number =>
  ratio === Number.POSITIVE_INFINITY ? 1 : (prior * ratio) / (prior * ratio + 1 - prior)

/** Expectation: true pairs among the patterns, in all and by level of each comparison. */
export function expectMatches(
  patterns: readonly Pattern[],
  comparisons: readonly LearnedComparison[],
  prior: number,
): { matches: number; byLevel: Float64Array[] } {
  const byLevel = comparisons.map(({ levels }) => new Float64Array(levels.length))
  let matches = 0
  for (const { levels, count } of patterns) {
    const expected = count * posterior(prior, likelihoodRatio(levels, comparisons))
    matches += expected
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i]!
      if (level !== UNKNOWN) byLevel[i]![level]! += expected
    }
  }
  return { matches, byLevel }
}
