import type { MatchRecord } from './attributes.ts'
import { BLOCKING_RULES, type BlockingRule } from './blocking.ts'
import { type Blocks, buildBlocks } from './blocks.ts'
import { COMPARISONS, type Comparison } from './comparisons.ts'
import { type Expectation, expectRelations } from './expectation.ts'
import { agreementOf, countValues, shareOfValues, type ValueCounts } from './frequencies.ts'
import type { LearnedComparison, MatchModel } from './model.ts'
import { type Pattern, PatternCounter } from './patterns.ts'
import { randomNumbers } from './random.ts'
import { EXPECTED_SHARES, RELATIONS, type Shares } from './relations.ts'
import { startingShares } from './starting-model.ts'

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
/** A block with fewer pairs teaches nothing. */
const ENOUGH = 10
/** Pairs of one block that are learned from; more of them teach nothing new. */
const SESSION = 200_000
const ROUNDS = 100
const CONVERGED = 1e-5
/** No relation is thought impossible because a base has no example of it. */
const LEAST = 0.5

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
  const shares = learnShares(records, comparisons, learned, blocks, counts)
  return { version: 1, shares, comparisons: learned }
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
      if (pairs === SESSION) return
      counter.add(records[a]!, records[b]!)
      pairs++
    })
    if (pairs < ENOUGH) continue
    const { byLevel } = runSession(counter.patterns(rule.attributes), pairs, learned, comparisons)
    for (const [i, levels] of byLevel.entries())
      for (const [level, expected] of levels.entries()) sums[i]![level]! += expected
  }
  for (const [i, comparison] of learned.entries())
    comparison.levels = smoothed(comparison, comparisons[i]!, sums[i]!)
}

/** One EM session: m and the shares of relations within the block until they stand still. */
function runSession(
  patterns: readonly Pattern[],
  pairs: number,
  learned: readonly LearnedComparison[],
  comparisons: readonly Comparison[],
): Expectation {
  let current = learned.map((comparison) => ({ ...comparison }))
  let shares = EXPECTED_SHARES
  let found = expectRelations(patterns, current, shares)
  for (let round = 0; round < ROUNDS; round++) {
    current = current.map((comparison, i) => ({
      ...comparison,
      levels: smoothed(comparison, comparisons[i]!, found.byLevel[i]!),
    }))
    const next = sharesOf(found.pairs, pairs)
    const isDone = distance(shares, next) < CONVERGED
    shares = next
    found = expectRelations(patterns, current, shares)
    if (isDone) break
  }
  return found
}

/** What is believed counts like a few pairs. */
function sharesOf(found: Float64Array, pairs: number): Shares {
  const entries = RELATIONS.map(
    ({ name, expected }, r) => [name, (found[r]! + BELIEF * expected) / (pairs + BELIEF)] as const,
  )
  return Object.fromEntries(entries) as Shares
}

const distance = (a: Shares, b: Shares): number =>
  Math.max(...RELATIONS.map(({ name }) => Math.abs(a[name] - b[name])))

function smoothed(learned: LearnedComparison, { levels }: Comparison, expected: Float64Array) {
  const total = expected.reduce((sum, count) => sum + count, 0)
  return learned.levels.map(({ name, u }, level) => ({
    name,
    m: (expected[level]! + BELIEF * levels[level]!.m) / (total + BELIEF),
    u,
  }))
}

/**
 * Shares of all pairs: found among the candidates, since other pairs are hardly ever the same. Colleagues are mostly no
 * candidates, and are counted by their employer.
 */
function learnShares(
  records: readonly MatchRecord[],
  comparisons: readonly Comparison[],
  learned: readonly LearnedComparison[],
  blocks: Blocks,
  counts: ReadonlyMap<string, ValueCounts>,
): Shares {
  const counter = new PatternCounter(comparisons)
  blocks.eachPair((a, b) => counter.add(records[a]!, records[b]!))
  const patterns = counter.patterns()
  const pairs = Math.max(comparablePairs(records), 1)
  const colleagues =
    Math.max(...(['company', 'domain'] as const).map((of) => counts.get(of)?.equal ?? 0)) / pairs
  const isTold = toldApart(comparisons)
  let shares = startingShares(records.length)
  for (let round = 0; round < ROUNDS; round++) {
    const found = expectRelations(patterns, learned, shares).pairs
    const share = (r: number) => (isTold[r] ? Math.min(0.1, Math.max(found[r]!, LEAST) / pairs) : 0)
    const next = {
      ...shares,
      ...Object.fromEntries(RELATIONS.map(({ name }, r) => [name, share(r)])),
    } as Shares
    next.colleague = Math.min(0.5, Math.max(next.colleague, colleagues - next.same))
    next.stranger = 1 - RELATIONS.reduce((sum, { name }) => (name === 'stranger' ? sum : sum + next[name]), 0)
    const isDone = distance(shares, next) < next.same * 1e-4
    shares = next
    if (isDone) break
  }
  return shares
}

/** Relations that the attributes of this base tell from those before them: without employers nobody changes theirs. */
function toldApart(comparisons: readonly Comparison[]): boolean[] {
  const masks = RELATIONS.map(({ isSame, shares }) =>
    [isSame, ...comparisons.map(({ attribute }) => shares(attribute))].join(),
  )
  return masks.map((mask, r) => RELATIONS[r]!.name === 'stranger' || masks.indexOf(mask) === r)
}

/** Pairs of all records, without those of one source that are not compared. */
export function comparablePairs(records: readonly MatchRecord[]): number {
  const sizes = new Map<string, number>()
  for (const { source } of records) if (source !== undefined) sizes.set(source, (sizes.get(source) ?? 0) + 1)
  let pairs = (records.length * (records.length - 1)) / 2
  for (const size of sizes.values()) pairs -= (size * (size - 1)) / 2
  return pairs
}
