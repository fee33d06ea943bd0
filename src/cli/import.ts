import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ConfigError, nearestOrAll } from '#kit'
import { type CsvConfig, csvConfig } from '../../connectors/csv/config.ts'
import { KINDS, type Kind, type ReadCsvResult, readCsv } from '../../connectors/csv/read-csv.ts'
import { drain } from '../engine/schedule.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { importRows } from './import-rows.ts'
import { readMapOption } from './map-option.ts'
import { EXIT, table } from './output.ts'

interface ImportOptions {
  as: string
  connection: string
  map?: string[]
  currency?: string
  delimiter?: string
  dateFormat?: string
  dryRun?: boolean
}

const SHOWN_PROBLEMS = 50

/** Reads a CSV file into records of a csv connection; rows that cannot be used are reported with their line. */
export async function importFile({
  environment,
  output,
  args,
  options,
}: CommandInput<ImportOptions>): Promise<number> {
  const file = args[0]!
  const kind = KINDS.find((known) => known === options.as)
  if (!kind)
    throw new ConfigError('cli.usage', `--as ${options.as} is unknown; ${nearestOrAll(options.as, KINDS)}`)
  const bytes = readBytes(file)
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    const connection = context.engine.deps.connections.get(options.connection)
    if (connection?.connector.name !== 'csv') {
      throw new ConfigError(
        'config.unknown_connection',
        `${options.connection} is not a csv connection; ${nearestOrAll(
          options.connection,
          context.config.connections.filter((c) => c.connector.name === 'csv').map((c) => c.name),
        )}`,
      )
    }
    const result = readCsv({
      bytes,
      as: kind,
      map: readMapOption(options.map),
      options: readerOptions(connection.config, options),
    })
    let changed = 0
    if (!options.dryRun) {
      const { deps } = context.engine
      const run = await importRows(deps, { connection: connection.name, kind, file: basename(file) }, result)
      changed = run.counts.changed!
      await drain(context.engine, { signal, stages: ['absorb', 'enrich', 'project'] })
    }
    const skipped = result.problems.filter((p) => p.isSkipped).length
    output.json({
      file,
      kind,
      rows: result.records.length,
      changed,
      skipped,
      problems: result.problems,
      mapping: result.mapping,
      unused: result.unused,
      assumed: result.assumed,
    })
    print(result, { file, kind, changed, skipped, isDry: options.dryRun ?? false }, output.line)
    return skipped > 0 ? EXIT.failed : EXIT.done
  } finally {
    await context.close()
  }
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new ConfigError(
      'csv.unreadable',
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`,
      { cause: error },
    )
  }
}

/** Flags win over the connection's configuration. */
function readerOptions(
  config: Record<string, unknown>,
  { currency, delimiter, dateFormat }: ImportOptions,
): CsvConfig {
  const parsed = csvConfig.safeParse({
    ...config,
    ...(currency ? { currency: currency.toUpperCase() } : {}),
    ...(delimiter ? { delimiter } : {}),
    ...(dateFormat ? { dateFormat } : {}),
  })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const flag = issue.path.join('.').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new ConfigError('cli.usage', `--${flag}: ${issue.message}`)
}

function print(
  result: ReadCsvResult,
  {
    file,
    kind,
    changed,
    skipped,
    isDry,
  }: { file: string; kind: Kind; changed: number; skipped: number; isDry: boolean },
  line: (text: string) => void,
): void {
  line(table(Object.entries(result.mapping), { header: ['field', 'column'] }))
  if (result.unused.length > 0) line(`\nnot used: ${result.unused.join(', ')}`)
  if (result.assumed.currency) line(`assumed currency ${result.assumed.currency}; change it with --currency`)
  if (result.assumed.status) line(`assumed status ${result.assumed.status}`)
  for (const p of result.problems.slice(0, SHOWN_PROBLEMS))
    line(`${file}:${p.line}${p.column ? ` ${p.column}` : ''}: ${p.message}`)
  if (result.problems.length > SHOWN_PROBLEMS)
    line(`… and ${result.problems.length - SHOWN_PROBLEMS} more (--json shows all)`)
  line(
    `\n${result.records.length} ${kind} read, ${changed} ${isDry ? 'stored (dry run)' : 'new or changed'}, ${skipped} rows skipped`,
  )
}
