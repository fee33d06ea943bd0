import { reportOf } from '#kit'
import {
  type AppliedHygiene,
  applyHygiene,
  type HygieneOperation,
  type HygienePlan,
} from '../engine/hygiene/index.ts'
import type { RunRow } from '../engine/ports.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import type { Context } from './context.ts'
import { EXIT, type Output } from './output.ts'

const SHOWN = 50

/** Does what a hygiene plan says, as a run that can be taken back. Ends with 0 only where everything was done. */
export async function sendHygiene(
  { engine: { deps } }: Context,
  plan: HygienePlan,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { undoes } = plan
  const run: RunRow = {
    id: `run_${crypto.randomUUID()}`,
    kind: 'hygiene',
    scope: undoes ? `undo of ${undoes}` : plan.destination,
    startedAt: deps.clock.now(),
    state: 'running',
    counts: {},
  }
  await deps.store.control.saveRun(run)
  try {
    const applied = await applyHygiene(deps, plan, { signal, run: run.id })
    run.counts = countsOf(applied)
    run.state = signal.aborted ? 'stopped' : 'done'
    output.json({ run, applied })
    printApplied(run, plan, applied, output.line)
    if (signal.aborted) output.line('Stopped; apply the plan again to do the rest')
    return signal.aborted || applied.failed.length + applied.stale.length > 0 ? EXIT.failed : EXIT.done
  } catch (error) {
    run.state = 'failed'
    run.error = reportOf(error)
    throw error
  } finally {
    run.finishedAt = deps.clock.now()
    await deps.store.control.saveRun(run)
    await rememberUsage(deps)
  }
}

/** What there is nothing of is not told. */
function countsOf({ done, already, stale, failed, tasks }: AppliedHygiene): Record<string, number> {
  const counts = { ...done, already, stale: stale.length, failed: failed.length, tasks }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

function printApplied(
  run: RunRow,
  { operations }: HygienePlan,
  { done, already, stale, failed }: AppliedHygiene,
  line: (text: string) => void,
): void {
  const parts = Object.entries(done).flatMap(([kind, count]) => (count > 0 ? [`${count} ${PAST[kind]}`] : []))
  line(parts.join(', ') || 'Nothing was changed')
  if (already > 0) line(`${already} needed no change: the CRM holds what they want`)
  for (const { id, error } of failed.slice(0, SHOWN))
    line(`failed ${id}: ${error.message}\n  fix: ${error.fix}`)
  for (const { id, why } of stale.slice(0, SHOWN)) line(`not sent ${id}: ${why}`)
  if (stale.length > SHOWN) line(`… and ${stale.length - SHOWN} more that were not sent`)
  printTasks(operations, line)
  if (parts.length > 0) line(`To take this back: tributary undo ${run.id}`)
}

export function printTasks(operations: readonly HygieneOperation[], line: (text: string) => void): void {
  const tasks = operations.filter((operation) => operation.kind === 'task')
  if (tasks.length === 0) return
  line(`\n${tasks.length} left for a person:`)
  for (const { object, crmId, what, why, others } of tasks.slice(0, SHOWN))
    line(`  ${object} ${crmId}: ${what}${others ? ` (${others.join(', ')})` : ''}; ${why}`)
  if (tasks.length > SHOWN) line(`  … and ${tasks.length - SHOWN} more, in the plan`)
}

const PAST: Record<string, string> = {
  standardise: 'standardised',
  reassign: 'reassigned',
  archive: 'archived',
  merge: 'merged',
}
