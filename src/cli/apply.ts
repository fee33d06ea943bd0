import { ConfigError, reportOf } from '#kit'
import { type AppliedPlan, applyPlan } from '../engine/apply.ts'
import { drainWithJobs } from '../engine/bulk/await-jobs.ts'
import type { EngineDeps } from '../engine/deps.ts'
import type { HygienePlan } from '../engine/hygiene/index.ts'
import { type Plan, summarisePending } from '../engine/plan.ts'
import type { PlannedOperation } from '../engine/planning/plan-operations.ts'
import type { Hold, RunRow, StuckOperations } from '../engine/ports.ts'
import { drain } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import { verify } from '../engine/sending/verify.ts'
import type { UndoPlan } from '../engine/undo-plan.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { describeHold } from './hold.ts'
import { sendHygiene } from './hygiene-apply.ts'
import { readHygienePlan } from './hygiene-file.ts'
import { EXIT, type Output } from './output.ts'
import { readPlan } from './plan-file.ts'
import { printOperation } from './plan-text.ts'
import { preparing } from './stages.ts'
import { describeStuck } from './stuck.ts'
import { readUndo, send as sendUndo } from './undo.ts'

const SHOWN_FAILURES = 200

/**
 * Sends a kept plan, or everything that is pending; stops before the first write where thresholds are exceeded. Ends with
 * 0 only where nothing failed and nothing that should have been sent is left.
 */
export async function apply({
  environment,
  output,
  args,
  options,
}: CommandInput<{ accept?: boolean }>): Promise<number> {
  const signal = stopSignal()
  const [file] = args
  const back = file === undefined ? undefined : readUndo(file)
  if (back) return await applyUndoPlan(environment, back, output, signal)
  const hygiene = file === undefined ? undefined : readHygienePlan(file)
  if (hygiene) return await applyHygienePlan(environment, hygiene, output, signal)
  const kept = file === undefined ? undefined : readPlan(file)
  if (kept && kept.exceeded.length > 0 && !options.accept) return refuse(kept.exceeded, output)
  const context = await openContext(environment)
  const { deps } = context.engine
  try {
    await deps.store.deliver.retryRefused(deps.clock.now())
    if (!kept) {
      await drain(context.engine, { signal, stages: preparing(context) })
      const { thresholds } = context.config
      if (!options.accept && Object.values(thresholds).some((limit) => limit !== undefined)) {
        const { exceeded } = await summarisePending(context.engine, { signal, thresholds })
        if (exceeded.length > 0) return refuse(exceeded, output)
      }
    }
    for (const hold of await acceptHolds(deps, kept)) output.line(`goes on: ${describeHold(hold)}`)
    const startedAt = deps.clock.now()
    const run: RunRow = {
      id: `run_${crypto.randomUUID()}`,
      kind: 'apply',
      scope: file ?? 'everything pending',
      startedAt,
      state: 'running',
      counts: {},
    }
    await deps.store.control.saveRun(run)
    try {
      const applied = await send(context, kept, { signal, run: run.id })
      return await conclude(context, { run, kept, applied, signal }, output)
    } catch (error) {
      run.state = 'failed'
      run.error = reportOf(error)
      throw error
    } finally {
      run.finishedAt = deps.clock.now()
      await deps.store.control.saveRun(run)
    }
  } finally {
    await context.close()
  }
}

/** Who applies has decided: what was held of these objects goes on, also by itself. */
async function acceptHolds({ store, clock }: EngineDeps, kept: Plan | undefined): Promise<Hold[]> {
  const now = clock.now()
  if (!kept) return await store.thresholds.accept({ now })
  const objects = Map.groupBy(kept.operations, ({ destination, object }) => `${destination} ${object}`)
  const accepted: Hold[] = []
  for (const [{ destination, object }] of [...objects.values()] as [PlannedOperation][])
    accepted.push(...(await store.thresholds.accept({ destination, object, now })))
  return accepted
}

