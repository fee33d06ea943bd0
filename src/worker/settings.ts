import { ConfigError, jsonLog, type Log, systemClock } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { type Config, configError, parseConfig } from '../config/index.ts'
import { keysOf } from '../grants.ts'
import { redactorFor } from '../hub.ts'
import { type CompiledMapping, checkMappings, formatProblem } from '../mapping/index.ts'
import { logLevelOf, type WorkerEnv } from './environment.ts'

/** What a Worker has instead of files: made by scripts/embed.ts. */
export interface EmbeddedFiles {
  configFile: { file: string; text: string }
  mappingFiles: { file: string; text: string }[]
}

/** The same for every request of an isolate; plain values only, so that no request waits for a promise of another. */
export interface Settings {
  config: Config
  /** Compiled at first use: most requests only store a receipt. */
  mappings: () => CompiledMapping[]
  log: Log
  /** Of TRIBUTARY_KEY and TRIBUTARY_OLD_KEYS. */
  keys: string[]
  /** Values that no log line and no answer may hold. */
  secrets: string[]
}

/** Throws ConfigError where the configuration does not fit the variables of this Worker. */
export function readSettings({ configFile, mappingFiles }: EmbeddedFiles, env: WorkerEnv): Settings {
  const { config, problems } = parseConfig({ ...configFile, env, connectors })
  if (!config) throw configError(problems)
  const keys = keysOf(env)
  const secrets = [
    ...config.secrets,
    ...keys,
    ...(env.TRIBUTARY_ADMIN_TOKEN ? [env.TRIBUTARY_ADMIN_TOKEN] : []),
  ]
  let compiled: CompiledMapping[] | undefined
  return {
    config,
    keys,
    secrets,
    mappings: () => (compiled ??= compile(mappingFiles)),
    log: jsonLog({
      write: (line) => console.log(line),
      redact: redactorFor({ secrets }),
      now: systemClock.now,
      level: logLevelOf(env),
    }),
  }
}

function compile(files: EmbeddedFiles['mappingFiles']): CompiledMapping[] {
  const { mappings, problems } = checkMappings(files)
  if (problems.length === 0) return mappings
  const texts = new Map(files.map(({ file, text }) => [file, text]))
  const messages = problems.map((problem) => formatProblem(problem, texts.get(problem.file) ?? ''))
  throw new ConfigError(problems[0]!.code, messages.join('\n'))
}
