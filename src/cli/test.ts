import { ConfigError, durationMs } from '#kit'
import { type TriedField, type TriedMapping, tryMappings } from '../engine/mappings/try-mappings.ts'
import type { CommandInput } from './command.ts'
import { loadConfig, openContext, stopSignal } from './context.ts'
import { mappingFolder } from './mapping-files.ts'
import { EXIT, type Output } from './output.ts'
import { readWorkingCopy, type WorkingCopy } from './working-copy.ts'

interface Options {
  since: string
  mapping?: string
  limit?: string
}

/** The files' own tests, then stored records through the files: what would change. Writes nothing. */
export async function test({ environment, output, options }: CommandInput<Options>): Promise<number> {
  const [sinceMs, limit] = [readSince(options.since), readLimit(options.limit)]
  const config = loadConfig(environment)
  const copy = readWorkingCopy(mappingFolder(config, environment.configFile), options.mapping)
  const { problems, failures, mappings } = copy
  if (problems.length > 0) {
    output.json({ ok: false, problems, failures, mappings: [] })
    for (const problem of problems) output.line(`${copy.show(problem)}\n`)
    output.line(`${problems.length} problems; records are tried once the mappings are right`)
    return EXIT.usage
  }
  const context = await openContext(environment, { config, mappings, isReader: true })
  try {
    const { deps } = context.engine
    const since = deps.clock.now() - sinceMs
    const tried = await tryMappings(deps, {
      mappings,
      since,
      signal: stopSignal(),
      ...(limit === undefined ? {} : { limit }),
    })
    output.json({
      ok: failures.length === 0,
      problems,
      failures,
      since: new Date(since).toISOString(),
      mappings: tried,
    })
    report(output, copy, tried, options.since)
    return failures.length === 0 ? EXIT.done : EXIT.failed
  } finally {
    await context.close()
  }
}

function readSince(text: string): number {
  try {
    return durationMs(text)
  } catch (cause) {
    throw new ConfigError('cli.usage', `--since is a duration such as 12h or 30d, not ${text}`, { cause })
  }
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,8}$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new ConfigError('cli.usage', `--limit is a number of records above zero, not ${text}`)
}

const NAMES = { person: 'people', account: 'accounts', quote: 'quotes' } as const

function report(
  { line }: Output,
  { failures, show }: WorkingCopy,
  tried: TriedMapping[],
  since: string,
): void {
  for (const failure of failures) line(`${show(failure)}\n`)
  line(
    failures.length === 0 ? 'Tests in the mapping files: passed' : `${failures.length} expectations failed`,
  )
  for (const mapping of tried) {
    const { file, destination, object, from, left, creates, updates, unchanged } = mapping
    line(`\n${file} → ${destination} ${object}`)
    line(
      `  ${mapping.tried} ${NAMES[from]} heard of in ${since}: ${creates} new records, ${updates} would change, ${unchanged} stay, ${left} not mapped (when)`,
    )
    for (const field of mapping.fields) reportField(line, field)
    for (const { field, records } of mapping.unmapped)
      line(`  ${field}: not mapped any more; ${records} records keep what was written`)
    for (const { field, message, records } of mapping.warnings.slice(0, 10))
      line(`  warning ${field}: ${message} (${records} records)`)
  }
  if (tried.length === 0) line('\nNo mapping writes to a connection of the configuration.')
}

function reportField(line: (text: string) => void, tried: TriedField): void {
  const { field, policy, from, changes, clears, sets, kept, examples } = tried
  const counts = [
    changes > 0 ? `${changes} change${clears > 0 ? `, ${clears} of them cleared` : ''}` : '',
    sets > 0 ? `${sets} in new records` : '',
    kept > 0 ? `${kept} kept by the policy` : '',
  ].filter((text) => text !== '')
  line(`  ${field}: ${counts.join('; ')}  (${policy}, ${from})`)
  for (const { entity, after, ...example } of examples)
    line(
      `      ${entity}: ${'before' in example ? `${JSON.stringify(example.before)} → ` : ''}${JSON.stringify(after)}`,
    )
}
