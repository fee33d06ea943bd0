import { Connection } from 'jsforce/lib/connection.js'
import type { HttpRequest, HttpResponse } from 'jsforce/lib/types/index.js'
import { StreamPromise } from 'jsforce/lib/util/promise.js'
import { createLazyStream } from 'jsforce/lib/util/stream.js'
import type { ConnectorContext, RequestSpec } from '#kit'
import type { SalesforceConfig } from './config.ts'

export type Row = Record<string, unknown>
type Context = ConnectorContext<SalesforceConfig>

/** The calls that Tributary makes, each one request. Every refusal arrives as a classed HubError. */
export interface Client {
  /** Creates or updates up to 200 records of one object by external id. One raw result per record is expected. */
  upsert(
    object: string,
    externalIdField: string,
    records: Row[],
    headers: Record<string, string>,
  ): Promise<unknown>
  /** Updates up to 200 records by their Id. */
  update(object: string, records: Row[], headers: Record<string, string>): Promise<unknown>
  /** Creates up to 200 records. */
  create(object: string, records: Row[]): Promise<unknown>
  /** Up to 2,000 records by id; null for those that are gone. */
  retrieve(object: string, ids: string[], fields: string[]): Promise<(Row | null)[]>
  /** All rows of a query, however many pages. */
  query(soql: string, resource?: 'query' | 'queryAll' | 'tooling/query'): Promise<Row[]>
  /** What one call answers of a query, deleted records included: Salesforce may answer fewer rows than asked for. */
  queryPage(soql: string): Promise<{ rows: Row[]; isLast: boolean }>
  describe(object: string): Promise<Row>
  get(path: string): Promise<Row>
  post(path: string, body: unknown): Promise<Row>
}

/** Host that jsforce believes in; the door puts the real one (instance_url of the token) in its place. */
const DOOR = 'https://salesforce.invalid'

export function openClient(ctx: Context): Client {
  const connection = connect(ctx)
  const post = async <T>(url: string, body: unknown, options: Sending = {}): Promise<T> =>
    await connection.requestPost<T>(url, asBody(body), options)

  return {
    async upsert(object, externalIdField, records, headers) {
      return await connection
        .sobject(object)
        .upsert(asRecords(records), externalIdField, { allOrNone: false, headers })
    },
    async update(object, records, headers) {
      return await connection.sobject(object).update(asIdRecords(records), { allOrNone: false, headers })
    },
    async create(object, records) {
      return await connection.sobject(object).create(asRecords(records), { allOrNone: false })
    },
    retrieve: (object, ids, fields) =>
      post(`/composite/sobjects/${object}`, { ids, fields }, { isRead: true }),
    async query(soql, resource = 'query') {
      const rows: Row[] = []
      let url: string | undefined = `/${resource}?q=${encodeURIComponent(soql)}`
      while (url) {
        const page: QueryPage = await connection.request<QueryPage>(url)
        rows.push(...page.records)
        url = page.done ? undefined : page.nextRecordsUrl
      }
      return rows
    },
    async queryPage(soql) {
      const page = await connection.request<QueryPage>(`/queryAll?q=${encodeURIComponent(soql)}`)
      return { rows: page.records, isLast: page.done }
    },
    async describe(object) {
      return { ...(await connection.describe(object)) }
    },
    get: async (path) => await connection.request<Row>(path),
    post,
  }
}

interface QueryPage {
  records: Row[]
  done: boolean
  nextRecordsUrl?: string
}

/** Options of a jsforce request that reach the transport. */
interface Sending {
  /** A POST that changes nothing: may be repeated. */
  isRead?: boolean
}

/**
 * A jsforce connection whose only way out is the door. No token, refresh function or OAuth settings are given to it:
 * jsforce refreshes without end when a new token is refused, and retries reads on its own clock; both are the door's job.
 */
function connect(ctx: Context): Connection {
  const connection = new Connection({ instanceUrl: DOOR, version: ctx.config.apiVersion })
  connection._transport = asTransport({
    httpRequest: (request: HttpRequest, options: Sending = {}) =>
      StreamPromise.create<HttpResponse>(() => ({
        stream: createLazyStream().stream,
        promise: pass(ctx, request, options),
      })),
  })
  return connection
}

async function pass(ctx: Context, request: HttpRequest, options: Sending): Promise<HttpResponse> {
  // The body is complete text; fetch counts its bytes itself.
  const { 'content-length': _length, ...headers } = request.headers ?? {}
  const spec: RequestSpec<unknown> = {
    method: request.method as NonNullable<RequestSpec<unknown>['method']>,
    url: request.url.startsWith(DOOR) ? request.url.slice(DOOR.length) : request.url,
    headers,
    signal: ctx.signal,
    ...(typeof request.body === 'string' ? { body: request.body } : {}),
    ...(options.isRead ? { repeatable: true } : {}),
  }
  const { status, data } = await ctx.http.request(spec)
  return parsedResponse(status, data)
}

/**
 * jsforce parses a body by its content type and hands on anything without one as it is: the door has parsed it already.
 */
const parsedResponse = (statusCode: number, body: unknown): HttpResponse => ({
  statusCode,
  headers: {},
  body: body as string,
})

/** The one method of a transport that jsforce calls. */
interface DoorTransport {
  httpRequest(request: HttpRequest, options?: Sending): StreamPromise<HttpResponse>
}

const asTransport = (transport: DoorTransport): Connection['_transport'] =>
  transport as Connection['_transport']

/** jsforce takes a body as object and serialises it; its type says text. */
const asBody = (body: unknown): object => body as object

type AnyRecords = Parameters<ReturnType<Connection['sobject']>['upsert']>[0] & unknown[]
const asRecords = (records: Row[]): AnyRecords => records.map(renameType) as AnyRecords

type IdRecords = Parameters<ReturnType<Connection['sobject']>['update']>[0] & unknown[]
const asIdRecords = (records: Row[]): IdRecords => records.map(renameType) as IdRecords

/** jsforce takes a field called `type` for the object's name; Salesforce accepts any case in field names. */
function renameType(record: Row): Row {
  if (!('type' in record)) return record
  const { type, ...rest } = record
  return { ...rest, Type: type }
}
