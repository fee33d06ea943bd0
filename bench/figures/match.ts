import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readLabelledFile } from '../../src/cli/match/labelled-file.ts'
import { type Evaluation, evaluate } from '../../src/identity/match/index.ts'
import { root } from '../support/processes.ts'
import { report } from '../support/report.ts'

const FOLDER = join(root, '..', 'shared', 'data', 'people')

interface LabelledSet {
  name: string
  files: string[]
  /** F1 of links at p >= .5 to reach. */
  goal?: number
}

const SETS: LabelledSet[] = [
  { name: 'febrl1', files: ['febrl1.csv'] },
  { name: 'febrl2', files: ['febrl2.csv'] },
  { name: 'febrl3', files: ['febrl3.csv'], goal: 0.9983 },
  { name: 'febrl4', files: ['febrl4a.csv', 'febrl4b.csv'], goal: 0.9998 },
]

/** How well matching finds who is who in labelled sets of people; the floor is what one equal value finds. */
export async function match(): Promise<void> {
  for (const set of SETS) {
    const files = set.files.map((file) => join(FOLDER, file))
    if (files.every((file) => existsSync(file))) measure(set, files)
    else
      process.stdout.write(
        `${JSON.stringify({ bench: 'match', metric: 'f1', set: set.name, skipped: 'no data' })}\n`,
      )
  }
}

function measure(set: LabelledSet, files: readonly string[]): void {
  const began = process.cpuUsage()
  const records = files.flatMap(
    (file) =>
      readLabelledFile(file, {
        map: { id_number: 'soc_sec_id' },
        entity: 'rec_id',
        entityPattern: /^rec-(\d+)-/,
        isSource: files.length > 1,
      }).records,
  )
  const start = performance.now()
  const evaluation = evaluate(records)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(began)
  reportQuality(set, evaluation)
  report({
    bench: 'match',
    metric: 'learn_and_match',
    value: seconds,
    unit: 's',
    detail: {
      set: set.name,
      records: evaluation.records,
      candidates: evaluation.blocking.candidates,
      cpu_s_with_reading: (user + system) / 1e6,
    },
  })
}

function reportQuality({ name: set, goal }: LabelledSet, evaluation: Evaluation): void {
  const { thresholds, naive, outcomes, clusters, blocking, calibrationError, truePairs } = evaluation
  const floor = Math.max(0, ...naive.map(({ f1 }) => f1))
  for (const { threshold, f1, ...counts } of thresholds) {
    const detail = {
      set,
      p_from: threshold,
      right: counts.truePositives,
      wrong: counts.falsePositives,
      missed: counts.falseNegatives,
    }
    const aim = threshold === 0.5 && goal !== undefined ? { goal: `>= ${goal}`, meets: f1 >= goal } : {}
    report({ bench: 'match', metric: 'f1', value: f1, unit: '', digits: 5, baseline: floor, ...aim, detail })
    report({
      bench: 'match',
      metric: 'false_links',
      value: counts.falsePositives,
      unit: 'links',
      ...(threshold === 0.99 ? { goal: '0', meets: counts.falsePositives === 0 } : {}),
      detail: { set, p_from: threshold },
    })
  }
  for (const { by, f1, truePositives, falsePositives } of naive)
    report({
      bench: 'match',
      metric: 'f1_naive',
      value: f1,
      unit: '',
      digits: 5,
      detail: { set, by, right: truePositives, wrong: falsePositives },
    })
  report({
    bench: 'match',
    metric: 'merged_without_asking',
    value: outcomes.merge.pairs / truePairs,
    unit: 'of true pairs',
    digits: 5,
    detail: {
      set,
      wrong: outcomes.merge.pairs - outcomes.merge.truePairs,
      for_review: outcomes.review.pairs,
      held_back: outcomes.heldBack,
    },
  })
  for (const { threshold, f1, precision, recall, largest } of clusters)
    report({
      bench: 'match',
      metric: 'b_cubed_f1',
      value: f1,
      unit: '',
      digits: 5,
      detail: { set, p_from: threshold, precision, recall, largest },
    })
  report({
    bench: 'match',
    metric: 'calibration_error',
    value: calibrationError,
    unit: '',
    digits: 5,
    detail: { set, completeness: blocking.completeness, reduction: blocking.reduction },
  })
}
