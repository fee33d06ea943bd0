import type { Attribute, MatchRecord, Values } from './attributes.ts'
import type { Comparison } from './comparisons.ts'
import type { Decision } from './decide.ts'
import type { MatchModel } from './model.ts'
import type { Relation } from './relations.ts'
import type { Score } from './score.ts'

/** How records of one kind (people, companies) are compared and judged. */
export interface MatchRules {
  relations: readonly Relation[]
  comparisons: readonly Comparison[]
  /** Texts of which records that are worth comparing share one. */
  keys(values: Values): string[]
  /** Values that mostly belong to one of them: the attribute, and the rule by whose key its holders are found. */
  personal: readonly (readonly [attribute: Attribute, rule: string])[]
  /** Whether more of them hold a value than one of them can be told by. */
  isShared(attribute: Attribute, held: readonly Values[]): boolean
  /** What no evidence outweighs. */
  areApart(a: MatchRecord, b: MatchRecord): boolean
  decide(score: Score): Decision
  /** What is believed of a base of so many records before there is anything to learn from. */
  startingModel(records: number): MatchModel
}
