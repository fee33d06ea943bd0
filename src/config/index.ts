export { configError, formatProblem, parseConfig } from './parse-config.ts'
export type { Config, ConfigProblem, ConfigSource, ConnectionConfig } from './types.ts'
