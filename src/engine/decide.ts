import type { CrmValue } from '#kit'
import { isEmpty, isStillOurs, sameValue } from './same-value.ts'

export interface FieldState {
  policy: string
  after: CrmValue
  /** What we last wrote (`value`), and what we may have written since (`maybe`); undefined where we never did. */
  written: { value?: unknown; maybe?: unknown } | undefined
  /** What the CRM holds now; undefined where the record is new or the CRM did not tell. */
  live: unknown
  /** The record does not exist yet: there is nothing of anybody's to protect. */
  isNew: boolean
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

/** A write whose answer was lost may have arrived: then the CRM holds that value, and it is ours as well. */
const isOurs = (live: unknown, written: NonNullable<FieldState['written']>): boolean =>
  ('value' in written && isStillOurs(live, written.value)) ||
  ('maybe' in written && isStillOurs(live, written.maybe)) ||
  (!('value' in written) && isEmpty(live))

const WRITE: Decision = { action: 'write' }
const skip = (reason: SkipReason): Decision => ({ action: 'skip', reason })
const hold = (reason: SkipReason): Decision => ({ action: 'hold', reason })

/**
 * The three-way decision for one field: last written, live and new. A person's edit wins: a value that someone changed
 * in the CRM since our last write, or that was there before us, is not overwritten unless the policy is `always`.
 */
export function decide({ policy, after, written, live, isNew }: FieldState): Decision {
  if (policy === 'never') return skip('policy_never')
  if (isNew) return isEmpty(after) ? skip('unchanged') : WRITE
  if (sameValue(live, after)) return skip('unchanged')
  switch (policy) {
    case 'always':
      return WRITE
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
      return isOurs(live, written) ? WRITE : held('value' in written ? 'edited_in_crm' : 'not_ours')
    }
  }
}
