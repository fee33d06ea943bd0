import type { Attribute } from './attributes.ts'

export interface LearnedLevel {
  name: string
  /** Share of true pairs that agree on this level. */
  m: number
  /** Share of strangers that do. */
  u: number
}

export interface LearnedComparison {
  attribute: Attribute
  levels: LearnedLevel[]
  frequencies?: Frequencies
}

/** Share of strangers that hold a value, for the common ones; `rare` for all others. */
export interface Frequencies {
  common: Record<string, number>
  rare: number
}

/** What has been learned, as JSON: the same model scores a batch offline and a single record on arrival. */
export interface MatchModel {
  version: 1
  /** What any two records are to each other: relation → share of all pairs. */
  shares: Readonly<Record<string, number>>
  comparisons: LearnedComparison[]
}
