/** Links found, measured by the truth. `precision` of nothing found and `recall` of nothing to find are 1. */
export interface PairMetrics {
  threshold: number
  truePositives: number
  falsePositives: number
  falseNegatives: number
  precision: number
  recall: number
  f1: number
}

export interface ScoredPair {
  probability: number
  isMatch: boolean
}

export function pairMetrics(pairs: readonly ScoredPair[], truePairs: number, threshold: number): PairMetrics {
  const found = pairs.filter(({ probability }) => probability >= threshold)
  const truePositives = found.filter(({ isMatch }) => isMatch).length
  return countMetrics(truePositives, found.length - truePositives, truePairs, threshold)
}

export function countMetrics(
  truePositives: number,
  falsePositives: number,
  truePairs: number,
  threshold: number,
): PairMetrics {
  const found = truePositives + falsePositives
  const precision = found === 0 ? 1 : truePositives / found
  const recall = truePairs === 0 ? 1 : truePositives / truePairs
  return {
    threshold,
    truePositives,
    falsePositives,
    falseNegatives: truePairs - truePositives,
    precision,
    recall,
    f1: harmonicMean(precision, recall),
  }
}

export const harmonicMean = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b))

export interface CalibrationBin {
  from: number
  to: number
  pairs: number
  /** Mean probability told. */
  told: number
  /** Share of true pairs. */
  found: number
}

const EDGES = [0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 1]

/** Of pairs that are told to be 90 % the same, nine in ten should be. Bins without pairs are left out. */
export function calibration(pairs: readonly ScoredPair[]): CalibrationBin[] {
  return EDGES.slice(0, -1).flatMap((from, i) => {
    const to = EDGES[i + 1]!
    const inside = pairs.filter(({ probability }) => probability >= from && (probability < to || to === 1))
    if (inside.length === 0) return []
    const told = inside.reduce((sum, { probability }) => sum + probability, 0) / inside.length
    const found = inside.filter(({ isMatch }) => isMatch).length / inside.length
    return [{ from, to, pairs: inside.length, told, found }]
  })
}

/** Mean distance between what was told and what was found, over all candidates. */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  const pairs = bins.reduce((sum, bin) => sum + bin.pairs, 0)
  return pairs === 0
    ? 0
    : bins.reduce((sum, bin) => sum + bin.pairs * Math.abs(bin.told - bin.found), 0) / pairs
}
