import type { MatchRecord } from './attributes.ts'
import { BLOCKING_RULES, type BlockingRule } from './blocking.ts'
import { type Blocks, buildBlocks } from './blocks.ts'
import { COMPARISONS, type Comparison } from './comparisons.ts'
import { expectMatches } from './expectation.ts'
import { agreementOf, countValues, shareOfValues, type ValueCounts } from './frequencies.ts'
import type { LearnedComparison, MatchModel } from './model.ts'
import { PatternCounter } from './patterns.ts'
import { randomNumbers } from './random.ts'

export interface TrainOptions {
  rules?: readonly BlockingRule[]
  comparisons?: readonly Comparison[]
  blocks?: Blocks
  seed?: number
}

/** Random pairs from which it is learned how strangers look. */
const STRANGERS = 100_000
/** What is expected beforehand counts like so many pairs, so that a block with few true pairs teaches little. */
const BELIEF = 20
/** The same of strangers, of whom there are plenty. */
const STRANGE_BELIEF = 100
/** What was never seen in the sample may still be: counting half a pair keeps the evidence finite and modest. */
const HALF_SEEN = 0.5
/** A session with fewer true pairs teaches nothing. */
const ENOUGH = 10
const ROUNDS = 100
const CONVERGED = 1e-6

/**
 * Learns from unlabelled records how true pairs and strangers differ (Fellegi–Sunter).
 *
 * u comes from value counts and random pairs. m comes from one EM session for each blocking rule, which leaves out what
 * its block has in common; the sessions are averaged. One EM over all blocks at once would take every candidate for a
 * true pair, since the blocks are full of what they were made by. The prior comes last, with m and u fixed.
 */
export function train(records: readonly MatchRecord[], options: TrainOptions = {}): MatchModel {
  const rules = options.rules ?? BLOCKING_RULES
  const counts = new Map<string, ValueCounts>()
  const comparisons = (options.comparisons ?? COMPARISONS).filter(({ attribute }) => {
    const found = countValues(records, attribute)
    counts.set(attribute, found)
    return found.filled > 1
  })
  const blocks = options.blocks ?? buildBlocks(records, rules)
  const learned = learnStrangers(records, comparisons, counts, randomNumbers(options.seed ?? 1))
  learnMatches(records, comparisons, learned, rules, blocks)
  const prior = learnPrior(records, comparisons, learned, blocks)
  return { version: 1, prior, comparisons: learned }
}

function learnStrangers(
  records: readonly MatchRecord[],
  comparisons: readonly Comparison[],
  counts: ReadonlyMap<string, ValueCounts>,
  random: () => number,
): LearnedComparison[] {
  const seen = comparisons.map(({ levels }) => new Float64Array(levels.length))
  const pick = () => records[Math.floor(random() * records.length)]!
  const possible = (records.length * (records.length - 1)) / 2
  for (let n = Math.min(STRANGERS, possible * 4); n > 0; n--) {
    const [a, b] = [pick(), pick()]
    if (a === b || (a.source !== undefined && a.source === b.source)) continue
    for (let i = 0; i < comparisons.length; i++) {
      const level = comparisons[i]!.compare(a.values, b.values)
      if (level >= 0) seen[i]![level]!++
    }
  }
  return comparisons.map(({ attribute, levels, byFrequency }, i) => {
    const found = counts.get(attribute)!
    const equal = agreementOf(found, levels[0]!.u)
    const unequal = seen[i]!.reduce((sum, count, level) => (level === 0 ? sum : sum + count), 0)
    const isNever = (u: number) => HALF_SEEN + STRANGE_BELIEF * u
    const all = levels.slice(1).reduce((sum, { u }) => sum + isNever(u), unequal)
    return {
      attribute,
      levels: levels.map(({ name, m, u }, level) => ({
        name,
        m,
        u: level === 0 ? equal : ((1 - equal) * (seen[i]![level]! + isNever(u))) / all,
      })),
      ...(byFrequency ? { frequencies: shareOfValues(found, levels[0]!.u) } : {}),
    }
  })
}

function learnMatches(
  records: readonly MatchRecord[],
  comparisons: readonly Comparison[],
  learned: LearnedComparison[],
  rules: readonly BlockingRule[],
  blocks: Blocks,
): void {
  const sums = comparisons.map(({ levels }) => new Float64Array(levels.length))
  for (const [number, rule] of rules.entries()) {
    const counter = new PatternCounter(comparisons)
    let pairs = 0
    blocks.eachPairOf(number, (a, b) => {
      counter.add(records[a]!, records[b]!)
      pairs++
    })
    if (pairs < ENOUGH) continue
    const session = runSession(counter.patterns(rule.attributes), pairs, learned, comparisons)
    if (session.matches < ENOUGH) continue
    for (const [i, levels] of session.byLevel.entries())
      for (const [level, expected] of levels.entries()) sums[i]![level]! += expected
  }
  for (const [i, comparison] of learned.entries())
    comparison.levels = smoothed(comparison, comparisons[i]!, sums[i]!)
}

function runSession(
  patterns: ReturnType<PatternCounter['patterns']>,
  pairs: number,
  learned: readonly LearnedComparison[],
  comparisons: readonly Comparison[],
) {
  let current = learned.map((comparison) => ({ ...comparison }))
  let share = 0.2
  let found = expectMatches(patterns, current, share)
  for (let round = 0; round < ROUNDS; round++) {
    current = current.map((comparison, i) => ({
      ...comparison,
      levels: smoothed(comparison, comparisons[i]!, found.byLevel[i]!),
    }))
    const next = Math.min(Math.max(found.matches / pairs, 1e-9), 1 - 1e-9)
    const isDone = Math.abs(next - share) < CONVERGED
    share = next
    found = expectMatches(patterns, current, share)
    if (isDone) break
  }
  return found
}

function smoothed(learned: LearnedComparison, { levels }: Comparison, expected: Float64Array) {
  const total = expected.reduce((sum, count) => sum + count, 0)
  return learned.levels.map(({ name, u }, level) => ({
    name,
    m: (expected[level]! + BELIEF * levels[level]!.m) / (total + BELIEF),
    u,
  }))
}

/** True pairs among all pairs: those among the candidates, since hardly any other pair is one. */
function learnPrior(
  records: readonly MatchRecord[],
  comparisons: readonly Comparison[],
  learned: readonly LearnedComparison[],
  blocks: Blocks,
): number {
  const counter = new PatternCounter(comparisons)
  blocks.eachPair((a, b) => counter.add(records[a]!, records[b]!))
  const patterns = counter.patterns()
  const pairs = comparablePairs(records)
  let prior = Math.min(0.1, 1 / Math.max(2, records.length))
  for (let round = 0; round < ROUNDS; round++) {
    const { matches } = expectMatches(patterns, learned, prior)
    const next = Math.min(0.5, Math.max(matches, 0.5) / Math.max(pairs, 1))
    const isDone = Math.abs(next - prior) < prior * CONVERGED
    prior = next
    if (isDone) break
  }
  return prior
}

/** Pairs of all records, without those of one source that are not compared. */
export function comparablePairs(records: readonly MatchRecord[]): number {
  const sizes = new Map<string, number>()
  for (const { source } of records) if (source !== undefined) sizes.set(source, (sizes.get(source) ?? 0) + 1)
  let pairs = (records.length * (records.length - 1)) / 2
  for (const size of sizes.values()) pairs -= (size * (size - 1)) / 2
  return pairs
}
