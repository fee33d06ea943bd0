import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageRoot } from '../environment.ts'

/** A connector like any other, so that the compiler, the linter and the acceptance kit keep it true. */
const TEMPLATE = join(packageRoot, 'src/cli/new/template')
const NAME = 'template-vendor'
const TITLE = 'Template Vendor'
const BASE_URL = `https://api.${NAME}.example`

export interface NewFolder {
  folder: string
  name: string
  title: string
  baseUrl?: string
}

/** Writes the template under its new name; returns the files, relative to the folder. */
export function writeTemplate({ folder, name, title, baseUrl }: NewFolder): string[] {
  const files = readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(TEMPLATE.length + 1))
    .sort()
  const variable = (text: string) => text.toUpperCase().replaceAll('-', '_')
  for (const file of files) {
    const isCode = file.endsWith('.ts')
    const text = readFileSync(join(TEMPLATE, file), 'utf8')
      .replaceAll(BASE_URL, baseUrl ?? BASE_URL)
      .replaceAll(TITLE, isCode ? title.replaceAll('\\', '\\\\').replaceAll("'", "\\'") : title)
      .replaceAll(NAME, name)
      .replaceAll(variable(NAME), variable(name))
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return files
}

/** Whole or not at all: an interruption leaves the old file. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}
