import { contextOf } from '../connection.ts'
import type { SkipReason } from '../deciding/decide.ts'
import { prepare } from '../deciding/prepare.ts'
import type { DecidedField } from '../deciding/prepare-upsert.ts'
import type { EngineDeps } from '../deps.ts'
import { hashOrdered } from '../hash.ts'
import type { Operation } from '../ports.ts'

export type PlannedAction = 'create' | 'adopt' | 'update' | 'log' | 'wait' | 'skip' | 'hold'

export interface PlannedField {
  field: string
  /** CRM value now; absent for a record that does not exist yet, and where the CRM did not tell. */
  before?: unknown
  /** Last value of ours that the CRM confirmed; absent where there is none. */
  written?: unknown
  after: unknown
  /** The e-mail of a user, where `after` is the user's id. */
  wanted?: unknown
  policy: string
  /** file:line of the mapping. */
  from: string
  decision: 'write' | 'skip' | 'hold'
  /** Why it is not written. */
  reason?: SkipReason
  /** When somebody changed our value of it in the CRM, as far as that is known. */
  editedAt?: string
}

export interface PlannedOperation {
  id: string
  destination: string
  object: string
  entity: string
  externalId: string
  crmId?: string
  /** wait: its parent goes first, and is part of the plan. */
  action: PlannedAction
  fields: PlannedField[]
  reason?: string
  /** Of the operation as planned; `apply` refuses an operation that has changed since. */
  fingerprint: string
}

/** Plans pending operations of one destination, in their order. */
export async function planOperations(
  deps: EngineDeps,
  operations: Operation[],
  signal: AbortSignal,
): Promise<PlannedOperation[]> {
  const planned: PlannedOperation[] = []
  for (const [object, group] of Map.groupBy(operations, (o) => o.object))
    planned.push(...(await planGroup(deps, object, group, signal)))
  return planned
}

async function planGroup(
  deps: EngineDeps,
  object: string,
  operations: Operation[],
  signal: AbortSignal,
): Promise<PlannedOperation[]> {
  const connection = deps.connections.get(operations[0]!.destination)!
  const ctx = contextOf(connection, { ...deps, signal })
  const decided = new Map<string, PlannedField[]>()
  const { ready, results } = await prepare(deps, ctx, object, operations, {
    isDry: true,
    onDecision: ({ id }, field) => decided.set(id, [...(decided.get(id) ?? []), plannedField(field)]),
  })
  const readyBy = new Map(ready.map((r) => [r.operation.id, r]))
  const resultBy = new Map(results.map((r) => [r.id, r]))
  return operations.map((operation) => {
    const { id, destination, entity, externalId } = operation
    const base = { id, destination, object, entity, externalId, fingerprint: fingerprintOf(operation) }
    const fields = decided.get(id) ?? []
    const own = readyBy.get(id)
    if (own) {
      const { crmId } = own.write
      // References and timeline entries are not decided field by field: they go as they are.
      const others = Object.entries(own.fields)
        .filter(([field]) => !fields.some((f) => f.field === field))
        .map(([field, f]): PlannedField => ({ field, ...f, decision: 'write' }))
      return {
        ...base,
        action: actionOf(operation, own.write),
        fields: [...fields, ...others],
        ...(crmId ? { crmId } : {}),
      }
    }
    const result = resultBy.get(id)
    const isAtOdds = fields.some((field) => field.decision === 'hold')
    const isSkipped = result?.outcome === 'skipped' && !isAtOdds
    const action = result?.outcome === 'retry' ? 'wait' : isSkipped ? 'skip' : 'hold'
    return {
      ...base,
      action,
      fields,
      ...(result?.crmId ? { crmId: result.crmId } : {}),
      ...(result?.error ? { reason: result.error.message } : {}),
    }
  })
}

export function actionOf(operation: Operation, write: { crmId?: string; adopt?: boolean }): PlannedAction {
  if (operation.kind === 'activity') return 'log'
  if (write.adopt) return 'adopt'
  return write.crmId === undefined ? 'create' : 'update'
}

function plannedField(decided: DecidedField): PlannedField {
  const { field, policy, from, live, written, after, decision, editedAt } = decided
  return {
    field,
    ...(live !== undefined ? { before: live } : {}),
    ...(written !== undefined ? { written } : {}),
    after,
    ...(decided.wanted !== undefined ? { wanted: decided.wanted } : {}),
    policy,
    from,
    decision: decision.action,
    ...('reason' in decision ? { reason: decision.reason } : {}),
    ...(editedAt !== undefined ? { editedAt: new Date(editedAt).toISOString() } : {}),
  }
}

export const fingerprintOf = (operation: Operation): string =>
  hashOrdered([operation.fields, operation.links, operation.activity ?? null])
