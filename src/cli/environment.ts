import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, nearestOrAll } from '#kit'
import { keysOf } from '../grants.ts'

/** The package's own folder, whether this runs from src/ or from the bundle in dist/. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  return parent === folder ? folder : findRoot(parent)
}

export interface Environment {
  configFile: string
  databaseUrl: string
  host: string
  port: number
  adminToken?: string
  ipHeader?: string
  publicUrl?: string
  /** TRIBUTARY_KEY and, after it, TRIBUTARY_OLD_KEYS. */
  keys: string[]
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** All variables, for `${…}` in the configuration. */
  variables: Record<string, string | undefined>
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** Reads the process environment once; nothing else looks at it. Throws ConfigError `config.invalid`. */
export function readEnvironment(options: { config?: string }, variables = process.env): Environment {
  return {
    configFile: resolve(options.config ?? (variables.TRIBUTARY_CONFIG || 'tributary.yaml')),
    databaseUrl: variables.DATABASE_URL || 'file:./data/tributary.db',
    host: variables.HOST || '127.0.0.1',
    port: portOf(variables.PORT || '8787'),
    logLevel: levelOf(variables.LOG_LEVEL || 'info'),
    keys: keysOf(variables),
    variables,
    ...(variables.TRIBUTARY_ADMIN_TOKEN ? { adminToken: variables.TRIBUTARY_ADMIN_TOKEN } : {}),
    ...(variables.TRIBUTARY_IP_HEADER ? { ipHeader: variables.TRIBUTARY_IP_HEADER } : {}),
    ...(variables.TRIBUTARY_PUBLIC_URL ? { publicUrl: variables.TRIBUTARY_PUBLIC_URL } : {}),
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new ConfigError('config.invalid', `PORT is "${text}"; a port is a number up to 65535`)
}

function levelOf(text: string): Environment['logLevel'] {
  const level = LEVELS.find((known) => known === text.toLowerCase())
  if (level) return level
  throw new ConfigError('config.invalid', `LOG_LEVEL is "${text}"; ${nearestOrAll(text, LEVELS)}`)
}
