import { ConfigError, nearestOrAll } from '#kit'
import { type UnsureEmployer, unsureEmployers } from '../engine/projecting/employers.ts'
import type { CommandInput } from './command.ts'
import { openContext } from './context.ts'
import { EXIT } from './output.ts'

const ACTIONS = ['review']

/** `accounts review`: people whose employer has a name that does not tell which account is meant. */
export async function accounts({
  environment,
  output,
  options,
  args,
}: CommandInput<{ limit: string }>): Promise<number> {
  const [action] = args
  if (!ACTIONS.includes(action!))
    throw new ConfigError('cli.usage', `accounts ${action} is unknown; ${nearestOrAll(action!, ACTIONS)}`)
  const context = await openContext(environment, { mappings: [], isReader: true })
  try {
    const limit = Math.max(1, Number(options.limit) || 50)
    const items = await unsureEmployers(context.engine.deps, { limit: limit + 1 })
    const shown = items.slice(0, limit)
    output.json({ items: shown, hasMore: items.length > limit })
    if (shown.length === 0) output.line('Nobody names an employer that may be several accounts.')
    for (const item of shown) for (const line of linesOf(item)) output.line(line)
    if (items.length > limit) output.line('… and more: --limit shows them')
    return EXIT.done
  } finally {
    await context.close()
  }
}

const linesOf = ({ person, email, employer, confidence, candidates }: UnsureEmployer): string[] => [
  `${email ?? person} names ${employer}: ${candidates.length === 1 ? 'only the name speaks for' : 'as likely are'}`,
  ...candidates.map(({ id, name, domain, country }) =>
    `  ${id}  ${[name, domain, country].filter(Boolean).join(', ')}  (confidence ${confidence})`.trimEnd(),
  ),
]
