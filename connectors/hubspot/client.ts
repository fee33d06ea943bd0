import {
  BatchApi,
  createConfiguration,
  FilterOperatorEnum,
  type HttpLibrary,
  Observable,
  type RequestContext,
  ResponseContext,
  SearchApi,
  ServerConfiguration,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import * as z from 'zod'
import { HubError, statusError, TransientError } from '#kit'
import { type Ctx, pathsOf } from './config.ts'
import { classify, type VendorError } from './errors.ts'

/** A record as HubSpot answers it: every value is text. */
export interface Row {
  id: string
  properties: Record<string, string | null>
  /** Of archived records. */
  archivedAt?: string
  isNew?: boolean
  traceId?: string
}

export interface BatchAnswer {
  rows: Row[]
  errors: VendorError[]
}

export interface WriteInput {
  /** CRM id, or the value of `idProperty`. */
  id: string
  idProperty?: string
  properties: Record<string, string>
  objectWriteTraceId: string
}

export interface ReadInput {
  ids: string[]
  idProperty?: string
  properties: string[]
}

export interface Client {
  upsert(object: string, inputs: WriteInput[]): Promise<BatchAnswer>
  update(object: string, inputs: WriteInput[]): Promise<BatchAnswer>
  /** Ids without a record are left out of `rows`. */
  read(object: string, input: ReadInput): Promise<Row[]>
  search(
    object: string,
    field: string,
    values: string[],
    properties: string[],
    after?: string,
  ): Promise<{ rows: Row[]; after?: string }>
  /** The first records that pass all filters, by the values of one property, ascending. */
  searchBy(object: string, request: SearchBy): Promise<{ rows: Row[]; isLast: boolean }>
  /** Archived records by id: a page and where the next one begins. */
  archived(object: string, properties: string[], after?: string): Promise<{ rows: Row[]; after?: string }>
  /** The same of live records. */
  list(object: string, properties: string[], after?: string): Promise<{ rows: Row[]; after?: string }>
}

export interface SearchBy {
  filters: { propertyName: string; operator: 'EQ' | 'GT' | 'GTE'; value: string }[]
  sortBy: string
  properties: string[]
}

export const SEARCH_PAGE = 200
const LIST_PAGE = 100

/** HubSpot's SDK (its object endpoints only), sending through the connection's door; its own retry and limiter stay off. */
export function createClient(ctx: Ctx): Client {
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(ctx.http.baseUrl.replace(/\/+$/, ''), {}),
    httpApi: doorLibrary(ctx),
  })
  const batch = new BatchApi(configuration)
  const searches = new SearchApi(configuration)
  return {
    upsert: async (object, inputs) => toAnswer(await guard(batch.upsert(object, { inputs }))),
    update: async (object, inputs) => toAnswer(await guard(batch.update(object, { inputs }))),
    async read(object, { ids, idProperty, properties }) {
      const answer = await guard(
        batch.read(object, {
          inputs: ids.map((id) => ({ id })),
          properties,
          propertiesWithHistory: [],
          ...(idProperty ? { idProperty } : {}),
        }),
      )
      return toAnswer(answer).rows
    },
    async search(object, field, values, properties, after) {
      const filter = { propertyName: field, operator: FilterOperatorEnum.In, values }
      const answer = await guard(
        searches.doSearch(object, {
          filterGroups: [{ filters: [filter] }],
          properties,
          limit: SEARCH_PAGE,
          ...(after ? { after } : {}),
        }),
      )
      const next = answer.paging?.next?.after
      return { rows: answer.results.map(toRow), ...(next ? { after: next } : {}) }
    },
    async searchBy(object, { filters, sortBy, properties }) {
      const answer = await guard(
        searches.doSearch(object, {
          filterGroups: [
            {
              filters: filters.map(({ operator, ...rest }) => ({ ...rest, operator: OPERATORS[operator] })),
            },
          ],
          sorts: [sortBy],
          properties,
          limit: SEARCH_PAGE,
        }),
      )
      return { rows: answer.results.map(toRow), isLast: answer.paging?.next === undefined }
    },
    archived: (object, properties, after) => listPage(ctx, object, true, properties, after),
    list: (object, properties, after) => listPage(ctx, object, false, properties, after),
  }
}

