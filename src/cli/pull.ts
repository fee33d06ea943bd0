import { ConfigError, nearestOrAll } from '#kit'
import type { Connection } from '../engine/connection.ts'
import { type PullResult, pullConnection } from '../engine/pull.ts'
import { pulledStreams } from '../engine/reading/streams.ts'
import { drain } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT, table } from './output.ts'

export async function pull({
  environment,
  output,
  args,
  options,
}: CommandInput<{ full?: boolean; restart?: boolean }>): Promise<number> {
  if (options.restart && !options.full) throw new ConfigError('cli.usage', '--restart goes with --full')
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    const { connections } = context.engine.deps
    const { chosen, stream } = scopeOf(args[0], connections)
    const results: PullResult[] = []
    for (const connection of chosen) {
      results.push(
        ...(await pullConnection(context.engine.deps, connection, {
          signal,
          full: options.full ?? false,
          restart: options.restart ?? false,
          ...(stream ? { stream } : {}),
        })),
      )
    }
    await drain(context.engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })
    await rememberUsage(context.engine.deps)
    const runs = results.map((r) => r.run)
    const pulled = new Set(runs.map((run) => run.scope))
    const busy = signal.aborted
      ? []
      : chosen.flatMap((c) => streamsOf(c, stream)).filter((scope) => !pulled.has(scope))
    output.json({ runs, busy })
    output.line(
      table(
        runs.map((r) => [r.scope, r.counts.records!, r.counts.changed!, r.state]),
        { header: ['stream', 'records', 'changed', 'state'] },
      ),
    )
    for (const { scope, error } of runs)
      if (error) output.line(`${scope}: ${error.message}\n  fix: ${error.fix}`)
    for (const { scope, counts } of runs)
      if (counts.held) output.line(`${scope}: ${counts.held} deletions are held: tributary holds`)
    for (const scope of busy) output.line(`${scope} is being pulled by another process, which finishes it`)
    if (signal.aborted) output.line('Stopped before everything was read; pull again to go on')
    return signal.aborted || runs.some((r) => r.state === 'failed') ? EXIT.failed : EXIT.done
  } finally {
    await context.close()
  }
}

/** `connection/stream` of what can be pulled. */
const streamsOf = (connection: Connection, stream?: string): string[] =>
  pulledStreams(connection)
    .filter((key) => stream === undefined || key === stream)
    .map((key) => `${connection.name}/${key}`)

/** What `pull [connection[/stream]]` names. Throws ConfigError `config.unknown_connection`. */
function scopeOf(
  scope: string | undefined,
  connections: Map<string, Connection>,
): { chosen: Connection[]; stream?: string } {
  if (scope === undefined) return { chosen: [...connections.values()] }
  const pullable = [...connections.values()].filter((c) => streamsOf(c).length > 0)
  const [name = '', stream] = scope.split('/')
  const chosen = pullable.find((c) => c.name === name)
  if (!chosen) {
    const what = connections.has(name) ? `${name} has nothing to pull` : `There is no connection ${name}`
    const known = nearestOrAll(
      name,
      pullable.map((c) => c.name),
    )
    throw new ConfigError('config.unknown_connection', `${what}; ${known}`)
  }
  if (stream === undefined) return { chosen: [chosen] }
  const streams = streamsOf(chosen).map((own) => own.slice(name.length + 1))
  if (!streams.includes(stream))
    throw new ConfigError(
      'config.unknown_connection',
      `${name} has no stream ${stream}; ${nearestOrAll(stream, streams)}`,
    )
  return { chosen: [chosen], stream }
}
