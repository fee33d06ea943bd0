import type { Attribute, MatchRecord } from './attributes.ts'
import type { Frequencies } from './model.ts'

export interface ValueCounts {
  /** Records with a value. */
  filled: number
  counts: Map<string, number>
  /** Comparable pairs with a value on both sides, and those of them with the same. */
  pairs: number
  equal: number
}

export function countValues(records: readonly MatchRecord[], attribute: Attribute): ValueCounts {
  const counts = new Map<string, number>()
  const bySource = new Map<string | undefined, Map<string, number>>()
  let filled = 0
  for (const { values, source } of records) {
    const value = values[attribute]
    if (value === undefined) continue
    filled++
    counts.set(value, (counts.get(value) ?? 0) + 1)
    if (source === undefined) continue
    const own = bySource.get(source) ?? new Map<string, number>()
    bySource.set(source, own.set(value, (own.get(value) ?? 0) + 1))
  }
  let pairs = filled * (filled - 1)
  let equal = sumOf(counts.values(), (count) => count * (count - 1))
  // Pairs within one source are not compared, so they are no strangers to learn from.
  for (const own of bySource.values()) {
    const size = sumOf(own.values(), (count) => count)
    pairs -= size * (size - 1)
    equal -= sumOf(own.values(), (count) => count * (count - 1))
  }
  return { filled, counts, pairs: pairs / 2, equal: equal / 2 }
}

const sumOf = (values: Iterable<number>, of: (value: number) => number): number => {
  let sum = 0
  for (const value of values) sum += of(value)
  return sum
}

/** What is expected of strangers before any are seen counts like so many. */
const BELIEF = 100

/** Probability that two random records, both with a value, have the same; `expected` before any data is seen. */
export const agreementOf = ({ pairs, equal }: ValueCounts, expected: number): number =>
  (equal + BELIEF * expected) / (pairs + BELIEF)

/** Values with a share of their own in a model; a million people have more names than anybody needs the share of. */
const KEPT = 20_000

/** Shares of strangers who have a common value; the long tail of values that hardly anybody has is one number. */
export const shareOfValues = ({ filled, counts }: ValueCounts, expected: number): Frequencies =>
  shareOfCommon(
    filled,
    [...counts].filter(([, count]) => count > 2),
    expected,
  )

/** The same of those values alone that more than two records hold; `filled`: records with any value. */
export function shareOfCommon(
  filled: number,
  counts: readonly (readonly [value: string, count: number])[],
  expected: number,
): Frequencies {
  // One of the holders is the record that is asked about.
  const share = (count: number) => (count - 1 + BELIEF * expected) / (Math.max(filled, 1) - 1 + BELIEF)
  const common = mostCommon(counts).map(([value, count]): [string, number] => [value, share(count)])
  return { common: Object.fromEntries(common), rare: filled > 1 ? share(2) : expected }
}

/** As many as a model keeps the share of. */
export const mostCommon = <C extends readonly [value: string, count: number]>(counts: readonly C[]): C[] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, KEPT)