async function send(
  { engine }: Context,
  kept: Plan | undefined,
  options: { signal: AbortSignal; run: string },
): Promise<Pick<AppliedPlan, 'stale' | 'replanned'>> {
  try {
    if (kept) {
      const applied = await applyPlan(engine, kept, options)
      await verify(engine.deps, { signal: options.signal, flush: true })
      return applied
    }
    await drainWithJobs(engine, { ...options, flush: true })
    return { stale: [], replanned: [] }
  } finally {
    await rememberUsage(engine.deps)
  }
}

async function conclude(
  { store }: Context,
  {
    run,
    kept,
    applied: { stale, replanned },
    signal,
  }: {
    run: RunRow
    kept: Plan | undefined
    applied: Pick<AppliedPlan, 'stale' | 'replanned'>
    signal: AbortSignal
  },
  output: Output,
): Promise<number> {
  const outcomes = await store.inspect.outcomes(run.id)
  const { done = 0, dead = 0, held = 0, pending = 0, not_stored: lost = 0 } = outcomes
  const sent = await store.inspect.written(run.id)
  // Of a plan only its own operations count; without one, everything that was pending should have left.
  const stuck = kept && pending === 0 ? [] : await store.inspect.stuckOperations()
  // What was refused as stale is pending again, and counted as such.
  const waiting = kept ? Math.max(0, pending - replanned.length) : countOf(stuck)
  run.counts = { sent, unchanged: done - sent, failed: dead, held, waiting, stale: stale.length }
  run.state = signal.aborted ? 'stopped' : waiting > 0 ? 'failed' : 'done'
  if (stuck[0]) run.error = stuck[0].error
  const { items: failed } = await store.inspect.operations({
    run: run.id,
    state: 'dead',
    limit: SHOWN_FAILURES,
  })
  output.json({ run, failed, stuck, replanned })
  output.line(`${sent} operations sent`)
  if (done > sent)
    output.line(`${done - sent} needed no write: the CRM holds what it should, or a person's value stays`)
  if (held > 0)
    output.line(`${held} held for a person to decide: see the page of each record, or /api/operations`)
  for (const { destination, object, externalId, error } of failed)
    output.line(`failed ${destination} ${object} ${externalId}: ${error?.message}\n  fix: ${error?.fix}`)
  if (dead > failed.length) output.line(`… and ${dead - failed.length} more; tributary status shows them`)
  for (const group of stuck) output.line(describeStuck(group))
  if (waiting > 0)
    output.line(`${waiting} operations wait; apply again then, or leave them to tributary start`)
  if (stale.length > 0) {
    output.line(
      `${stale.length} operations, or their records, have changed since the plan was made and were not sent.`,
    )
    if (replanned.length > 0) output.line('As of now, a new plan would say of them:')
    for (const operation of replanned.slice(0, SHOWN_FAILURES)) printOperation(operation, output.line)
  }
  if (signal.aborted) output.line('Stopped; apply again to send what is left')
  if (lost > 0)
    output.line(`${lost} were accepted and the CRM does not hold what was sent; tributary dead shows them`)
  const { items: conflicts } = await store.quarantine.list({ limit: 1 })
  if (conflicts.length > 0) output.line('Fields wait for your decision: tributary quarantine')
  if (sent > 0) output.line(`To take this back: tributary undo ${run.id}`)
  return signal.aborted || dead + waiting + lost + stale.length > 0 ? EXIT.failed : EXIT.done
}

const countOf = (stuck: StuckOperations[]): number => stuck.reduce((sum, { count }) => sum + count, 0)

function refuse(exceeded: string[], output: Output): number {
  const error = new ConfigError('plan.threshold', `${exceeded.join('; ')}. Nothing was sent.`)
  output.json({ error: reportOf(error), exceeded })
  for (const text of exceeded) output.line(`over threshold: ${text}`)
  output.line('Nothing was sent.')
  return EXIT.threshold
}

async function applyUndoPlan(
  environment: CommandInput['environment'],
  plan: UndoPlan,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const context = await openContext(environment)
  try {
    return await sendUndo(context, plan, output, signal)
  } finally {
    await context.close()
  }
}

async function applyHygienePlan(
  environment: CommandInput['environment'],
  plan: HygienePlan,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const context = await openContext(environment)
  try {
    return await sendHygiene(context, plan, output, signal)
  } finally {
    await context.close()
  }
}
