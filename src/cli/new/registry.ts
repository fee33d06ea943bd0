import { ConfigError } from '#kit'
import { identifierOf } from './name.ts'

const IMPORT = /^import (\w+) from '\.\/([a-z0-9-]+)\/index\.ts'$/

/** connectors/index.ts with one connector more, at its place in the alphabet. Throws ConfigError `cli.usage`. */
export function registerConnector(text: string, name: string): string {
  const lines = text.split('\n')
  const known = lines.flatMap((line, at) => {
    const match = IMPORT.exec(line)
    return match ? [{ at, identifier: match[1]!, folder: match[2]! }] : []
  })
  if (known.some(({ folder }) => folder === name))
    throw unusable(`it lists ${name} already, whose folder is missing; remove that line first`)
  const identifier = identifierOf(name)
  const next = known.find(({ folder }) => folder > name)
  const last = known.at(-1)
  const importAt = next?.at ?? (last ? last.at + 1 : -1)
  const entryOf = (other: string | undefined) => lines.indexOf(`  ${other},`)
  const entryAt = next ? entryOf(next.identifier) : entryOf(last?.identifier) + 1
  if (importAt < 0 || entryAt <= 0) throw unusable('its imports and its list are not one line per connector')
  // The list stands below the imports: inserted first, it does not move them.
  return lines
    .toSpliced(entryAt, 0, `  ${identifier},`)
    .toSpliced(importAt, 0, `import ${identifier} from './${name}/index.ts'`)
    .join('\n')
}

const unusable = (why: string): ConfigError =>
  new ConfigError('cli.usage', `connectors/index.ts cannot take another connector: ${why}`)
