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

/** One JSON line per entry to `write`, after `redact` has run over the whole line. */
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
    write(redact(JSON.stringify({ at: new Date(now()).toISOString(), level: name, message, ...fields, ...more })))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => jsonLog({ ...options, fields: { ...fields, ...more } }),
  }
}
