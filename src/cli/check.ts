import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { didYouMean, silentLog, systemClock } from '#kit'
import { type Config, formatProblem as formatConfigProblem } from '../config/index.ts'
import { type CompiledMapping, checkMappings, formatProblem } from '../mapping/index.ts'
import type { CommandInput } from './command.ts'
import { readConfig, stopSignal } from './context.ts'
import { mappingFolder, readMappingFiles } from './mapping-files.ts'
import { checkOnline } from './online-check.ts'
import { EXIT } from './output.ts'

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
  const files = readMappingFiles(mappingFolder(config, environment.configFile))
  const { mappings, problems, warnings } = checkMappings(files)
  const texts = new Map(files.map((f) => [f.file, f.text]))
  const paths = new Map(files.map((f) => [f.file, f.path]))
  for (const mapping of mappings) {
    const folder = dirname(paths.get(mapping.file)!)
    problems.push(...mapping.runTests((path) => JSON.parse(readFileSync(resolve(folder, path), 'utf8'))))
  }
  const online = options.online
    ? await checkOnline(config, mappings, { clock: systemClock, log: silentLog, signal: stopSignal() })
    : []
  const notes = unusedMappings(config, mappings)

  output.json({
    ok: problems.length + online.filter((o) => o.problem).length === 0,
    problems,
    warnings,
    online,
    notes,
  })
  for (const problem of problems) output.line(`${formatProblem(problem, texts.get(problem.file) ?? '')}\n`)
  for (const warning of warnings) output.line(`${formatProblem(warning, texts.get(warning.file) ?? '')}\n`)
  for (const { subject, problem } of online)
    output.line(`${problem ? 'FAIL' : 'ok  '} ${subject}${problem ? `: ${problem}` : ''}`)
  for (const note of notes) output.line(`note ${note}`)
  const failed = problems.length + online.filter((o) => o.problem).length
  output.line(
    failed === 0
      ? `${config.connections.length} connections, ${mappings.length} mappings: no problem found`
      : `${failed} problems`,
  )
  return failed === 0 ? EXIT.done : problems.length > 0 ? EXIT.usage : EXIT.failed
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
