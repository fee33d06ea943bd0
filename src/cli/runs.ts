import { ConfigError } from '#kit'
import type { RunRow } from '../engine/ports.ts'
import { countsOf } from '../engine/reading/runs.ts'
import { RUN_KINDS } from '../routes/api/schemas.ts'
import type { CommandInput } from './command.ts'
import { openContext } from './context.ts'
import { EXIT, table } from './output.ts'

interface Options {
  kind?: string
  failed?: boolean
  limit: string
}

/** `runs [scope]`: what ran, newest first: of all, of a connection, or of connection/stream. */
export async function runs({ environment, output, args, options }: CommandInput<Options>): Promise<number> {
  const [scope] = args
  const kind = RUN_KINDS.find((known) => known === options.kind)
  if (options.kind !== undefined && !kind)
    throw new ConfigError('cli.usage', `--kind ${options.kind} is none of ${RUN_KINDS.join(', ')}`)
  const limit = Math.min(1_000, Math.max(1, Number(options.limit) || 20))
  const context = await openContext(environment, { mappings: [] })
  try {
    const { items, next } = await context.store.inspect.runs({
      limit,
      ...(scope ? { scope } : {}),
      ...(kind ? { kind } : {}),
      ...(options.failed ? { state: 'failed' as const } : {}),
    })
    const shown = items.map((run) => ({
      ...run,
      counts: countsOf(run),
      ...(run.finishedAt === undefined ? {} : { tookMs: run.finishedAt - run.startedAt }),
    }))
    output.json({ runs: shown, hasMore: next !== undefined })
    if (items.length === 0) output.line('Nothing has run yet.')
    else
      output.line(
        table(
          shown.map((run) => [
            new Date(run.startedAt).toISOString(),
            tookOf(run),
            run.kind,
            run.scope,
            run.state,
            describeCounts(run),
          ]),
          { header: ['began', 'took', 'run', 'scope', 'ended', 'what'] },
        ),
      )
    for (const { id, scope: at, error } of shown)
      if (error) output.line(`${id} ${at}: ${error.message}\n  fix: ${error.fix}`)
    if (next !== undefined) output.line('… and more: --limit shows them')
    return EXIT.done
  } finally {
    await context.close()
  }
}

function tookOf({ tookMs }: { tookMs?: number }): string {
  if (tookMs === undefined) return '…'
  return tookMs < 60_000 ? `${(tookMs / 1000).toFixed(1)} s` : `${Math.round(tookMs / 60_000)} min`
}

const shown = (count: number): string => count.toLocaleString('en')

/** "3 pages, 1,100 records: 3 new, 4 changed, 1,093 unchanged", without what is zero. */
export function describeCounts({ kind, counts }: Pick<RunRow, 'kind' | 'counts'>): string {
  if (kind !== 'pull' && kind !== 'import')
    return Object.entries(counts)
      .map(([name, count]) => `${shown(count)} ${name}`)
      .join(', ')
  const { pages = 0, records = 0, new: fresh = 0, changed = 0, unchanged = 0, ...more } = counts
  const parts = { new: fresh, changed: changed - fresh, unchanged, ...more }
  const told = Object.entries(parts).flatMap(([name, count]) =>
    count > 0 ? [`${shown(count)} ${name}`] : [],
  )
  const of = (count: number, what: string) => `${shown(count)} ${what}${count === 1 ? '' : 's'}`
  return `${kind === 'pull' ? `${of(pages, 'page')}, ` : ''}${of(records, 'record')}${told.length > 0 ? `: ${told.join(', ')}` : ''}`
}