/** https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/get-contacts */
async function listPage(ctx: Ctx, object: string, archived: boolean, properties: string[], after?: string) {
  const { data } = await ctx.http.request({
    url: `${pathsOf(ctx.config.apiVersion).objects}/${object}`,
    query: {
      archived,
      limit: LIST_PAGE,
      properties: properties.join(','),
      ...(after ? { after } : {}),
    },
    schema: list,
    signal: ctx.signal,
  })
  const next = data.paging?.next?.after
  const rows = data.results.map((row) => ({
    ...toRow(row),
    ...(row.archivedAt ? { archivedAt: row.archivedAt } : {}),
  }))
  return { rows, ...(next ? { after: next } : {}) }
}

const OPERATORS = {
  EQ: FilterOperatorEnum.Eq,
  GT: FilterOperatorEnum.Gt,
  GTE: FilterOperatorEnum.Gte,
}

const list = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.coerce.string(),
      properties: z.record(z.string(), z.string().nullable()),
      archivedAt: z.string().optional(),
    }),
  ),
  paging: z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional(),
})

interface SdkRow {
  id: string
  properties?: Record<string, string | null>
  _new?: boolean
  objectWriteTraceId?: string
}

const toAnswer = (answer: { results?: SdkRow[]; errors?: VendorError[] }): BatchAnswer => ({
  rows: (answer.results ?? []).map(toRow),
  errors: answer.errors ?? [],
})

const toRow = (row: SdkRow): Row => ({
  id: String(row.id),
  properties: row.properties ?? {},
  ...(row._new === undefined ? {} : { isNew: row._new }),
  ...(row.objectWriteTraceId === undefined ? {} : { traceId: row.objectWriteTraceId }),
})

function doorLibrary(ctx: Ctx): HttpLibrary {
  return { send: (request) => new Observable(send(ctx, request)) }
}

async function send(ctx: Ctx, request: RequestContext): Promise<ResponseContext> {
  const method = request.getHttpMethod()
  // The SDK only knows the numbered path; dated versions answer in the same shapes.
  const url = request.getUrl().replace('/crm/v3/objects', pathsOf(ctx.config.apiVersion).objects)
  const payload = request.getBody()
  const response = await ctx.http.fetch(url, {
    method,
    // Reads, updates by id and upserts by key give the same result twice, so the door may repeat them.
    headers: { ...request.getHeaders(), 'idempotency-key': crypto.randomUUID() },
    ...(typeof payload === 'string' ? { body: payload } : {}),
    signal: ctx.signal,
  })
  const body = await response.text().catch((cause: unknown) => {
    throw new TransientError('http.network', 'The connection was lost while HubSpot answered', { cause })
  })
  if (!response.ok) {
    throw (
      classify(response.status, response.headers, body) ??
      statusError(ctx.connection, method, response, body, ctx.now())
    )
  }
  if (!response.headers.get('content-type')?.includes('json')) {
    throw new TransientError(
      'http.unexpected_body',
      `HubSpot answered ${response.status} with something that is not JSON: ${body.slice(0, 200)}`,
    )
  }
  return new ResponseContext(response.status, Object.fromEntries(response.headers), {
    text: async () => body,
    binary: () => Promise.reject(new TypeError('HubSpot object answers are text')),
  })
}

/** What the SDK throws by itself is about an answer that it cannot read. */
async function guard<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof HubError) throw error
    if (error instanceof SyntaxError) {
      throw new TransientError('http.unexpected_body', 'HubSpot answered with broken JSON', { cause: error })
    }
    throw error
  }
}

/** Primary and secondary addresses of a contact, lower case. */
export const emailsOf = ({ properties }: Row): string[] =>
  [properties.email ?? '', ...(properties.hs_additional_emails ?? '').split(';')]
    .map((email) => email.trim().toLowerCase())
    .filter(Boolean)
