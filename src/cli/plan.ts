import { forecast } from '../engine/forecast.ts'
import { makePlan, type Plan } from '../engine/plan.ts'
import { drain } from '../engine/schedule.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT } from './output.ts'
import { writePlan } from './plan-file.ts'
import { printPlan } from './plan-text.ts'

export async function plan({
  environment,
  output,
  options,
}: CommandInput<{ out?: string }>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    await drain(context.engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })
    const planned = await makePlan(context.engine, { signal, thresholds: context.config.thresholds })
    const timeline = await forecast(context.engine.deps)
    const made: Plan = { ...planned, warnings: [...planned.warnings, ...timeline.warnings], timeline }
    if (options.out) writePlan(options.out, made)
    output.json(made)
    printPlan(made, output.line)
    if (options.out) output.line(`Plan kept in ${options.out}; send it with: tributary apply ${options.out}`)
    return made.exceeded.length > 0 ? EXIT.threshold : EXIT.done
  } finally {
    await context.close()
  }
}
