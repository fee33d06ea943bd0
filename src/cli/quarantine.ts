import { ConfigError } from '#kit'
import { decideConflict } from '../engine/deciding/quarantine.ts'
import type { ConflictRow } from '../engine/ports.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext } from './context.ts'
import { EXIT, type Output } from './output.ts'

interface Options {
  limit: string
}

/**
 * `quarantine`, `quarantine list`: fields where the CRM and the hub are at odds. `quarantine accept <id…>`: ours is written
 * once. `quarantine keep <id…>`: theirs stays until ours is another one.
 */
export async function quarantine({
  environment,
  output,
  args,
  options,
}: CommandInput<Options>): Promise<number> {
  const [action = 'list', ...ids] = args
  if (action !== 'list' && action !== 'accept' && action !== 'keep')
    throw new ConfigError('cli.usage', `quarantine takes list, accept <id> or keep <id>, not ${action}`)
  if (action !== 'list' && ids.length === 0)
    throw new ConfigError('cli.usage', `quarantine ${action} takes ids; tributary quarantine shows them`)
  const context = await openContext(environment)
  try {
    if (action === 'list') await list(context, Math.max(1, Number(options.limit) || 50), output)
    else await decide(context, action, ids, output)
    return EXIT.done
  } finally {
    await context.close()
  }
}

async function list({ store }: Context, limit: number, output: Output): Promise<void> {
  const { items, next } = await store.quarantine.list({ limit })
  output.json({ items, hasMore: next !== undefined })
  if (items.length === 0) output.line('Nothing waits for a decision.')
  for (const item of items) output.line(describeConflict(item))
  if (next !== undefined) output.line(`… and more: --limit shows them`)
}

async function decide(
  { engine }: Context,
  action: 'accept' | 'keep',
  ids: string[],
  output: Output,
): Promise<void> {
  const items: ConflictRow[] = []
  for (const id of ids) items.push(await decideConflict(engine.deps, id, action))
  output.json({ items })
  for (const { object, crmId, field, ours, theirs } of items)
    output.line(
      action === 'accept'
        ? `${object} ${crmId} ${field}: ${show(ours)} is written with the next delivery (tributary apply, or the running hub)`
        : `${object} ${crmId} ${field}: ${show(theirs)} stays until our value is another one than ${show(ours)}`,
    )
}

const show = (value: unknown): string => (value === null || value === '' ? '(empty)' : String(value))

const REASONS: Record<string, string> = {
  edited_in_crm: 'edited in the CRM',
  not_ours: 'was there before us',
}

function describeConflict(row: ConflictRow): string {
  const { id, destination, object, crmId, field, ours, theirs, from, reason, at } = row
  return [
    id,
    `  ${destination} ${object} ${crmId} ${field}: CRM ${show(theirs)}, ours ${show(ours)}`,
    `  ${REASONS[reason] ?? reason} · ${from} · since ${new Date(at).toISOString()}`,
  ].join('\n')
}
