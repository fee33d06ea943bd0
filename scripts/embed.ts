// Writes src/embedded.ts: the configuration and the mapping files, as text, for the Worker, which has no files.
// Run by itself (wrangler's [build]) it also refuses what could not work, so that nothing broken is deployed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { readMappingFiles } from '../src/cli/mapping-files.ts'
import type { EmbeddedFiles } from '../src/worker/settings.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The named configuration, else tributary.yaml, else the example: a path, or the text itself. */
export type ConfigChoice = { file?: string } | { text: string }

/** Configuration and mapping files, with paths relative to the repository. */
export function readEmbedded(choice: ConfigChoice = {}): EmbeddedFiles {
  const path = 'text' in choice ? join(root, 'tributary.yaml') : findConfig(choice.file)
  const text = 'text' in choice ? choice.text : readFileSync(path, 'utf8')
  const named = mappingsOf(text)
  const folder = named ? resolve(dirname(path), named) : join(root, 'mappings')
  return {
    configFile: { file: relative(root, path), text },
    mappingFiles: readMappingFiles(folder).map((file) => ({
      file: relative(root, file.path),
      text: file.text,
    })),
  }
}

export function writeEmbedded(files: EmbeddedFiles = readEmbedded(), out = 'src/embedded.ts'): void {
  const text = [
    '// Made from the configuration and the mapping files by scripts/embed.ts. Do not edit.',
    `export const configFile = ${JSON.stringify(files.configFile)}`,
    `export const mappingFiles = ${JSON.stringify(files.mappingFiles)}`,
    '',
  ].join('\n')
  const path = join(root, out)
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}

function findConfig(named = process.env.TRIBUTARY_CONFIG): string {
  if (named) return resolve(root, named)
  const own = join(root, 'tributary.yaml')
  return existsSync(own) ? own : join(root, 'tributary.example.yaml')
}

/** Broken YAML is reported by the check, with its place. */
function mappingsOf(text: string): string | undefined {
  try {
    const value = (parse(text) as { mappings?: unknown } | null)?.mappings
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const { problemsOf } = await import('./check-embedded.ts')
  const files = readEmbedded()
  const problems = problemsOf(files)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else writeEmbedded(files)
}
