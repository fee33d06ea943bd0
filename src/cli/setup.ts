import { ConfigError, nearestOrAll, type SetupStep } from '#kit'
import { contextOf } from '../engine/connection.ts'
import { fieldNeeds } from '../engine/mappings/needs.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT, table } from './output.ts'

/** Shows the fields a CRM lacks, and creates them with --apply. */
export async function setup({
  environment,
  output,
  args,
  options,
}: CommandInput<{ apply?: boolean }>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment)
  const { deps } = context.engine
  try {
    const connection = deps.connections.get(args[0]!)
    const destination = connection?.connector.destination
    if (!connection || !destination) {
      const known = [...deps.connections.values()].filter((c) => c.connector.destination).map((c) => c.name)
      throw new ConfigError(
        'config.unknown_connection',
        `${args[0]} is not a CRM connection; ${nearestOrAll(args[0]!, known)}`,
      )
    }
    const fields = fieldNeeds(deps.mappings(), connection.name)
    const steps = await destination.setup(contextOf(connection, { ...deps, signal }), {
      apply: options.apply ?? false,
      fields,
    })
    output.json({ steps })
    output.line(
      table(
        steps.map((s) => [s.object, s.what, s.state, s.detail ?? '']),
        { header: ['object', 'what', 'state', ''] },
      ),
    )
    const missing = steps.filter((s) => s.state === 'missing').length
    if (missing > 0)
      output.line(`\n${missing} missing; create them with: tributary setup ${connection.name} --apply`)
    return steps.some((s: SetupStep) => s.state === 'failed') ? EXIT.failed : EXIT.done
  } finally {
    await context.close()
  }
}
