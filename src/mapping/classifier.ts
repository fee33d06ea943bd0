import type { MappingProblem } from './types.ts'
import type { MappingView } from './view.ts'

/** What rules say about an account, in the order in which they are decided: later ones may read earlier ones. */
export const DIMENSIONS = ['class', 'activity_band', 'revenue_band', 'buyer_stage'] as const
export type Dimension = (typeof DIMENSIONS)[number]

export type Classes = Partial<Record<Dimension, string>>

export interface Verdict {
  classes: Classes
  /** Dimension → `file:line: rule` that decided. */
  because: Partial<Record<Dimension, string>>
}

/** The rules of a folder of mappings (`classify.yaml`), compiled. */
export interface Classifier {
  file: string
  text: string
  /** Hash of the file's text. */
  hash: string
  /** Length in days of every sliding window in use, ascending; infinite at the end where something looks at all days. */
  windows: number[]
  reads: { touchpoints: boolean }
  /** First rule that holds, by dimension; by the UTC day of `view.now`, so that one day gives one answer. */
  classify(view: MappingView): Verdict
  /**
   * The UTC day on which the account has to be looked at again although nothing happens: the first one on which a rule
   * decides otherwise, or, where none does soon, the last one that was tried. Undefined where no rule reads the clock.
   */
  reviewDay(view: MappingView, classes: Classes): number | undefined
  /** Runs the `tests:` of the file; see CompiledMapping. */
  runTests(readFixture: (path: string) => unknown): MappingProblem[]
}
