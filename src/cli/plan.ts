import { makePlan, type Plan } from '../engine/plan.ts'
import { drain } from '../engine/schedule.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT, table } from './output.ts'
import { writePlan } from './plan-file.ts'

export async function plan({
  environment,
  output,
  options,
}: CommandInput<{ out?: string }>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    await drain(context.engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })
    const made = await makePlan(context.engine, { signal, thresholds: context.config.thresholds })
    if (options.out) writePlan(options.out, made)
    output.json(made)
    printPlan(made, output.line)
    if (options.out) output.line(`Plan kept in ${options.out}; send it with: tributary apply ${options.out}`)
    return made.exceeded.length > 0 ? EXIT.threshold : EXIT.done
  } finally {
    await context.close()
  }
}

const SHOWN = 50

function printPlan(made: Plan, line: (text: string) => void): void {
  for (const operation of made.operations.slice(0, SHOWN)) {
    const { action, destination, object, crmId, externalId, reason } = operation
    line(`${action.padEnd(6)} ${destination} ${object} ${crmId ?? externalId}${reason ? `: ${reason}` : ''}`)
    for (const { field, before, after, policy, from } of operation.fields) {
      line(
        `       ${field}: ${before === undefined ? '' : `${JSON.stringify(before)} → `}${JSON.stringify(after)}  (${policy}, ${from})`,
      )
    }
  }
  if (made.operations.length > SHOWN) line(`… and ${made.operations.length - SHOWN} more (--json shows all)`)
  if (made.operations.length === 0) line('Nothing to write: the CRMs hold what they should.')
  else
    line(
      `\n${table(
        made.totals.map((t) => [t.destination, t.object, t.action, t.count]),
        { header: ['destination', 'object', 'action', 'count'] },
      )}`,
    )
  for (const [destination, calls] of Object.entries(made.calls))
    line(`${destination}: about ${calls} write calls`)
  for (const text of made.exceeded) line(`over threshold: ${text}`)
}
