import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

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
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** All variables, for `${…}` in the configuration. */
  variables: Record<string, string | undefined>
}

/** Reads the process environment once; nothing else looks at it. */
export function readEnvironment(options: { config?: string }, variables = process.env): Environment {
  const level = variables.LOG_LEVEL
  return {
    configFile: resolve(options.config ?? variables.TRIBUTARY_CONFIG ?? 'tributary.yaml'),
    databaseUrl: variables.DATABASE_URL ?? 'file:./data/tributary.db',
    host: variables.HOST ?? '127.0.0.1',
    port: Number(variables.PORT ?? 8787),
    logLevel: level === 'debug' || level === 'warn' || level === 'error' ? level : 'info',
    variables,
    ...(variables.TRIBUTARY_ADMIN_TOKEN ? { adminToken: variables.TRIBUTARY_ADMIN_TOKEN } : {}),
    ...(variables.TRIBUTARY_IP_HEADER ? { ipHeader: variables.TRIBUTARY_IP_HEADER } : {}),
    ...(variables.TRIBUTARY_PUBLIC_URL ? { publicUrl: variables.TRIBUTARY_PUBLIC_URL } : {}),
  }
}
