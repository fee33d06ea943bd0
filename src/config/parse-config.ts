import { ConfigError } from '#kit'
import { readConnection } from './connection.ts'
import { readEnrichment } from './enrichment.ts'
import { FileSchema } from './schema.ts'
import { readSourceFile } from './source-file.ts'
import { readSurvivorship } from './survivorship.ts'
import type { Config, ConfigProblem, ConfigSource } from './types.ts'
import { validate } from './validate.ts'

/**
 * Reads tributary.yaml: fills in the environment, validates every part and reports all problems at once.
 * @returns `config` only where there is no problem.
 */
export function parseConfig({ file, text, env, connectors }: ConfigSource): {
  config?: Config
  problems: ConfigProblem[]
} {
  const source = readSourceFile(file, text, env)
  if (source.data === undefined) return { problems: source.problems }
  const data = validate(FileSchema, source.data ?? {}, [], source)

  const byName = new Map(connectors.map((connector) => [connector.name, connector]))
  const read = Object.entries(connectionsOf(source.data)).flatMap(
    ([name, entry]) => readConnection(name, entry, byName, source) ?? [],
  )
  const connections = read.map(({ connection }) => connection)
  // A connection with a problem of its own is known, though it is not among `connections`.
  const known = Object.keys(connectionsOf(source.data))
  const enrich = data && readEnrichment(data.enrich, connections, known, source)
  const survivorship = data && readSurvivorship(data.survivorship, known, source)

  if (source.problems.length > 0 || !data || !enrich) return { problems: inOrder(source.problems) }
  const { maxCreates, maxNulls, maxOwnerChanges, maxPercent, window, atLeast } = data.thresholds
  return {
    problems: [],
    config: {
      connections,
      ...(data.mappings !== undefined ? { mappingsDir: data.mappings } : {}),
      lanes: data.lanes,
      enrich,
      matching: data.matching,
      ...(survivorship ? { survivorship } : {}),
      verify: { first: data.verify.first, share: data.verify.sample },
      retention: data.retention,
      thresholds: {
        ...(maxCreates !== undefined ? { maxCreates } : {}),
        ...(maxNulls !== undefined ? { maxNulls } : {}),
        ...(maxOwnerChanges !== undefined ? { maxOwnerChanges } : {}),
        ...(maxPercent !== undefined ? { maxPercent } : {}),
      },
      holds: { windowMs: window, atLeast },
      secrets: [...new Set(read.flatMap(({ secrets }) => secrets))],
    },
  }
}

/** Entries that are maps; the file's schema reports the others. */
function connectionsOf(data: unknown): Record<string, Record<string, unknown>> {
  const { connections } = (data ?? {}) as { connections?: Record<string, unknown> }
  if (typeof connections !== 'object' || connections === null || Array.isArray(connections)) return {}
  const isEntry = (entry: unknown) => typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  return Object.fromEntries(Object.entries(connections).filter(([, entry]) => isEntry(entry))) as Record<
    string,
    Record<string, unknown>
  >
}

const inOrder = (problems: ConfigProblem[]): ConfigProblem[] =>
  problems.toSorted((a, b) => a.line - b.line || a.column - b.column)

/** `tributary.yaml:4:11 config.unknown_key unknown key "apikey"; did you mean "apiKey"?` */
export const formatProblem = ({ file, line, column, code, message }: ConfigProblem): string =>
  `${file}:${line}:${column} ${code} ${message}`

/** All problems as one error, classed by the first. */
export function configError(problems: readonly ConfigProblem[]): ConfigError {
  const { code = 'config.invalid', file = '', line = 0, column = 0 } = problems[0] ?? {}
  return new ConfigError(code, problems.map(formatProblem).join('\n'), { at: { file, line, column } })
}
