import { ConfigError } from '#kit'

const SHAPE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MAX_LENGTH = 40
/** Words of the language, which no import can be called. */
const RESERVED = new Set(
  'await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield connectors'.split(
    ' ',
  ),
)

/** The name of a folder, and of `connector:` in tributary.yaml. Throws ConfigError `cli.usage`. */
export function checkName(text: string): string {
  if (SHAPE.test(text) && text.length <= MAX_LENGTH) return text
  const near = text
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-\d]+|-+$/g, '')
    .slice(0, MAX_LENGTH)
  const hint = SHAPE.test(near) ? `; did you mean "${near}"?` : ''
  throw new ConfigError(
    'cli.usage',
    `"${text}" is no name of a connector: the vendor's product name in lower-case letters, digits and single hyphens, beginning with a letter, at most ${MAX_LENGTH}${hint}`,
  )
}

/** people-data-labs → peopleDataLabs, as the registry imports it. */
export function identifierOf(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return RESERVED.has(camel) ? `${camel}Connector` : camel
}

/** people-data-labs → People Data Labs. */
export const titleOf = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
