import { ConfigError } from '#kit'

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** A text as a SOQL literal. jsforce's own builder leaves backslashes alone, which breaks out of the literal. */
export const quote = (text: string): string =>
  `'${text.replace(/[\\'\n\r\t\b\f]/g, (char) => ESCAPES[char]!)}'`

/** API names go into SOQL as they are, so nothing else may. */
export function fieldName(name: string): string {
  if (/^[A-Za-z]\w*$/.test(name)) return name
  throw new ConfigError('mapping.unknown_field', `"${name}" is not the API name of a Salesforce field`)
}

/** Longest query in URL-encoded bytes. Salesforce refuses URIs beyond 16,384 bytes; proxies often beyond 8 kB. */
const MAX_ENCODED = 12_000

/**
 * Splits values so that `head + in-list + tail` stays within the URL limit. A value that is longer than that on its own
 * still gets a query of its own.
 */
export function queriesFor(head: string, values: string[], tail: string): string[] {
  const room = MAX_ENCODED - encodeURIComponent(`${head}()${tail}`).length
  const queries: string[] = []
  let list: string[] = []
  let used = 0
  const flush = () => {
    if (list.length > 0) queries.push(`${head}(${list.join(',')})${tail}`)
    list = []
    used = 0
  }
  for (const value of new Set(values)) {
    const literal = quote(value)
    const size = encodeURIComponent(literal).length + 3
    if (used + size > room) flush()
    list.push(literal)
    used += size
  }
  flush()
  return queries
}
