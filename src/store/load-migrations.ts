import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../kit/errors.ts'
import type { Migration } from './migrate.ts'

/** The migrations of this package, from its folder: works from source and from the bundle in dist/. Node only. */
export async function loadMigrations(): Promise<Migration[]> {
  const folder = join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'src/store/migrations')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql'))
  return Promise.all(names.map(async (name) => ({ name, sql: await readFile(join(folder, name), 'utf8') })))
}

function packageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder)
    throw new ConfigError('store.unavailable', 'The migrations were not installed with the program')
  return packageRoot(parent)
}
