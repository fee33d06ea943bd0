import { RecordError } from '#kit'
import type { Instant } from '#model'
import type { EngineDeps } from '../deps.ts'
import { hashParts } from '../hash.ts'
import type { ConflictRow, Operation, WrittenField } from '../ports.ts'
import type { Decision, SkipReason } from './decide.ts'
import { sameValue } from './same-value.ts'
import type { Target } from './targets.ts'

/** One per field of a CRM record. */
export const conflictId = (at: {
  destination: string
  object: string
  crmId: string
  field: string
}): string => `cf_${hashParts(at.destination, at.object, at.crmId, at.field)}`

/** Conflicts of these records, whatever was decided of them, by id. */
export async function judgedConflicts(
  deps: EngineDeps,
  destination: string,
  object: string,
  targets: Map<string, Target>,
): Promise<Map<string, ConflictRow>> {
  const keys = [...targets.values()].flatMap(({ crmId }) => (crmId ? [{ destination, object, crmId }] : []))
  const rows = keys.length > 0 ? await deps.store.quarantine.of(keys) : []
  return new Map(rows.map((row) => [row.id, row]))
}

/** A person's word counts for the two values that the person saw, and for no others. */
export function judge(
  decision: Decision,
  met: ConflictRow | undefined,
  values: { ours: unknown; theirs: unknown },
): Decision {
  if (decision.action !== 'hold' || !met || !sameValue(met.ours, values.ours)) return decision
  if (met.state === 'kept') return { action: 'skip', reason: 'kept' }
  return met.state === 'accepted' && sameValue(met.theirs, values.theirs) ? { action: 'write' } : decision
}

export function conflictOf(
  found: {
    operation: Operation
    crmId: string
    name: string
    live: unknown
    written: WrittenField | undefined
    now: Instant
  },
  reason: SkipReason,
): ConflictRow {
  const { operation, crmId, name, live, written, now } = found
  const { destination, object, entity } = operation
  const field = operation.fields[name]!
  return {
    id: conflictId({ destination, object, crmId, field: name }),
    destination,
    object,
    entity,
    crmId,
    field: name,
    ours: field.after,
    theirs: live ?? null,
    ...(written && 'value' in written ? { written: written.value } : {}),
    from: field.from,
    reason,
    operation: operation.id,
    state: 'open',
    at: now,
  }
}

/**
 * A person's word on a conflict. accept: our value is written once, with the next delivery. keep: the CRM's value stays
 * until ours is another one. Throws RecordError `request.not_found` where there is no such conflict.
 */
export async function decideConflict(
  deps: EngineDeps,
  id: string,
  decision: 'accept' | 'keep',
): Promise<ConflictRow> {
  const now = deps.clock.now()
  const state = decision === 'accept' ? 'accepted' : 'kept'
  const row = await deps.store.quarantine.decide({ id, state, now, dueAt: now })
  if (!row)
    throw new RecordError('request.not_found', `There is no conflict ${id} in quarantine`, { at: { id } })
  return row
}
