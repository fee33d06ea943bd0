import { errorOf, type SalesforceError } from './errors.ts'
import { parseId } from './ids.ts'
import type { Org } from './org.ts'
import type { FieldDef } from './schema.ts'
import type { StoredRecord, Table } from './table.ts'
import { type WriteOptions, type WriteOutcome, writeRecord } from './write.ts'

/** Writes one record of a request by external id; `seen` are the keys that the request had before. */
export function upsertByKey(
  org: Org,
  table: Table,
  field: FieldDef,
  record: Record<string, unknown>,
  seen: Set<string>,
  options: WriteOptions,
): WriteOutcome {
  const key = record[field.name]
  if (typeof key !== 'string' || key.trim() === '')
    return { error: errorOf('MISSING_ARGUMENT', `${field.name} not specified`) }
  const text = key.trim()
  if (seen.has(text))
    return { error: errorOf('DUPLICATE_VALUE', `Duplicate external id specified: ${text}`, [field.name]) }
  seen.add(text)
  const matches = [...table.lookup(field, text)]
  if (matches.length > 1) {
    const message = `More than one record found for external id field: [${matches.join(', ')}]`
    return { error: errorOf('DUPLICATE_EXTERNAL_ID', message, [field.name]) }
  }
  return writeRecord(org, table, record, table.records.get(matches[0] ?? ''), options)
}

type Found = { table: Table; record: StoredRecord } | { error: SalesforceError }

/** The live record of an id, or why there is none. */
export function findTarget(org: Org, table: Table, id: unknown): Found {
  const full = typeof id === 'string' ? parseId(id) : undefined
  if (!full?.startsWith(table.def.prefix))
    return { error: errorOf('MALFORMED_ID', `bad id ${String(id)}`, ['Id']) }
  const record = org.tableOfId(full)?.records.get(full)
  if (!record) return { error: errorOf('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id') }
  if (record.IsDeleted) return { error: errorOf('ENTITY_IS_DELETED', 'entity is deleted') }
  return { table, record }
}
