import { harmonicMean } from './metrics.ts'

export interface BCubed {
  precision: number
  recall: number
  f1: number
}

/**
 * How good whole groups are, record by record: of those that stand with a record, which share belongs to it (precision);
 * of those that belong to it, which share stands with it (recall). The mean over records.
 * Bagga and Baldwin 1998, Entity-Based Cross-Document Coreferencing.
 */
export function bCubed(found: readonly (string | number)[], truth: readonly (string | number)[]): BCubed {
  const inFound = count(found)
  const inTruth = count(truth)
  const inBoth = count(found.map((group, i) => `${group}\u0000${truth[i]}`))
  let [precision, recall] = [0, 0]
  for (const [i, group] of found.entries()) {
    const shared = inBoth.get(`${group}\u0000${truth[i]}`)!
    precision += shared / inFound.get(group)!
    recall += shared / inTruth.get(truth[i]!)!
  }
  const records = Math.max(found.length, 1)
  precision = found.length === 0 ? 1 : precision / records
  recall = found.length === 0 ? 1 : recall / records
  return { precision, recall, f1: harmonicMean(precision, recall) }
}

function count<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
