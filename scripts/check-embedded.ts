import { connectors } from '../connectors/index.ts'
import { formatProblem as formatConfigProblem, parseConfig } from '../src/config/index.ts'
import { checkMappings, formatProblem } from '../src/mapping/index.ts'
import type { EmbeddedFiles } from '../src/worker/settings.ts'

/** What is wrong with configuration and mappings, whatever the Worker's variables will hold. */
export function problemsOf({ configFile, mappingFiles }: EmbeddedFiles): string[] {
  const config = parseConfig({ ...configFile, env: {}, connectors }).problems
  const texts = new Map(mappingFiles.map(({ file, text }) => [file, text]))
  return [
    ...config.filter(({ code }) => code !== 'config.env_missing').map(formatConfigProblem),
    ...checkMappings(mappingFiles).problems.map((found) => formatProblem(found, texts.get(found.file) ?? '')),
  ]
}
