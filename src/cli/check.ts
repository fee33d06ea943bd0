import { existsSync } from 'node:fs'
import { didYouMean, silentLog, systemClock } from '#kit'
import { type Config, formatProblem as formatConfigProblem } from '../config/index.ts'
import { type Forecast, forecast } from '../engine/forecast.ts'
import { type CompiledMapping, checkObjects, type MappingProblem } from '../mapping/index.ts'
import { pathOf } from '../store/libsql.ts'
import { openStore } from '../store/open-store.ts'
import type { CommandInput } from './command.ts'
import { openContext, readConfig, stopSignal } from './context.ts'
import type { Environment } from './environment.ts'
import { mappingFolder } from './mapping-files.ts'
import { checkOnline, type OnlineFinding } from './online-check.ts'
import { EXIT } from './output.ts'
import { printTimeline } from './plan-text.ts'
import { readWorkingCopy } from './working-copy.ts'

export async function check({
  environment,
  output,
  options,
}: CommandInput<{ online?: boolean }>): Promise<number> {
  const { config, problems: wrong } = readConfig(environment)
  if (!config) {
    output.json({ ok: false, problems: wrong, warnings: [], online: [], notes: [] })
    for (const problem of wrong) output.line(formatConfigProblem(problem))
    output.line(`${wrong.length} problems; mappings are checked once the configuration is right`)
    return EXIT.usage
  }
  const copy = readWorkingCopy(mappingFolder(config, environment.configFile))
  const { mappings, warnings } = copy
  const problems = [...copy.problems, ...unknownObjects(config, mappings), ...copy.failures]
  const online = options.online ? await askVendors(environment, config, mappings) : []
  const notes = unusedMappings(config, mappings)
  const timeline = await estimate(environment, config, mappings)

  output.json({
    ok: problems.length + online.filter((o) => o.problem).length === 0,
    problems,
    warnings,
    online,
    notes,
    ...(timeline ? { timeline } : {}),
  })
  for (const problem of problems) output.line(`${copy.show(problem)}\n`)
  for (const warning of warnings) output.line(`${copy.show(warning)}\n`)
  for (const { subject, problem, warning } of online) {
    const text = problem ?? warning
    output.line(`${problem ? 'FAIL' : warning ? 'warn' : 'ok  '} ${subject}${text ? `: ${text}` : ''}`)
  }
  for (const note of notes) output.line(`note ${note}`)
  if (timeline) {
    printTimeline(timeline, output.line)
    for (const text of timeline.warnings) output.line(`warning: ${text}`)
  }
  const failed = problems.length + online.filter((o) => o.problem).length
  output.line(
    failed === 0
      ? `${config.connections.length} connections, ${mappings.length} mappings: no problem found`
      : `${failed} problems`,
  )
  return failed === 0 ? EXIT.done : problems.length > 0 ? EXIT.usage : EXIT.failed
}

/** Consents are in the database of the hub; without one nobody has agreed yet. */
async function askVendors(
  environment: Environment,
  config: Config,
  mappings: CompiledMapping[],
): Promise<OnlineFinding[]> {
  const store = hasDatabase(environment) ? await openStore(environment.databaseUrl) : undefined
  try {
    return await checkOnline(config, mappings, {
      clock: systemClock,
      log: silentLog,
      signal: stopSignal(),
      keys: environment.keys,
      store,
    })
  } finally {
    await store?.close()
  }
}

/** What activities would cost a day, where a hub on this machine has data to tell from. */
async function estimate(
  environment: Environment,
  config: Config,
  mappings: CompiledMapping[],
): Promise<Forecast | undefined> {
  if (!mappings.some((mapping) => mapping.activities.length > 0) || !hasDatabase(environment))
    return undefined
  const context = await openContext(environment, { config, mappings, isReader: true, log: silentLog })
  try {
    const made = await forecast(context.engine.deps)
    return made.days > 0 && made.rules.length > 0 ? made : undefined
  } finally {
    await context.close()
  }
}

/** Checking must not make a database. */
const hasDatabase = ({ databaseUrl }: Environment): boolean => existsSync(pathOf(databaseUrl))

/** Objects that the connector of a mapping's connection cannot write. */
function unknownObjects(config: Config, mappings: CompiledMapping[]): MappingProblem[] {
  const destinations = new Map(config.connections.map((c) => [c.name, c.connector.destination]))
  return mappings.flatMap((mapping) => {
    const destination = destinations.get(mapping.destination)
    return destination ? checkObjects(mapping, destination.objects) : []
  })
}

function unusedMappings(config: Config, mappings: CompiledMapping[]): string[] {
  const names = new Set(config.connections.map((c) => c.name))
  return mappings
    .filter((m) => !names.has(m.destination))
    .map(
      (m) =>
        `${m.file}: no connection is called ${m.destination}, so it is not used.${didYouMean(m.destination, names)}`,
    )
}
