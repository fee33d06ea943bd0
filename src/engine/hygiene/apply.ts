import { contextOf } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import { archiveRecords } from './apply-archive.ts'
import { writeFields } from './apply-fields.ts'
import { changeLinks } from './apply-links.ts'
import { mergeRecords } from './apply-merge.ts'
import type { AppliedHygiene, FieldOperation, LinkOperation, Of, Work } from './change.ts'
import type { HygieneOperation, HygienePlan } from './plan.ts'
import { openInventory } from './scan.ts'

/**
 * Does what a plan says to the records of a CRM, as long as they still are what the plan was made against. What is about to
 * be sent is stored first, so that whatever becomes of this process it is known what may have been changed. Applying a
 * plan again does the rest of it.
 */
export async function applyHygiene(
  deps: EngineDeps,
  plan: HygienePlan,
  { signal, run }: { signal: AbortSignal; run: string },
): Promise<AppliedHygiene> {
  const { destination, operations } = plan
  const { inventory, layouts } = await openInventory(deps, destination, signal)
  const connection = deps.connections.get(destination)!
  const applied: AppliedHygiene = {
    done: { standardise: 0, reassign: 0, archive: 0, merge: 0 },
    already: 0,
    stale: [],
    failed: [],
    tasks: operations.filter(({ kind }) => kind === 'task').length,
  }
  const api = connection.connector.destination!
  const ctx = contextOf(connection, { ...deps, signal })
  const work: Work = {
    deps,
    ctx,
    api,
    inventory,
    layouts,
    run,
    destination,
    applied,
    written: new Map(),
    signal,
  }
  for (const kind of ['standardise', 'reassign', 'archive', 'merge'] as const) {
    const own = operations.filter((operation) => operation.kind === kind)
    for (const [object, group] of Map.groupBy(own, (operation) => operation.object)) {
      const spec = api.objects[object]
      if (!spec || !layouts.has(object)) {
        for (const { id } of group) applied.stale.push({ id, why: `the CRM has no ${object} any more` })
        continue
      }
      for (let i = 0; i < group.length; i += spec.batchSize) {
        if (signal.aborted) return applied
        await applyChunk(work, object, group.slice(i, i + spec.batchSize))
      }
    }
  }
  return applied
}

async function applyChunk(work: Work, object: string, operations: HygieneOperation[]): Promise<void> {
  const fieldwise = operations.filter((o): o is FieldOperation => 'fields' in o)
  const linkwise = operations.filter((o): o is LinkOperation => 'link' in o)
  const archives = operations.filter((o): o is Of<'archive'> => o.kind === 'archive')
  const merges = operations.filter((o): o is Of<'merge'> => o.kind === 'merge')
  if (fieldwise.length > 0) await writeFields(work, object, fieldwise)
  if (linkwise.length > 0) await changeLinks(work, object, linkwise)
  if (archives.length > 0) await archiveRecords(work, object, archives)
  for (const merge of merges) await mergeRecords(work, object, merge)
}
