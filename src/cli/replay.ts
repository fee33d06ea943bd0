import { ConfigError } from '#kit'
import { type ReplayRequest, replay as replayItems } from '../engine/replay.ts'
import type { CommandInput } from './command.ts'
import { openContext } from './context.ts'
import { describeGroup } from './dead.ts'
import { EXIT } from './output.ts'

interface Options {
  dead?: boolean
  code?: string
  run?: string
  receipt?: string
  record?: string
  operation?: string
  dryRun?: boolean
}

const ONE = ['receipt', 'record', 'operation'] as const

/** Everything set aside needs an explicit --dead: it is the widest choice, and the shortest command must not make it. */
export async function replay({ environment, output, options }: CommandInput<Options>): Promise<number> {
  const { code, run, receipt, record, operation, dryRun = false } = options
  const ones = ONE.filter((name) => options[name] !== undefined)
  if (ones.length > 1 || (ones.length === 1 && (code ?? run) !== undefined))
    throw new ConfigError(
      'cli.usage',
      'replay takes one --receipt, --record or --operation, or filters, not both',
    )
  if (!options.dead && ones.length === 0 && code === undefined && run === undefined)
    throw new ConfigError(
      'cli.usage',
      'replay needs --dead (everything set aside), --code, --run, --receipt, --record or --operation',
    )
  const request: ReplayRequest = {
    ...(code === undefined ? {} : { code }),
    ...(run === undefined ? {} : { run }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(record === undefined ? {} : { record }),
    ...(operation === undefined ? {} : { operation }),
  }
  // Needs no mapping, so that it also works while those are broken.
  const context = await openContext(environment, { mappings: [] })
  try {
    const replayed = await replayItems(context.engine.deps, request, { isDry: dryRun })
    const { receipts, records, operations, groups } = replayed
    output.json(replayed)
    if (receipts + records + operations === 0) {
      output.line('Nothing to replay.')
      return EXIT.done
    }
    for (const group of groups) output.line(describeGroup(group))
    const what = `${receipts} receipts, ${records} records, ${operations} operations`
    if (dryRun) output.line(`Would be replayed: ${what}`)
    else output.line(`Replayed: ${what}. tributary plan shows what comes of it; apply or start sends it.`)
    return EXIT.done
  } finally {
    await context.close()
  }
}
