import type { CrmValue, LiveMode } from '#kit'
import type { Classifier } from './classifier.ts'
import type { MappingView } from './view.ts'

/** A place in a mapping file; line and column count from 1. */
export interface Place {
  file: string
  line: number
  column: number
}

export type ProblemCode =
  | 'mapping.syntax'
  | 'mapping.unknown_name'
  | 'mapping.unknown_function'
  | 'mapping.type'
  | 'mapping.unknown_key'
  | 'mapping.duplicate'
  | 'mapping.test_failed'
  | 'mapping.unknown_field'
  | 'mapping.field_not_writable'
  | 'mapping.required'

export interface MappingProblem extends Place {
  code: ProblemCode
  message: string
  /** Set on warnings, which come apart from problems: likely a slip, but the mapping works. */
  severity?: 'warning'
}

export type WritePolicy =
  | 'always'
  | 'if_empty'
  | 'once'
  | 'if_owned'
  | 'hold_on_conflict'
  | 'max'
  | 'min'
  | 'never'

export interface DesiredField {
  /** null is written only where on_null is clear; otherwise such a field is left out. */
  value: CrmValue
  policy: WritePolicy
  /** file:line */
  from: string
  /** How long a person's edit holds; absent: for ever. */
  holdMs?: number
  /** The value is the e-mail of a CRM user, and this is what to do where no active user has it. */
  user?: 'skip' | 'hold'
}

/** What a CRM record should hold, computed from one view. */
export interface Desired {
  fields: Record<string, DesiredField>
  /** References and associations to other records of the same destination, by our entity id. */
  links: { field?: string; object: string; entity: string; onMiss: 'skip' | 'hold' }[]
  match: { field: string; value: string }[]
  /** on_unmapped: warn and the like. */
  warnings: { field: string; message: string; from: string }[]
}

export interface ActivityRule {
  /** Touchpoint kind. */
  kind: string
  /** CRM object ("Task", "notes"). */
  as: string
  policy: 'log_each' | 'daily_digest' | 'counter_only'
  from: string
  /** Of the rule. */
  place?: Place
  subject(touch: ActivityInput): string
  body(touch: ActivityInput): string
}

/** What `{…}` placeholders in subject and body can read. */
export interface ActivityInput {
  kind: string
  title?: string
  url?: string
  campaign?: { name?: string; source?: string; medium?: string }
  amount?: { amount: number; currency: string }
  channel: string
  occurredAt: number
  /** Touchpoints in a digest, 1 for log_each. */
  count: number
  props: Record<string, unknown>
}

export interface MappedField {
  name: string
  policy: WritePolicy
  /** unknown: a lookup, or the constant null. */
  type: 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'unknown'
  place: Place
  /** Paths of the view that its expression reads, such as `person.title` or `touchpoints`. */
  reads: string[]
  /** How long a person's edit holds; absent: for ever. */
  holdMs?: number
  /** Object whose record the field refers to, for lookups. */
  lookup?: string
  /** It names a user of the CRM by e-mail; these addresses stand in the file. */
  user?: readonly string[]
  /** All texts that it can hold, where they are known. */
  values?: readonly string[]
  /** The most code points of its text, where that is known. */
  maxLength?: number
  /** It has a value in every record. */
  isSure?: true
}

export interface CompiledMapping {
  file: string
  text: string
  /** Hash of the file's text. */
  hash: string
  destination: string
  object: string
  /** Of the object's name. */
  place?: Place
  from: 'person' | 'account' | 'quote'
  mode: 'upsert' | 'update' | 'insert' | 'off'
  onMultiple: 'newest' | 'oldest' | 'quarantine'
  /** How much is read before a write; the CRM's default where absent. */
  live?: LiveMode
  /** Fields by which existing records are found, in their order. */
  matchFields: string[]
  /** Field names it can write, for check, describe and read. */
  fields: MappedField[]
  /** Lookups (with their field) and associations (without), for check and for finding objects that no mapping writes. */
  links?: { field?: string; object: string; onMiss: 'skip' | 'hold'; place: Place }[]
  activities: ActivityRule[]
  /** Length in days of every sliding window in use, ascending; infinite at the end where something looks at all days. */
  windows: number[]
  /** Which parts of the view it reads, so that the engine loads no more and knows whom a change touches. */
  reads: { account: boolean; billing: boolean; touchpoints: boolean; paths: ReadonlySet<string> }
  /** Reads `now` (also through days_since and the like): values change with the day although nothing happened. */
  readsClock?: boolean
  /** Rules of the same folder by which accounts are classified. */
  classifier?: Classifier
  /** Undefined where `when` is false: the record is neither created nor updated. */
  evaluate(view: MappingView): Desired | undefined
  /**
   * Runs the `tests:` of the file; one problem per expectation that fails. `readFixture` gets the path as
   * written, relative to the folder of `file` ("fixtures/lead.json"), and returns the parsed JSON or throws.
   */
  runTests(readFixture: (path: string) => unknown): MappingProblem[]
}
