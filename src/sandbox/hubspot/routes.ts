import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { archiveAssociations, associateBatch, associatedWith, readAssociations } from './associations.ts'
import { archive, archiveBatch, type Mode, parse, readBatch, render, writeBatch } from './batch.ts'
import { type ItemError, invalid, notFound, Refusal, refuse } from './errors.ts'
import { guardRequests, type LimitOptions } from './limits.ts'
import { marketingRoutes } from './marketing.ts'
import { mergeRecords } from './merge.ts'
import type { OAuth } from './oauth.ts'
import { type Collection, collectionOf, findBy, findRecord, type Portal } from './portal.ts'
import { createGroup, createProperty, missingProperty, updateProperty } from './schema.ts'
import { search } from './search.ts'

interface RouteOptions extends LimitOptions {
  searchLagMs: number
  mergeIntoNewId: boolean
  onRequest(): void
  oauth: OAuth | undefined
}

const DATED = ':version{\\d{4}-\\d{2}}'
const mergeBody = z.object({ primaryObjectId: z.string(), objectIdToMerge: z.string() })

/** The API of one portal: every endpoint under its numbered and its dated path. */
export function createApp(portal: Portal, options: RouteOptions): Hono {
  const app = new Hono()
  if (options.oauth) app.route('/', options.oauth.routes)
  app.use('*', async (_c, next) => {
    options.onRequest()
    await next()
  })
  app.use('*', guardRequests(options))
  app.onError((error, c) => {
    if (error instanceof Refusal) return refuse(c, error.item)
    if (error instanceof SyntaxError) return refuse(c, invalid(`Invalid input JSON: ${error.message}`))
    throw error
  })
  app.notFound((c) =>
    c.text('<html><body><h1>404 Not Found</h1></body></html>', 404, { 'content-type': 'text/html' }),
  )

  const objects = ['/crm/v3/objects', `/crm/objects/${DATED}`]
  const properties = ['/crm/v3/properties', `/crm/properties/${DATED}`]
  const associations = ['/crm/v4/associations', `/crm/associations/${DATED}`]
  const on = (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    bases: string[],
    path: string,
    handle: (c: Context) => Response | Promise<Response>,
  ) =>
    app.on(
      method,
      bases.map((base) => base + path),
      handle,
    )
  const collection = (c: Context, name = 'object') => requireCollection(portal, c.req.param(name) ?? '')
  const version = (c: Context) => c.req.param('version') ?? 'v3'

  for (const mode of ['upsert', 'create', 'update'] as Mode[]) {
    on('POST', objects, `/:object/batch/${mode}`, async (c) => {
      const { status, body } = writeBatch(portal, collection(c), mode, await c.req.json(), version(c))
      return c.json(body, status)
    })
  }
  on('POST', objects, '/:object/batch/read', async (c) => {
    const { status, body } = readBatch(portal, collection(c), await c.req.json())
    return c.json(body, status)
  })
  on('POST', objects, '/:object/batch/archive', async (c) => {
    archiveBatch(portal, collection(c), await c.req.json())
    return c.body(null, 204)
  })
  on('POST', objects, '/:object/search', async (c) =>
    c.json(search(collection(c), await c.req.json(), portal.now() - options.searchLagMs)),
  )
  on('POST', objects, '/:object/merge', async (c) => {
    const { primaryObjectId, objectIdToMerge } = parse(mergeBody, await c.req.json())
    const target = collection(c)
    const record = mergeRecords(portal, target, primaryObjectId, objectIdToMerge, options.mergeIntoNewId)
    return c.json(render(record, Object.keys(record.properties), target))
  })
  on('GET', objects, '/:object', (c) => c.json(list(c, collection(c))))
  on('GET', objects, '/:object/:id', (c) => c.json(getOne(c, collection(c))))
  on('DELETE', objects, '/:object/:id', (c) => {
    archive(portal, collection(c), c.req.param('id')!)
    return c.body(null, 204)
  })
  on('GET', ['/crm/v4/objects', `/crm/objects/${DATED}`], '/:object/:id/associations/:to', (c) =>
    c.json({ results: associatedWith(portal, collection(c), c.req.param('id')!, collection(c, 'to')) }),
  )

  on('GET', ['/crm/v3/owners', `/crm/owners/${DATED}`], '', (c) => c.json(listOwners(c, portal)))

  on('GET', properties, '/:object', (c) => c.json({ results: [...collection(c).properties.values()] }))
  on('POST', properties, '/:object', async (c) =>
    c.json(createProperty(collection(c), await c.req.json()), 201),
  )
  on('GET', properties, '/:object/groups', (c) => c.json({ results: [...collection(c).groups.values()] }))
  on('POST', properties, '/:object/groups', async (c) =>
    c.json(createGroup(collection(c), await c.req.json()), 201),
  )
  on('GET', properties, '/:object/:name', (c) => {
    const name = c.req.param('name')!
    const property = collection(c).properties.get(name)
    if (!property) throw new Refusal(missingProperty(name))
    return c.json(property)
  })
  on('PATCH', properties, '/:object/:name', async (c) =>
    c.json(updateProperty(collection(c), c.req.param('name')!, await c.req.json())),
  )

  for (const [path, hasTypes] of [['associate/default', false] as const, ['create', true] as const]) {
    on('POST', associations, `/:object/:to/batch/${path}`, async (c) => {
      const { status, body } = associateBatch(
        portal,
        collection(c),
        collection(c, 'to'),
        await c.req.json(),
        hasTypes,
      )
      return c.json(body, status)
    })
  }
  on('POST', associations, '/:object/:to/batch/archive', async (c) => {
    archiveAssociations(portal, collection(c), collection(c, 'to'), await c.req.json())
    return c.body(null, 204)
  })
  on('POST', associations, '/:object/:to/batch/read', async (c) =>
    c.json(readAssociations(portal, collection(c), collection(c, 'to'), await c.req.json())),
  )
  marketingRoutes(app, portal)
  on('GET', ['/account-info/v3', `/account-info/${DATED}`], '/details', (c) =>
    c.json({
      portalId: portal.id,
      accountType: 'SANDBOX',
      timeZone: 'UTC',
      companyCurrency: 'USD',
      dataHostingLocation: 'na1',
    }),
  )
  return app
}

