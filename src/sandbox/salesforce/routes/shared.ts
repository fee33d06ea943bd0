import type { Context } from 'hono'
import { RequestError } from '../errors.ts'
import type { Org } from '../org.ts'
import type { ParentField } from '../query.ts'
import type { FieldDef } from '../schema.ts'
import type { StoredRecord, Table } from '../table.ts'
import type { WriteOptions } from '../write.ts'

export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export async function readJson(c: Context): Promise<JsonObject> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new RequestError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The content type of the request is not supported')
  }
  let body: unknown
  try {
    body = await c.req.json()
  } catch (error) {
    throw new RequestError(
      400,
      'JSON_PARSER_ERROR',
      error instanceof Error ? error.message : 'The body is not JSON',
    )
  }
  if (!isObject(body))
    throw new RequestError(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is required to be a JSON object')
  return body
}

/** A record as REST shows it: attributes first, null for fields without a value. */
export function present(
  c: Context,
  table: Table,
  record: StoredRecord,
  fields: Iterable<FieldDef>,
): JsonObject {
  const out: JsonObject = {
    attributes: { type: table.def.name, url: `${dataPath(c)}/sobjects/${table.def.name}/${record.Id}` },
  }
  for (const field of fields) out[field.name] = record[field.name] ?? null
  return out
}

/** Selected fields of parents, nested; null where there is no parent. */
export function presentParents(
  c: Context,
  org: Org,
  record: StoredRecord,
  parents: ParentField[],
): JsonObject {
  const out: JsonObject = {}
  for (const [relation, fields] of Map.groupBy(parents, (parent) => parent.relation)) {
    const id = record[fields[0]!.reference.name]
    const table = typeof id === 'string' ? org.tableOfId(id) : undefined
    const parent = table?.records.get(String(id))
    out[relation] = null
    if (!table || !parent) continue
    const shown: JsonObject = {
      attributes: { type: table.def.name, url: `${dataPath(c)}/sobjects/${table.def.name}/${parent.Id}` },
    }
    for (const { name } of fields) shown[name] = parent[name] ?? null
    out[relation] = shown
  }
  return out
}

/** `/services/data/v64.0` */
export const dataPath = (c: Context): string => `/services/data/${c.req.param('version')}`

export const writeOptions = (c: Context, org: Org): WriteOptions => ({
  userId: org.integrationUser,
  allowSave: /\ballowSave\s*=\s*true\b/i.test(c.req.header('sforce-duplicate-rule-header') ?? ''),
})

export function countWrite(org: Org, items: number): void {
  org.writes.requests++
  org.writes.items += items
}

/** The external id field named in a path. */
export function needExternalIdField(org: Org, table: Table, name: string): FieldDef {
  const field = org.field(table, name)
  if (!field?.isExternalId) {
    throw new RequestError(
      404,
      'NOT_FOUND',
      `Provided external ID field does not exist or is not accessible: ${name}`,
    )
  }
  return field
}
