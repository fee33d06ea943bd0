import type { LabelledRecord } from './attributes.ts'
import { type BCubed, bCubed } from './b-cubed.ts'
import { BLOCKING_RULES } from './blocking.ts'
import { type Blocks, buildBlocks } from './blocks.ts'
import { cluster } from './cluster.ts'
import { decide, MERGE_FROM, type Outcome, REVIEW_FROM } from './decide.ts'
import {
  type CalibrationBin,
  calibration,
  calibrationError,
  countMetrics,
  type PairMetrics,
  pairMetrics,
} from './metrics.ts'
import type { MatchModel } from './model.ts'
import { naiveMatch } from './naive.ts'
import { type SharedValue, withoutSharedValues } from './protect.ts'
import { createScorer } from './score.ts'
import { comparablePairs, train } from './train.ts'

export interface Evaluation {
  records: number
  entities: number
  truePairs: number
  blocking: {
    candidates: number
    /** Share of true pairs among the candidates: no scoring finds the others. */
    completeness: number
    /** Share of all pairs that need no comparison. */
    reduction: number
    skipped: Blocks['skipped']
  }
  thresholds: PairMetrics[]
  /** What would be done with pairs, and how much of it rightly. */
  outcomes: Record<Exclude<Outcome, 'distinct'>, { pairs: number; truePairs: number }> & { heldBack: number }
  calibration: CalibrationBin[]
  calibrationError: number
  clusters: (BCubed & { threshold: number; largest: number })[]
  naive: (PairMetrics & { by: string })[]
  shared: SharedValue[]
  model: MatchModel
}

const THRESHOLDS = [REVIEW_FROM, 0.9, MERGE_FROM]

/** Learns from the records without their labels, matches them, and measures the result by the labels. */
export function evaluate(
  labelled: readonly LabelledRecord[],
  given: { model?: MatchModel } = {},
): Evaluation {
  const { records, shared } = withoutSharedValues(labelled)
  const blocks = buildBlocks(records, BLOCKING_RULES)
  const model = given.model ?? train(records, { blocks })
  const truePairs = countTruePairs(labelled)
  const scorer = createScorer(model)
  const outcomes = { merge: { pairs: 0, truePairs: 0 }, review: { pairs: 0, truePairs: 0 }, heldBack: 0 }
  const pairs: { a: string; b: string; probability: number; isMatch: boolean }[] = []
  blocks.eachPair((i, j) => {
    const [a, b] = [records[i]!, records[j]!]
    const probability = scorer.probability(a, b)
    const isMatch = labelled[i]!.entity === labelled[j]!.entity
    pairs.push({ a: a.id, b: b.id, probability, isMatch })
    if (probability < REVIEW_FROM) return
    const { outcome, heldBack } = decide(scorer.score(a, b))
    if (heldBack) outcomes.heldBack++
    if (outcome === 'distinct') return
    outcomes[outcome].pairs++
    if (isMatch) outcomes[outcome].truePairs++
  })
  const bins = calibration(pairs)
  const everyPair = comparablePairs(records)
  return {
    records: records.length,
    entities: new Set(labelled.map(({ entity }) => entity)).size,
    truePairs,
    blocking: {
      candidates: pairs.length,
      completeness: truePairs === 0 ? 1 : pairs.filter(({ isMatch }) => isMatch).length / truePairs,
      reduction: everyPair === 0 ? 0 : 1 - pairs.length / everyPair,
      skipped: blocks.skipped,
    },
    thresholds: THRESHOLDS.map((threshold) => pairMetrics(pairs, truePairs, threshold)),
    outcomes,
    calibration: bins,
    calibrationError: calibrationError(bins),
    clusters: THRESHOLDS.map((from) => clusterMetrics(labelled, cluster(pairs, [], { from }).clusters, from)),
    naive: naiveMatch(labelled).map(({ by, truePositives, falsePositives }) => ({
      by,
      ...countMetrics(truePositives, falsePositives, truePairs, 1),
    })),
    shared,
    model,
  }
}

function clusterMetrics(labelled: readonly LabelledRecord[], clusters: string[][], threshold: number) {
  const clusterOf = new Map(clusters.flatMap((ids, number) => ids.map((id) => [id, number] as const)))
  const found = labelled.map(({ id }) => clusterOf.get(id) ?? id)
  const truth = labelled.map(({ entity }) => entity)
  const largest = clusters.reduce((most, ids) => Math.max(most, ids.length), 1)
  return { threshold, largest, ...bCubed(found, truth) }
}

function countTruePairs(labelled: readonly LabelledRecord[]): number {
  const byEntity = new Map<string, LabelledRecord[]>()
  for (const record of labelled) byEntity.set(record.entity, [...(byEntity.get(record.entity) ?? []), record])
  let pairs = 0
  for (const group of byEntity.values()) pairs += comparablePairs(group)
  return pairs
}
