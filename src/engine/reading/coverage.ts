import type { Stream } from '#kit'

export interface FieldCoverage {
  /** Place in the record: "company.name". */
  field: string
  /** Share of the records in which it holds something, 0…1. */
  filled: number
  /** Whether the connector reads it. */
  isUsed: boolean
}

const MAX_DEPTH = 3
/** Records with names for keys (custom fields, metadata) may have any number of them. */
const MAX_FIELDS = 200

/** How often each field of some records holds something. What is null, empty or missing does not. */
export function coverageOf(
  records: readonly unknown[],
  stream: Pick<Stream<unknown, unknown>, 'record'> | undefined,
): { fields: FieldCoverage[]; filled?: number } {
  const used = usedFields(stream?.record)
  const counts = new Map<string, number>([...used].map((field) => [field, 0]))
  for (const record of records) {
    for (const [field, isFilled] of fieldsOf(record)) {
      if (!counts.has(field) && counts.size >= MAX_FIELDS) continue
      counts.set(field, (counts.get(field) ?? 0) + (isFilled ? 1 : 0))
    }
  }
  if (records.length === 0) return { fields: [] }
  const isUsed = (field: string): boolean => used.size === 0 || used.has(field)
  // A group that is null in some records and an object in others is told by its members.
  const isGroup = (field: string): boolean =>
    [...counts.keys()].some((other) => other.startsWith(`${field}.`))
  const fields = [...counts]
    .filter(([field]) => !isGroup(field))
    .map(([field, count]) => ({ field, filled: count / records.length, isUsed: isUsed(field) }))
    .sort(
      (a, b) => Number(b.isUsed) - Number(a.isUsed) || b.filled - a.filled || (a.field < b.field ? -1 : 1),
    )
  const own = fields.filter((field) => field.isUsed)
  const sum = own.reduce((total, { filled }) => total + filled, 0)
  return { fields, ...(own.length > 0 ? { filled: sum / own.length } : {}) }
}

/** Leaves of a record by their place, and whether they hold something. Lists are one field each. */
export function fieldsOf(value: unknown, before = '', depth = 1): [string, boolean][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, part]): [string, boolean][] => {
    const place = before === '' ? name : `${before}.${name}`
    const inner = depth < MAX_DEPTH ? fieldsOf(part, place, depth + 1) : []
    return inner.length > 0 ? inner : [[place, isFilled(part)]]
  })
}

function isFilled(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

interface Schema {
  def?: { type?: string; innerType?: Schema; in?: Schema; shape?: Record<string, Schema> }
}

/** Leaves of the stream's own schema, which names only what is used. Empty where it is no object. */
function usedFields(schema: unknown, before = '', depth = 1): Set<string> {
  const { def } = bare(schema as Schema | undefined) ?? {}
  const fields = new Set<string>()
  if (def?.type !== 'object' || !def.shape) return fields
  for (const [name, part] of Object.entries(def.shape)) {
    const place = before === '' ? name : `${before}.${name}`
    const inner = depth < MAX_DEPTH ? usedFields(part, place, depth + 1) : new Set<string>()
    for (const field of inner.size > 0 ? inner : [place]) fields.add(field)
  }
  return fields
}

/** Without optional, nullable, default and pipe around it. */
function bare(schema: Schema | undefined): Schema | undefined {
  const inner = schema?.def?.innerType ?? schema?.def?.in
  return inner ? bare(inner) : schema
}

/** Places of a record whose schema is an object of named fields: "company". */
export function groupsOf(schema: unknown, before = '', depth = 1): Set<string> {
  const { def } = bare(schema as Schema | undefined) ?? {}
  const groups = new Set<string>()
  if (def?.type !== 'object' || !def.shape || depth > MAX_DEPTH) return groups
  if (before !== '') groups.add(before)
  for (const [name, part] of Object.entries(def.shape)) {
    const place = before === '' ? name : `${before}.${name}`
    for (const group of groupsOf(part, place, depth + 1)) groups.add(group)
  }
  return groups
}
