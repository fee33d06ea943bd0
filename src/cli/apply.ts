import { readFileSync } from 'node:fs'
import { ConfigError, HubError } from '#kit'
import { hashParts } from '../engine/hash.ts'
import { applyPlan, makePlan, type Plan } from '../engine/plan.ts'
import type { RunRow } from '../engine/ports.ts'
import { drain } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/usage.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { EXIT } from './output.ts'

/** Sends a kept plan, or everything that is pending; stops before the first write where thresholds are exceeded. */
export async function apply({ environment, output, args }: CommandInput): Promise<number> {
  const signal = stopSignal()
  const kept = args[0] ? readPlan(args[0]) : undefined
  const context = await openContext(environment)
  const { deps } = context.engine
  try {
    const startedAt = deps.clock.now()
    const run: RunRow = {
      id: `run_${hashParts('apply', deps.holder, String(startedAt))}`,
      kind: 'apply',
      scope: args[0] ?? 'everything pending',
      startedAt,
      state: 'running',
      counts: {},
    }
    if (kept) {
      if (kept.exceeded.length > 0) return refuse(kept, output.line)
      await deps.store.control.saveRun(run)
      const { sent, stale } = await applyPlan(context.engine, kept, { signal, run: run.id })
      run.counts = { sent, stale: stale.length }
      output.line(`${sent} operations sent`)
      if (stale.length > 0)
        output.line(
          `${stale.length} operations have changed since the plan was made and were not sent; make a new plan`,
        )
    } else {
      await drain(context.engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })
      if (hasThresholds(context)) {
        const made = await makePlan(context.engine, { signal, thresholds: context.config.thresholds })
        if (made.exceeded.length > 0) return refuse(made, output.line)
      }
      await deps.store.control.saveRun(run)
      let sent = 0
      await drain(context.engine, {
        signal,
        flush: true,
        run: run.id,
        onStep: (stage, done) => (sent += stage === 'deliver' ? done : 0),
      })
      run.counts = { sent }
      output.line(`${sent} operations sent`)
    }
    await rememberUsage(deps)
    run.finishedAt = deps.clock.now()
    run.state = signal.aborted ? 'stopped' : 'done'
    await deps.store.control.saveRun(run)
    const { items: failed } = await deps.store.inspect.operations({ run: run.id, state: 'dead', limit: 200 })
    for (const { object, externalId, error } of failed)
      output.line(`failed ${object} ${externalId}: ${error?.message}`)
    output.json({ run, failed })
    return failed.length > 0 || (run.counts.stale ?? 0) > 0 ? EXIT.failed : EXIT.done
  } finally {
    await context.close()
  }
}

const hasThresholds = ({ config }: Context) =>
  Object.values(config.thresholds).some((limit) => limit !== undefined)

function refuse(plan: Plan, line: (text: string) => void): number {
  for (const text of plan.exceeded) line(`over threshold: ${text}`)
  line('Nothing was sent.')
  return EXIT.threshold
}

function readPlan(file: string): Plan {
  try {
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan
    if (plan.version !== 1 || !Array.isArray(plan.operations))
      throw new ConfigError('plan.stale', `${file} is not a plan of this version`)
    return plan
  } catch (error) {
    if (error instanceof HubError) throw error
    throw new ConfigError(
      'config.file_missing',
      `${file} cannot be read as a plan: ${(error as Error).message}`,
      { cause: error },
    )
  }
}
