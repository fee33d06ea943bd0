import type { CrmValue } from '#kit'
import { isEmpty, isStillOurs, sameValue } from './same-value.ts'
import type { UserMiss } from './users.ts'

export interface FieldState {
  policy: string
  after: CrmValue
  /** What we last wrote (`value`), and what we may have written since (`maybe`, `earlier`); undefined where we never did. */
  written: { value?: unknown; maybe?: unknown; earlier?: unknown[] } | undefined
  /** What the CRM holds now; undefined where the record is new or the CRM did not tell. */
  live: unknown
  /** The record does not exist yet: there is nothing of anybody's to protect. */
  isNew: boolean
  /** The record exists and was not looked at: `live` says nothing. Only for fields whose policy asks for no look. */
  isUnseen?: boolean
  /** A person changed our value of it, how long ago, and for how long that holds; absent: for ever. */
  edit?: { ageMs: number; holdsMs: number }
  /** Policy undo: what the CRM must still hold. */
  expected?: unknown
  /** Values from the first to the last stage, where a record only moves forward. */
  stages?: readonly string[]
}

export type Decision = { action: 'write' } | { action: 'skip' | 'hold'; reason: SkipReason }
export type SkipReason =
  | 'unchanged'
  | 'not_empty'
  | 'already_written'
  | 'edited_in_crm'
  | 'not_ours'
  | 'policy_never'
  | 'not_greater'
  | 'not_smaller'
  | 'earlier_stage'
  | 'kept'
  | UserMiss

/** What was sent and never heard of, latest first. */
export const inDoubt = (written: NonNullable<FieldState['written']>): unknown[] =>
  'maybe' in written ? [written.maybe, ...(written.earlier ?? [])] : []

/** A write whose answer was lost may have arrived: then the CRM holds that value, and it is ours as well. */
export const isOurs = (live: unknown, written: NonNullable<FieldState['written']>): boolean =>
  ('value' in written && isStillOurs(live, written.value)) ||
  inDoubt(written).some((value) => isStillOurs(live, value)) ||
  (!('value' in written) && isEmpty(live))

/** Whether the decision is the same whatever the CRM holds. */
export const needsNoLook = (policy: string, after: unknown, written: FieldState['written']): boolean =>
  policy === 'always' || isLeft(policy, after, written)

/** Whether the field stays as it is, whatever the CRM holds. */
export function isLeft(policy: string, after: unknown, written: FieldState['written']): boolean {
  switch (policy) {
    case 'never':
      return true
    case 'once':
      return written === undefined ? isEmpty(after) : 'value' in written && !('maybe' in written)
    case 'if_owned':
      // Nothing to say of a field that never was ours.
      return written === undefined && isEmpty(after)
    case 'if_empty':
      return isEmpty(after)
    default:
      return false
  }
}

const WRITE: Decision = { action: 'write' }
const skip = (reason: SkipReason): Decision => ({ action: 'skip', reason })
const hold = (reason: SkipReason): Decision => ({ action: 'hold', reason })

/**
 * The three-way decision for one field: last written, live and new. A person's edit wins: a value that someone changed
 * in the CRM since our last write, or that was there before us, is not overwritten unless the policy is `always`.
 */
export function decide(state: FieldState): Decision {
  const { policy, after, written, live, isNew } = state
  if (policy === 'never') return skip('policy_never')
  if (isNew) return isEmpty(after) ? skip('unchanged') : WRITE
  if (state.isUnseen && policy === 'always') return WRITE
  if (sameValue(live, after)) return skip('unchanged')
  if (policy !== 'always' && isEarlier(after, live, state.stages)) return skip('earlier_stage')
  switch (policy) {
    case 'always':
      return WRITE
    case 'undo':
      return isStillOurs(live, state.expected) ? WRITE : skip('edited_in_crm')
    case 'if_empty':
      return isEmpty(live) ? WRITE : skip('not_empty')
    case 'once':
      if (written && 'value' in written) return skip('already_written')
      return isEmpty(live) ? WRITE : skip('not_empty')
    case 'max':
      return isEmpty(live) || Number(after) > Number(live) ? WRITE : skip('not_greater')
    case 'min':
      return isEmpty(live) || Number(after) < Number(live) ? WRITE : skip('not_smaller')
    default: {
      const held = policy === 'hold_on_conflict' ? hold : skip
      if (!written) return isEmpty(live) ? WRITE : held('not_ours')
      if (isOurs(live, written)) return WRITE
      if (!('value' in written)) return held('not_ours')
      return policy === 'if_owned' && hasLapsed(state, written.value) ? WRITE : held('edited_in_crm')
    }
  }
}

/** An edit holds for its time; after that a value of ours that is news since the edit may be written. */
const hasLapsed = ({ edit, after }: FieldState, written: unknown): boolean =>
  edit !== undefined && edit.ageMs >= edit.holdsMs && !sameValue(after, written)

function isEarlier(after: CrmValue, live: unknown, stages: readonly string[] | undefined): boolean {
  if (!stages || isEmpty(live)) return false
  const [from, to] = [stages.indexOf(String(live)), stages.indexOf(String(after))]
  return isEmpty(after) || (from >= 0 && to >= 0 && to < from)
}
