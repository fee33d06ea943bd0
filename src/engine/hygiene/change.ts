import {
  type ConnectorContext,
  type CrmFields,
  type CrmValue,
  type Destination,
  type ErrorReport,
  HubError,
  type Inventory,
  isRetryable,
  type LiveRecord,
  reportOf,
} from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { NewCrmChange } from '../ports.ts'
import type { HygieneOperation } from './plan.ts'
import type { Layout } from './scan.ts'

export interface AppliedHygiene {
  /** Operations that changed something, by kind. */
  done: { standardise: number; reassign: number; archive: number; merge: number }
  /** The CRM already holds what they want. */
  already: number
  /** Not sent: the record has changed since the plan was made, or is gone. */
  stale: { id: string; why: string }[]
  failed: { id: string; error: ErrorReport }[]
  /** For people. */
  tasks: number
}

type Ctx = ConnectorContext<Record<string, unknown>>
export type Of<K> = Extract<HygieneOperation, { kind: K }>
export type FieldOperation = Extract<HygieneOperation, { fields: unknown }>
export type LinkOperation = Extract<HygieneOperation, { link: unknown }>

export interface Work {
  deps: EngineDeps
  ctx: Ctx
  api: Destination<Record<string, unknown>>
  inventory: Inventory<Record<string, unknown>>
  layouts: Map<string, Layout>
  run: string
  destination: string
  applied: AppliedHygiene
  /** What this plan has written so far: object id → fields. */
  written: Map<string, CrmFields>
  signal: AbortSignal
}

export const readLive = async (
  { inventory, ctx }: Work,
  object: string,
  crmIds: string[],
  fields: string[],
): Promise<Map<string, LiveRecord>> =>
  new Map((await inventory.read(ctx, { object, crmIds, fields })).map((record) => [record.crmId, record]))

export const GONE = 'it is gone from the CRM'
export const moved = (live: LiveRecord) => `it was merged into ${live.movedTo}`

export const changeOf = (
  { run, destination }: Work,
  change: Omit<NewCrmChange, 'run' | 'destination'>,
): NewCrmChange => ({ run, destination, ...change })

/** Stores what is about to change, changes it, and stores what became of it. */
export async function send(
  work: Work,
  operations: (FieldOperation | LinkOperation | Of<'archive'>)[],
  change: () => Promise<(HubError | undefined)[]>,
): Promise<void> {
  if (operations.length === 0) return
  const { deps, applied } = work
  const seqs = await deps.store.crmChanges.begin(
    operations.map((operation) => {
      const { object, crmId, kind } = operation
      const rest =
        'fields' in operation
          ? { fields: operation.fields }
          : 'link' in operation
            ? { fields: linkAsField(operation), link: linkOf(operation) }
            : {}
      return changeOf(work, { object, crmId, kind, ...rest })
    }),
    deps.clock.now(),
  )
  let errors: (HubError | undefined)[]
  try {
    errors = await change()
  } catch (error) {
    if (!(error instanceof HubError) || isRetryable(error)) throw error
    errors = operations.map(() => error)
  }
  const reports = errors.map((error) => (error ? reportOf(error) : undefined))
  // What may have arrived all the same stays under way: an undo looks at what the CRM holds.
  const settled = seqs.flatMap((seq, i) => {
    if (errors[i] && isRetryable(errors[i])) return []
    return [{ seq, ...(reports[i] ? { error: reports[i] } : {}) }]
  })
  await deps.store.crmChanges.finish(settled)
  for (const [i, { id, kind }] of operations.entries()) {
    const error = reports[i]
    if (error) applied.failed.push({ id, error })
    else applied.done[kind]++
  }
}

const linkOf = ({ link }: LinkOperation) => ({ object: link.object, crmId: (link.after ?? link.before)! })
const linkAsField = ({ link }: LinkOperation): Record<string, { before: CrmValue; after: CrmValue }> => ({
  '→': { before: link.before, after: link.after },
})
