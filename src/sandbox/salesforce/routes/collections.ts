import { type Context, Hono } from 'hono'
import { errorOf, failedResult, RequestError } from '../errors.ts'
import { parseId } from '../ids.ts'
import type { Org } from '../org.ts'
import { deleteRecord } from '../people.ts'
import type { FieldDef } from '../schema.ts'
import type { Table } from '../table.ts'
import { findTarget, upsertByKey } from '../upsert.ts'
import { type WriteOptions, writeRecord } from '../write.ts'
import {
  countWrite,
  isObject,
  type JsonObject,
  needExternalIdField,
  present,
  readJson,
  writeOptions,
} from './shared.ts'

const MAX_WRITES = 200
const MAX_READS = 2000

/** sObject Collections: up to 200 records written or 2,000 read in one call, each with its own result. */
export function collectionRoutes(org: Org): Hono {
  const app = new Hono()

  app.patch('/composite/sobjects/:object/:field', async (c) => {
    const table = org.needTable(c.req.param('object'))
    const field = needExternalIdField(org, table, c.req.param('field'))
    const records = await readRecords(c)
    countWrite(org, records.length)
    const options = writeOptions(c, org)
    const seen = new Set<string>()
    return c.json(records.map((record) => upsertOne(org, table, field, record, seen, options)))
  })

  app.patch('/composite/sobjects', async (c) => {
    const records = await readRecords(c)
    countWrite(org, records.length)
    const options = writeOptions(c, org)
    return c.json(
      records.map((record) => {
        const found = findTarget(org, needType(org, record), record.id ?? record.Id)
        return 'error' in found
          ? failedResult(found.error)
          : saveResult(writeRecord(org, found.table, record, found.record, options), false)
      }),
    )
  })

  app.delete('/composite/sobjects', (c) => {
    const ids = (c.req.query('ids') ?? '').split(',').filter(Boolean)
    if (ids.length === 0 || ids.length > MAX_WRITES)
      throw new RequestError(400, 'EXCEEDED_ID_LIMIT', `1 to ${MAX_WRITES} ids are deleted in a call`)
    if (c.req.query('allOrNone') === 'true')
      throw new RequestError(
        501,
        'NOT_IMPLEMENTED',
        'This simulator does not roll back: send allOrNone false',
      )
    countWrite(org, ids.length)
    return c.json(ids.map((id) => deleteOne(org, id)))
  })

  app.post('/composite/sobjects', async (c) => {
    const records = await readRecords(c)
    countWrite(org, records.length)
    const options = writeOptions(c, org)
    return c.json(
      records.map((record) =>
        saveResult(writeRecord(org, needType(org, record), record, undefined, options), false),
      ),
    )
  })

  app.post('/composite/sobjects/:object', async (c) => {
    const body = await readJson(c)
    return c.json(retrieve(org, c, org.needTable(c.req.param('object')), body.ids, body.fields))
  })

  app.get('/composite/sobjects/:object', (c) => {
    const list = (name: string) => c.req.query(name)?.split(',')
    return c.json(retrieve(org, c, org.needTable(c.req.param('object')), list('ids'), list('fields')))
  })

  return app
}

function deleteOne(org: Org, id: string) {
  const full = parseId(id)
  const table = full === undefined ? undefined : org.tableOfId(full)
  if (!full || !table) return failedResult(errorOf('MALFORMED_ID', `bad id ${id}`, ['Id']))
  const found = findTarget(org, table, full)
  if ('error' in found) return failedResult(found.error)
  deleteRecord(org, found.table, found.record)
  return { id: full, success: true, errors: [] }
}

async function readRecords(c: Context): Promise<JsonObject[]> {
  const { records, allOrNone } = await readJson(c)
  if (!Array.isArray(records) || !records.every(isObject)) {
    throw new RequestError(400, 'JSON_PARSER_ERROR', 'records must be a list of sObjects')
  }
  if (records.length > MAX_WRITES) {
    throw new RequestError(
      400,
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${MAX_WRITES} records into this call`,
    )
  }
  if (allOrNone === true)
    throw new RequestError(501, 'NOT_IMPLEMENTED', 'This simulator does not roll back: send allOrNone false')
  return records
}

function needType(org: Org, record: JsonObject): Table {
  const type = isObject(record.attributes) ? record.attributes.type : undefined
  const table = typeof type === 'string' ? org.table(type) : undefined
  if (!table || table.def.isTooling) {
    throw new RequestError(
      400,
      'INVALID_INPUT',
      'Include an entity type when making a request. It must be a field of attributes called type.',
    )
  }
  return table
}

function upsertOne(
  org: Org,
  table: Table,
  field: FieldDef,
  record: JsonObject,
  seen: Set<string>,
  options: WriteOptions,
): JsonObject {
  if (needType(org, record) !== table) {
    throw new RequestError(
      400,
      'INVALID_INPUT',
      `The type of a record does not match ${table.def.name} in the URI`,
    )
  }
  if ('id' in record || 'Id' in record) {
    return failedResult(
      errorOf('INVALID_FIELD', 'The Id field should not be specified in the sobject data.', ['Id']),
    )
  }
  return saveResult(upsertByKey(org, table, field, record, seen, options), true)
}

function saveResult(outcome: ReturnType<typeof writeRecord>, tellsCreated: boolean): JsonObject {
  if ('error' in outcome) return failedResult(outcome.error)
  return {
    id: outcome.record.Id,
    success: true,
    errors: [],
    ...(tellsCreated ? { created: outcome.created } : {}),
  }
}

function retrieve(org: Org, c: Context, table: Table, ids: unknown, names: unknown): (JsonObject | null)[] {
  if (!Array.isArray(ids) || !Array.isArray(names) || names.length === 0) {
    throw new RequestError(400, 'MISSING_ARGUMENT', 'ids and fields are required')
  }
  if (ids.length > MAX_READS)
    throw new RequestError(
      400,
      'EXCEEDED_ID_LIMIT',
      `cannot retrieve more than ${MAX_READS} records in one call`,
    )
  const fields = names.map((name) => {
    const field = org.field(table, String(name))
    if (!field)
      throw new RequestError(
        400,
        'INVALID_FIELD',
        `No such column '${name}' on entity '${table.def.name}'.`,
        [String(name)],
      )
    return field
  })
  const id = table.def.fields.get('id')!
  const shown = fields.includes(id) ? fields : [...fields, id]
  return ids.map((text) => {
    const full = parseId(String(text))
    if (!full?.startsWith(table.def.prefix))
      throw new RequestError(400, 'MALFORMED_ID', `malformed id ${String(text)}`)
    const record = table.records.get(full)
    return record && !record.IsDeleted ? present(c, table, record, shown) : null
  })
}
