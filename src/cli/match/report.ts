import type { Evaluation, PairMetrics } from '../../identity/match/index.ts'
import { table } from '../output.ts'

/** An evaluation as a person reads it. */
export function describeEvaluation(evaluation: Evaluation): string[] {
  const { records, entities, truePairs, blocking, outcomes, clusters, naive, shared } = evaluation
  return [
    `${records} records of ${entities} entities, ${truePairs} true pairs`,
    `${blocking.candidates} pairs compared (${percent(blocking.reduction, 3)} saved), ${percent(blocking.completeness)} of the true pairs among them`,
    ...blocking.skipped.map(
      ({ rule, keys, records: held }) =>
        `  not compared by ${rule}: ${keys} values that ${held} records share`,
    ),
    ...describeShared(shared),
    '',
    table(
      [
        ...evaluation.thresholds.map((one) => pairRow(`p >= ${one.threshold}`, one)),
        ...naive.map((one) => pairRow(one.by, one)),
      ],
      { header: ['links', 'right', 'wrong', 'missed', 'precision', 'recall', 'F1'] },
    ),
    '',
    `Without asking: ${outcomes.merge.pairs} pairs merged, ${outcomes.merge.pairs - outcomes.merge.truePairs} of them wrongly`,
    `For review: ${outcomes.review.pairs} pairs, ${outcomes.review.truePairs} of them the same (${outcomes.heldBack} held back for safety)`,
    '',
    table(
      clusters.map(({ threshold, precision, recall, f1, largest }) => [
        `p >= ${threshold}`,
        share(precision),
        share(recall),
        share(f1),
        largest,
      ]),
      { header: ['groups', 'B-cubed precision', 'recall', 'F1', 'largest'] },
    ),
    '',
    table(
      evaluation.calibration.map(({ from, to, pairs, told, found }) => [
        `${from} to ${to}`,
        pairs,
        share(told),
        share(found),
      ]),
      { header: ['told', 'pairs', 'mean told', 'found'] },
    ),
    `Calibration error ${share(evaluation.calibrationError)}`,
  ]
}

function describeShared(shared: Evaluation['shared']): string[] {
  const counts = new Map<string, number>()
  for (const { attribute } of shared) counts.set(attribute, (counts.get(attribute) ?? 0) + 1)
  return [...counts].map(
    ([attribute, count]) => `  not believed, since many people share it: ${count} values of ${attribute}`,
  )
}

const pairRow = (name: string, one: PairMetrics) => [
  name,
  one.truePositives,
  one.falsePositives,
  one.falseNegatives,
  share(one.precision),
  share(one.recall),
  share(one.f1),
]

/** Cut and not rounded: 1.0000 means every one of them. */
const cut = (value: number, digits: number): string =>
  (Math.floor(value * 10 ** digits + 1e-9) / 10 ** digits).toFixed(digits)

const share = (value: number): string => cut(value, 4)

const percent = (value: number, digits = 2): string => `${cut(value * 100, digits)} %`
