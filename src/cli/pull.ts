import { ConfigError } from '#kit'
import { type PullResult, pullConnection } from '../engine/pull.ts'
import { drain } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/usage.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT, table } from './output.ts'

export async function pull({
  environment,
  output,
  args,
  options,
}: CommandInput<{ full?: boolean }>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    const { connections } = context.engine.deps
    const [name, stream] = (args[0] ?? '').split('/')
    const chosen = name ? connections.get(name) : undefined
    if (name && !chosen)
      throw new ConfigError(
        'config.unknown_connection',
        `There is no connection ${name}; known: ${[...connections.keys()].join(', ')}`,
      )
    if (stream && !chosen?.connector.streams?.[stream])
      throw new ConfigError('config.unknown_connection', `${name} has no stream ${stream}`)
    const results: PullResult[] = []
    for (const connection of chosen ? [chosen] : connections.values()) {
      results.push(
        ...(await pullConnection(context.engine.deps, connection, {
          signal,
          full: options.full ?? false,
          ...(stream ? { stream } : {}),
        })),
      )
    }
    await drain(context.engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })
    await rememberUsage(context.engine.deps)
    const runs = results.map((r) => r.run)
    output.json({ runs })
    output.line(
      table(
        runs.map((r) => [r.scope, r.counts.records!, r.counts.changed!, r.state]),
        { header: ['stream', 'records', 'changed', 'state'] },
      ),
    )
    for (const { scope, error } of runs)
      if (error) output.line(`${scope}: ${error.message}\n  fix: ${error.fix}`)
    return runs.some((r) => r.state === 'failed') ? EXIT.failed : EXIT.done
  } finally {
    await context.close()
  }
}
