import { RecordError } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { CrmChange } from '../ports.ts'
import { HYGIENE_PLAN_VERSION, type HygieneOperation, type HygienePlan, noTotals } from './plan.ts'

const CHUNK = 1_000

/** Whether a run changed a CRM by a hygiene plan. */
export async function isHygieneRun({ store }: EngineDeps, run: string): Promise<boolean> {
  return (await store.lookup.run(run))?.kind === 'hygiene'
}

/**
 * The plan that takes back what a run of a hygiene plan did: written fields and associations go back where the CRM still
 * holds what was written. Merges and the recycle bin are for people. Throws RecordError `request.not_found`.
 */
export async function planHygieneUndo(
  { store, clock }: EngineDeps,
  { run, only }: { run: string; only?: string[] },
): Promise<HygienePlan> {
  const operations: HygieneOperation[] = []
  let destination: string | undefined
  let after: number | undefined
  for (;;) {
    const page = await store.crmChanges.ofRun({
      run,
      limit: CHUNK,
      ...(after === undefined ? {} : { after }),
    })
    if (page.length === 0) break
    after = page.at(-1)!.seq
    for (const change of page) {
      destination ??= change.destination
      operations.push(...backOf(change, only))
    }
  }
  if (destination === undefined && !(await store.lookup.run(run)))
    throw new RecordError('request.not_found', `There is no run ${run}`, { at: { run } })
  const totals = noTotals()
  for (const { kind } of operations) totals[kind]++
  return {
    version: HYGIENE_PLAN_VERSION,
    kind: 'hygiene',
    destination: destination ?? '',
    createdAt: new Date(clock.now()).toISOString(),
    undoes: run,
    // The last change goes back first.
    operations: operations.reverse(),
    totals,
  }
}

function backOf(change: CrmChange, only: string[] | undefined): HygieneOperation[] {
  const { object, crmId, kind, fields = {}, link, into } = change
  const base = { object, crmId, checks: [] }
  if (kind === 'merge' || kind === 'archive') {
    if (only !== undefined) return []
    const [what, why] = into
      ? [
          `part it from ${into} again`,
          'no CRM lets a merge be taken back; its values are in the record of this run',
        ]
      : ['restore it from the recycle bin', 'the APIs of CRMs do not restore records']
    return [{ id: `task ${object} ${crmId}`, kind: 'task', ...base, what, why }]
  }
  if (link) {
    if (only !== undefined) return []
    const { before, after } = fields['→']!
    const back = { object: link.object, before: textOrNull(after), after: textOrNull(before) }
    return [{ id: `link ${object} ${crmId}`, kind: 'reassign', ...base, link: back }]
  }
  const wanted = Object.entries(fields).filter(([name]) => only === undefined || only.includes(name))
  if (wanted.length === 0) return []
  const back = Object.fromEntries(
    wanted.map(([name, { before, after }]) => [name, { before: after, after: before }]),
  )
  return [{ id: `${kind} ${object} ${crmId}`, kind, ...base, fields: back }]
}

const textOrNull = (value: unknown): string | null => (value === null ? null : String(value))
