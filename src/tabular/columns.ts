import { ConfigError, didYouMean } from '#kit'
import { fieldsOf, type Kind, NEEDS, squash } from './fields.ts'

/** Field → index of its column. */
export type Columns = Map<string, number>

export interface HeaderReading {
  columns: Columns
  /** Field → header as the file writes it. */
  mapping: Record<string, string>
  /** Headers that no field uses. */
  unused: string[]
}

/** Finds the column of each field: as told, else by its header. Throws csv.missing_column where a needed one is missing. */
export function readHeader(
  header: readonly string[],
  kind: Kind,
  told: Record<string, string> = {},
): HeaderReading {
  const fields = fieldsOf(kind)
  const columns: Columns = new Map()
  const names = header.map(squash)
  for (const [field, wanted] of Object.entries(told)) {
    if (!fields[field]) throw unknownField(field, kind)
    const index = header.indexOf(wanted) >= 0 ? header.indexOf(wanted) : names.indexOf(squash(wanted))
    if (index < 0) throw missing(`There is no column "${wanted}" for ${field}`, header)
    columns.set(field, index)
  }
  const taken = new Set(columns.values())
  // The first listed header wins, whatever the order of the columns: "CustomerId" means more than "Number".
  for (const [field, { headers }] of Object.entries(fields)) {
    if (columns.has(field)) continue
    const index = [squash(field), ...headers]
      .map((name) => names.indexOf(name))
      .find((at) => at >= 0 && !taken.has(at))
    if (index === undefined) continue
    columns.set(field, index)
    taken.add(index)
  }
  for (const group of NEEDS[kind]) {
    if (!group.some((field) => columns.has(field)))
      throw missing(`${kind} need a column for ${group.join(' or ')}`, header)
  }
  const mapping = Object.fromEntries([...columns].map(([field, index]) => [field, header[index]!]))
  return { columns, mapping, unused: header.filter((name, index) => !taken.has(index) && name !== '') }
}

function missing(problem: string, header: readonly string[]): ConfigError {
  const found = header.filter((name) => name !== '').map((name) => `"${name}"`)
  return new ConfigError(
    'csv.missing_column',
    `${problem}. The file has: ${found.join(', ') || 'no headers'}${otherDelimiter(header)}`,
  )
}

/** A table of one column whose header holds another separator was split at the wrong one. */
function otherDelimiter(header: readonly string[]): string {
  const found = header.length === 1 ? /[;,\t|]/.exec(header[0]!)?.[0] : undefined
  return found ? `. Its delimiter may be ${found === '\t' ? 'a tab' : `"${found}"`}` : ''
}

function unknownField(field: string, kind: Kind): ConfigError {
  const known = Object.keys(fieldsOf(kind))
  return new ConfigError(
    'csv.missing_column',
    `${kind} have no field "${field}".${didYouMean(field, known)} Fields are: ${known.join(', ')}`,
  )
}
