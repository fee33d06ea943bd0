import { forecast } from '../engine/forecast.ts'
import { planPending } from '../engine/plan.ts'
import type { PlanSummary } from '../engine/planning/plan-summary.ts'
import { drain } from '../engine/schedule.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { EXIT, type Output } from './output.ts'
import { planText, startPlanFile } from './plan-file.ts'
import { startPlanText } from './plan-text.ts'
import { preparing } from './stages.ts'

export async function plan({
  environment,
  output,
  options,
}: CommandInput<{ out?: string }>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    // One stage to its end before the next, as nobody waits in between: a company is projected once, not with each part of its people.
    await drain(context.engine, { signal, flush: true, stages: preparing(context) })
    const { exceeded } = await writeOut(context, output, { signal, out: options.out })
    if (options.out) output.line(`Plan kept in ${options.out}; send it with: tributary apply ${options.out}`)
    return exceeded.length > 0 ? EXIT.threshold : EXIT.done
  } finally {
    await context.close()
  }
}

/** Writes the plan wherever it is wanted while it is made: nobody holds it whole. */
async function writeOut(
  { engine, config }: Context,
  output: Output,
  { signal, out }: { signal: AbortSignal; out: string | undefined },
): Promise<PlanSummary> {
  const createdAt = new Date(engine.deps.clock.now()).toISOString()
  const file = out === undefined ? undefined : startPlanFile(out, createdAt)
  const json = planText(createdAt)
  const text = startPlanText(output.line)
  try {
    const pieces = planPending(engine, { signal, thresholds: config.thresholds })
    let piece = await pieces.next()
    for (; !piece.done; piece = await pieces.next()) {
      file?.add(piece.value)
      if (output.isJson) await output.raw(json.add(piece.value))
      text.add(piece.value)
    }
    const timeline = await forecast(engine.deps)
    const summary = { ...piece.value, warnings: [...piece.value.warnings, ...timeline.warnings], timeline }
    file?.end(summary)
    if (output.isJson) await output.raw(`${json.end(summary)}\n`)
    text.end(summary)
    return summary
  } finally {
    file?.discard()
  }
}