function requireCollection(portal: Portal, name: string): Collection {
  const found = collectionOf(portal, name)
  if (!found) throw new Refusal(invalid(`Unable to infer object type from: ${name}`))
  return found
}

const MAX_OWNERS = 500

function listOwners(c: Context, portal: Portal): Record<string, unknown> {
  const limit = Number(c.req.query('limit') ?? 100)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_OWNERS)
    throw new Refusal(invalid(`limit must be between 1 and ${MAX_OWNERS}`))
  const isArchived = c.req.query('archived') === 'true'
  const after = Number(c.req.query('after') ?? 0)
  const all = [...portal.owners.values()].filter(({ archived }) => archived === isArchived)
  const results = all.slice(after, after + limit).map(({ userId, ...owner }) => ({
    ...owner,
    type: 'PERSON',
    userId: owner.archived ? null : userId,
    userIdIncludingInactive: userId,
    createdAt: '2024-01-08T09:00:00.000Z',
    updatedAt: '2024-01-08T09:00:00.000Z',
  }))
  const next = after + results.length
  return { results, ...(next < all.length ? { paging: { next: { after: String(next) } } } : {}) }
}

const named = (c: Context): string[] => (c.req.query('properties') ?? '').split(',').filter(Boolean)

function getOne(c: Context, collection: Collection): Record<string, unknown> {
  const id = c.req.param('id')!
  const idProperty = c.req.query('idProperty')
  if (idProperty && !collection.unique.has(idProperty))
    throw new Refusal(invalid(`Property ${idProperty} is not unique`))
  const record = idProperty ? findBy(collection, idProperty, id) : findRecord(collection, id)
  if (!record) throw new Refusal(gone())
  return render(record, named(c), collection)
}

const gone = (): ItemError => ({ ...notFound('', []), message: 'resource not found', context: {} })

function list(c: Context, collection: Collection): Record<string, unknown> {
  const limit = Number(c.req.query('limit') ?? 10)
  if (!(limit >= 1 && limit <= 100)) throw new Refusal(invalid('limit must be between 1 and 100'))
  const after = Number(c.req.query('after') ?? 0)
  const isArchived = c.req.query('archived') === 'true'
  const live = [...collection.records.values()].filter(
    (record) => (record.archivedAt !== undefined) === isArchived && Number(record.id) > after,
  )
  const page = live.sort((a, b) => Number(a.id) - Number(b.id)).slice(0, limit)
  const last = page.at(-1)
  return {
    results: page.map((record) => render(record, named(c), collection)),
    ...(last && live.length > limit ? { paging: { next: { after: last.id } } } : {}),
  }
}
