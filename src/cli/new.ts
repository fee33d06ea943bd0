import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '#kit'
import type { CommandInput } from './command.ts'
import { documentConnector } from './new/document.ts'
import { checkName, titleOf } from './new/name.ts'
import { registerConnector } from './new/registry.ts'
import { replaceFile, writeTemplate } from './new/write-template.ts'
import { EXIT } from './output.ts'

export interface NewOptions {
  title?: string
  baseUrl?: string
}

const REGISTRY = 'connectors/index.ts'
const LIST = 'docs/connectors.md'

/** A connector's folder whose fixtures pass the acceptance kit, its line in the registry and its rows in the list. */
export async function newConnector({ output, args, options }: CommandInput<NewOptions>): Promise<number> {
  const name = checkName(args[0]!)
  const baseUrl = checkBaseUrl(options.baseUrl)
  const root = findCheckout(resolve('.'))
  const folder = join(root, 'connectors', name)
  if (existsSync(folder)) {
    throw new ConfigError(
      'cli.usage',
      `connectors/${name} exists already and is left as it is; choose another name, or edit what is there`,
    )
  }
  const title = options.title?.trim() || titleOf(name)
  // Everything that may refuse comes before the first file is written.
  const registry = registerConnector(readFileSync(join(root, REGISTRY), 'utf8'), name)
  const list = existsSync(join(root, LIST))
    ? documentConnector(readFileSync(join(root, LIST), 'utf8'), name)
    : undefined
  const created = writeTemplate({ folder, name, title, ...(baseUrl ? { baseUrl } : {}) })
  replaceFile(join(root, REGISTRY), registry)
  if (list !== undefined) replaceFile(join(root, LIST), list)

  const files = created.map((file) => `connectors/${name}/${file}`)
  const changed = [REGISTRY, ...(list === undefined ? [] : [LIST])]
  const next = [
    `npx vitest run test/acceptance -t '${name} ›'`,
    `Make it ${title}'s: shapes in api.ts, meaning in map.ts, recordings in fixtures/; docs/connectors-recipe.md says how.`,
  ]
  output.json({ name, title, created: files, changed, next })
  for (const file of files) output.line(`created  ${file}`)
  for (const file of changed) output.line(`changed  ${file}`)
  output.line(`\nIts invented fixtures pass already:\n  ${next[0]}\n${next[1]}`)
  return EXIT.done
}

/** The nearest folder above that holds Tributary's sources: connectors are part of the program. */
function findCheckout(from: string): string {
  if (existsSync(join(from, REGISTRY))) return from
  const parent = dirname(from)
  if (parent !== from) return findCheckout(parent)
  throw new ConfigError(
    'cli.usage',
    `There is no ${REGISTRY} here or above; run it in a checkout of Tributary, where connectors live`,
  )
}

function checkBaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && !url.search && !url.hash && !url.username) return text.replace(/\/+$/, '')
  throw new ConfigError(
    'cli.usage',
    `--base-url ${text} is not the address of an API; write https://api.example.com`,
  )
}
