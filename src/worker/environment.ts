import type { D1Database, Queue } from '@cloudflare/workers-types'
import type { LogLevel } from '#kit'

/** Says only that there is work; what to do is in the database. */
export interface WorkMessage {
  /** `receipt`: something came in. `more`: stages have work left. `pull`: streams have pages left. */
  reason: 'receipt' | 'more' | 'pull'
}

/** Bindings, variables and secrets of the Worker; the configuration may name any further variable. */
export interface WorkerEnv {
  DB: D1Database
  WORK: Queue<WorkMessage>
  TRIBUTARY_ADMIN_TOKEN?: string
  TRIBUTARY_PUBLIC_URL?: string
  TRIBUTARY_KEY?: string
  LOG_LEVEL?: string
  [variable: string]: unknown
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export const logLevelOf = ({ LOG_LEVEL }: Pick<WorkerEnv, 'LOG_LEVEL'>): LogLevel =>
  LEVELS.find((level) => level === LOG_LEVEL) ?? 'info'
