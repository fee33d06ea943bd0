import { reportOf } from './errors.ts'
import { isSecretName, MASK } from './redact.ts'

export type LogFields = Record<string, unknown>

/** Structured log. Implementations redact; callers pass facts, not sentences built from secrets. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  child(fields: LogFields): Log
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LEVELS)[number]

/**
 * One JSON line per entry to `write`, after `redact` has run over the whole line. Fields with the name of a secret are
 * masked whatever they hold; a field cannot replace `at`, `level` or `message`. Never throws because of a field.
 */
export function jsonLog(options: {
  write: (line: string) => void
  redact: (text: string) => string
  now: () => number
  level?: LogLevel
  fields?: LogFields
}): Log {
  const { write, redact, now, level = 'info', fields = {} } = options
  const threshold = LEVELS.indexOf(level)
  const at = (name: LogLevel) => (message: string, more?: LogFields) => {
    if (LEVELS.indexOf(name) < threshold) return
    const entry = { at: new Date(now()).toISOString(), level: name, message }
    const line = toLine({ ...entry, ...fields, ...more, ...entry })
    write(redact(line ?? JSON.stringify({ ...entry, fields: 'could not be written' })))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => jsonLog({ ...options, fields: { ...fields, ...more } }),
  }
}

/** Undefined where the fields cannot be written (circular, or a getter that throws). */
function toLine(entry: LogFields): string | undefined {
  try {
    return JSON.stringify(entry, loggable)
  } catch {
    return undefined
  }
}

function loggable(name: string, value: unknown): unknown {
  if (isSecretName(name) && typeof value === 'string') return MASK
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Error ? reportOf(value) : value
}
