import { type Context, Hono } from 'hono'
import { describeObject } from '../describe.ts'
import { errorBody, RequestError, type SalesforceError } from '../errors.ts'
import type { Org } from '../org.ts'
import { deleteRecord } from '../people.ts'
import { runQuery } from '../query.ts'
import type { StoredRecord, Table } from '../table.ts'
import { findTarget } from '../upsert.ts'
import { writeRecord } from '../write.ts'
import {
  countWrite,
  dataPath,
  needExternalIdField,
  present,
  presentParents,
  readJson,
  writeOptions,
} from './shared.ts'

/** Single records and describe. */
export function sobjectRoutes(org: Org): Hono {
  const app = new Hono()
  const refuse = (c: Context, error: SalesforceError) =>
    c.json(errorBody(error), error.code === 'ENTITY_IS_DELETED' ? 404 : 400)

  app.get('/sobjects/:object/describe', (c) => {
    const table = org.needTable(c.req.param('object'))
    return c.json(describeObject(table, `${dataPath(c)}/sobjects/${table.def.name}`))
  })

  app.post('/sobjects/:object', async (c) => {
    const table = org.needTable(c.req.param('object'))
    const body = await readJson(c)
    countWrite(org, 1)
    const outcome = writeRecord(org, table, body, undefined, writeOptions(c, org))
    return 'error' in outcome
      ? refuse(c, outcome.error)
      : c.json({ id: outcome.record.Id, success: true, errors: [] }, 201)
  })

  app.get('/sobjects/:object/:id', (c) => {
    const { table, record } = needLive(org, c)
    const names = c.req.query('fields')?.split(',')
    const fields = names?.map((name) => {
      const field = org.field(table, name)
      if (!field)
        throw new RequestError(
          400,
          'INVALID_FIELD',
          `No such column '${name}' on sobject of type ${table.def.name}`,
        )
      return field
    })
    return c.json(
      present(c, table, record, fields ?? [...table.def.fields.values()].filter((field) => field.isGranted)),
    )
  })

  app.patch('/sobjects/:object/:id', async (c) => {
    const found = findTarget(org, org.needTable(c.req.param('object')), c.req.param('id'))
    const body = await readJson(c)
    countWrite(org, 1)
    if ('error' in found) return refuse(c, found.error)
    const outcome = writeRecord(org, found.table, body, found.record, writeOptions(c, org))
    return 'error' in outcome ? refuse(c, outcome.error) : c.body(null, 204)
  })

  app.delete('/sobjects/:object/:id', (c) => {
    const { table, record } = needLive(org, c)
    countWrite(org, 1)
    deleteRecord(org, table, record)
    return c.body(null, 204)
  })

  app.patch('/sobjects/:object/:field/:value', async (c) => {
    const table = org.needTable(c.req.param('object'))
    const field = needExternalIdField(org, table, c.req.param('field'))
    const body = await readJson(c)
    countWrite(org, 1)
    const value = c.req.param('value')
    const matches = [...table.lookup(field, value)]
    if (matches.length > 1)
      return c.json(
        matches.map((id) => `${dataPath(c)}/sobjects/${table.def.name}/${id}`),
        300,
      )
    const input = { ...body, [field.name]: value }
    const outcome = writeRecord(org, table, input, table.records.get(matches[0] ?? ''), writeOptions(c, org))
    if ('error' in outcome) return refuse(c, outcome.error)
    return c.json(
      { id: outcome.record.Id, success: true, errors: [], created: outcome.created },
      outcome.created ? 201 : 200,
    )
  })

  return app
}

function needLive(org: Org, c: Context): { table: Table; record: StoredRecord } {
  const found = findTarget(org, org.needTable(c.req.param('object') ?? ''), c.req.param('id'))
  if ('error' in found) throw new RequestError(404, 'NOT_FOUND', 'The requested resource does not exist')
  return found
}

const PAGE = 2000

/** SOQL with paging; answers of more than 2,000 records are read on through `nextRecordsUrl`. */
export function queryRoutes(org: Org): Hono {
  const app = new Hono()
  const open = new Map<string, ReturnType<typeof runQuery>>()

  const answer = (
    c: Context,
    result: ReturnType<typeof runQuery>,
    locator: string | undefined,
    offset: number,
    path: string,
  ) => {
    if (result.isCount) return c.json({ totalSize: result.records.length, done: true, records: [] })
    const end = offset + PAGE
    const done = end >= result.records.length
    const key = locator ?? (done ? '' : org.newId('01g'))
    if (!done) open.set(key, result)
    else if (locator) open.delete(locator)
    return c.json({
      totalSize: result.records.length,
      done,
      ...(done ? {} : { nextRecordsUrl: `${dataPath(c)}/${path}/${key}-${end}` }),
      records: result.records.slice(offset, end).map((record) => ({
        ...present(c, result.table, record, result.fields),
        ...presentParents(c, org, record, result.parents),
      })),
    })
  }

  for (const [path, includeDeleted, tooling] of [
    ['query', false, false],
    ['queryAll', true, false],
    ['tooling/query', false, true],
  ] as const) {
    app.get(`/${path}`, (c) => {
      const soql = c.req.query('q')
      if (!soql) throw new RequestError(400, 'MALFORMED_QUERY', 'SOQL statements cannot be empty or null')
      return answer(c, runQuery(org, soql, { includeDeleted, tooling }), undefined, 0, path)
    })
    app.get(`/${path}/:locator`, (c) => {
      const [locator = '', offset] = c.req.param('locator').split('-')
      const result = open.get(locator)
      if (!result) throw new RequestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
      return answer(c, result, locator, Number(offset), path)
    })
  }
  return app
}
