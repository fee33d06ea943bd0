import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { ConfigError } from '#kit'
import type { Config } from '../config/index.ts'
import { packageRoot } from './environment.ts'

export interface MappingFile {
  /** As shown in messages: relative to the working directory. */
  file: string
  path: string
  text: string
}

export const shippedMappings = (): string => join(packageRoot, 'mappings')

/** Folder of mapping files: as configured (relative to the configuration file), else the shipped ones. */
export const mappingFolder = (config: Pick<Config, 'mappingsDir'>, configFile: string): string =>
  config.mappingsDir ? resolve(dirname(configFile), config.mappingsDir) : shippedMappings()

export const isMappingFile = (name: string): boolean => /\.ya?ml$/.test(name) && !name.includes('fixtures')

/** Every mapping file below a folder, in a stable order. */
export function readMappingFiles(folder: string): MappingFile[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new ConfigError('config.invalid', `There is no folder ${folder}, which mappings: names`)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(isMappingFile)
    .sort()
    .map((name) => {
      const path = join(folder, name)
      return { file: relative(process.cwd(), path) || path, path, text: readFileSync(path, 'utf8') }
    })
}
