import { type Context, Hono } from 'hono'
import { advanceJobs, durationOf, type IngestJob, needJob, type QueryJob, rowsBelowHeader } from '../bulk.ts'
import { csvRow } from '../csv.ts'
import { RequestError } from '../errors.ts'
import { type Org, stampOf } from '../org.ts'
import { runQuery } from '../query.ts'
import { countWrite, dataPath, needExternalIdField, readJson } from './shared.ts'

const MAX_FILE_BYTES = 100_000_000
const DEFAULT_PAGE = 50_000
const LIST_PAGE = 1_000

/** Bulk API 2.0: ingest and query jobs. */
export function jobRoutes(org: Org): Hono {
  const app = new Hono()
  app.use('/jobs/*', async (_, next) => {
    advanceJobs(org)
    await next()
  })
  addIngestRoutes(app, org)
  addQueryRoutes(app, org)
  return app
}

function addIngestRoutes(app: Hono, org: Org): void {
  app.post('/jobs/ingest', async (c) => {
    const job = toIngestJob(org, await readJson(c))
    org.ingestJobs.set(job.id, job)
    return c.json(infoOf(org, c, job))
  })

  app.get('/jobs/ingest', (c) => {
    const jobs = [...org.ingestJobs.values()].sort((a, b) => b.createdAt - a.createdAt)
    const from = Number(c.req.query('queryLocator') ?? 0)
    const end = from + LIST_PAGE
    return c.json({
      done: end >= jobs.length,
      records: jobs.slice(from, end).map((job) => infoOf(org, c, job)),
      nextRecordsUrl: end >= jobs.length ? null : `${dataPath(c)}/jobs/ingest?queryLocator=${end}`,
    })
  })

  app.get('/jobs/ingest/:id', (c) => c.json(infoOf(org, c, needJob(org.ingestJobs, c.req.param('id')))))

  app.put('/jobs/ingest/:id/batches', async (c) => {
    const job = needJob(org.ingestJobs, c.req.param('id'))
    if (!/^text\/csv\b/i.test(c.req.header('content-type') ?? ''))
      throw new RequestError(
        415,
        'UNSUPPORTED_MEDIA_TYPE',
        'The content type of the request is not supported',
      )
    if (job.state !== 'Open' || job.file !== undefined)
      throw new RequestError(400, 'INVALIDJOBSTATE', 'Found multiple contents for job, or the job is closed')
    const bytes = await c.req.arrayBuffer()
    if (bytes.byteLength > MAX_FILE_BYTES)
      throw new RequestError(400, 'EXCEEDED_MAX_SIZE_REQUEST', 'The request content exceeds the maximum size')
    job.file = new TextDecoder('utf-8', { fatal: false }).decode(bytes)
    countWrite(org, 0)
    return c.body(null, 201)
  })

  app.patch('/jobs/ingest/:id', async (c) => {
    const job = needJob(org.ingestJobs, c.req.param('id'))
    const { state } = await readJson(c)
    if (state === 'UploadComplete' && job.state === 'Open' && job.file !== undefined) {
      job.state = 'UploadComplete'
      job.closedAt = org.options.now()
      job.trouble = org.bulkTroubles.shift() ?? {}
    } else if (state === 'Aborted' && job.state !== 'JobComplete' && job.state !== 'Failed') {
      job.state = 'Aborted'
      job.unprocessed = rowsBelowHeader(job)
      job.header = (job.file ?? '').split('\n')[0]?.split(',') ?? []
      delete job.file
    } else {
      throw new RequestError(
        400,
        'INVALIDJOBSTATE',
        `Aborting or closing a job that is ${job.state} is not allowed`,
      )
    }
    return c.json(infoOf(org, c, job))
  })

  const results = (path: string, head: string[], rowsOf: (job: IngestJob) => string[]) =>
    app.get(`/jobs/ingest/:id/${path}`, (c) => {
      const job = needJob(org.ingestJobs, c.req.param('id') ?? '')
      if (job.state !== 'JobComplete' && job.state !== 'Failed' && job.state !== 'Aborted')
        throw new RequestError(400, 'INVALIDJOBSTATE', `Results of a job that is ${job.state} cannot be read`)
      c.header('content-type', 'text/csv')
      return c.body(csvRow([...head, ...job.header]) + rowsOf(job).join(''))
    })
  for (const slash of ['', '/']) {
    results(`successfulResults${slash}`, ['sf__Id', 'sf__Created'], (job) => job.successful)
    results(`failedResults${slash}`, ['sf__Id', 'sf__Error'], (job) => job.failed)
    results(`unprocessedrecords${slash}`, [], (job) => job.unprocessed)
  }
}

/** The job that a request asks for. @throws RequestError INVALIDJOB */
function toIngestJob(org: Org, body: Record<string, unknown>): IngestJob {
  const refuse = (message: string) => new RequestError(400, 'INVALIDJOB', message)
  const object = String(body.object)
  const table = org.table(object)
  if (!table || table.def.isTooling)
    throw refuse(`InvalidJob : The entity type "${object}" is not supported by the API.`)
  if (body.operation !== 'upsert' && body.operation !== 'update' && body.operation !== 'insert')
    throw refuse(`InvalidJob : Unsupported operation ${String(body.operation)}`)
  if ((body.contentType ?? 'CSV') !== 'CSV' || (body.columnDelimiter ?? 'COMMA') !== 'COMMA')
    throw refuse('InvalidJob : Only CSV with commas is simulated')
  const lineEnding = body.lineEnding ?? 'LF'
  if (lineEnding !== 'LF' && lineEnding !== 'CRLF') throw refuse('InvalidJob : Unknown line ending')
  const isUpsert = body.operation === 'upsert'
  if (isUpsert !== (typeof body.externalIdFieldName === 'string'))
    throw refuse('InvalidJob : External ID belongs to upsert, and to upsert only')
  return {
    id: org.newId('750'),
    object: table.def.name,
    operation: body.operation,
    ...(isUpsert ? { key: needExternalIdField(org, table, String(body.externalIdFieldName)) } : {}),
    ...(typeof body.assignmentRuleId === 'string' ? { assignmentRuleId: body.assignmentRuleId } : {}),
    lineEnding,
    state: 'Open',
    createdAt: org.options.now(),
    closedAt: 0,
    trouble: {},
    header: [],
    successful: [],
    failed: [],
    unprocessed: [],
    processed: 0,
    refused: 0,
  }
}

function addQueryRoutes(app: Hono, org: Org): void {
  app.post('/jobs/query', async (c) => {
    const body = await readJson(c)
    if (body.operation !== 'query' && body.operation !== 'queryAll')
      throw new RequestError(
        400,
        'INVALIDJOB',
        `InvalidJob : Unsupported operation ${String(body.operation)}`,
      )
    const includeDeleted = body.operation === 'queryAll'
    const soql = String(body.query)
    // Refuses at once what cannot be run.
    const { table, fields, records, isCount } = runQuery(org, soql, { includeDeleted, tooling: false })
    if (isCount) throw new RequestError(400, 'API_ERROR', 'Aggregate queries are not supported by jobs')
    const job: QueryJob = {
      id: org.newId('750'),
      soql,
      object: table.def.name,
      includeDeleted,
      state: 'UploadComplete',
      createdAt: org.options.now(),
      durationMs: durationOf(records.length, org.queryTroubles.shift() ?? {}),
      fields,
      records: [],
    }
    org.queryJobs.set(job.id, job)
    return c.json(queryInfoOf(org, c, job))
  })

  app.get('/jobs/query/:id', (c) => c.json(queryInfoOf(org, c, needJob(org.queryJobs, c.req.param('id')))))

  app.get('/jobs/query/:id/results', (c) => {
    const job = needJob(org.queryJobs, c.req.param('id'))
    if (job.state !== 'JobComplete')
      throw new RequestError(400, 'INVALIDJOBSTATE', 'The job has not finished')
    const from = locatorOf(c.req.query('locator'))
    const page = job.records.slice(from, from + Number(c.req.query('maxRecords') ?? DEFAULT_PAGE))
    const end = from + page.length
    c.header('sforce-locator', end < job.records.length ? btoa(String(end)) : 'null')
    c.header('sforce-numberofrecords', String(page.length))
    c.header('content-type', 'text/csv')
    return c.body(
      csvRow(job.fields.map((field) => field.name)) +
        page
          .map((record) => csvRow(job.fields.map((field) => shown(field.type, record[field.name]))))
          .join(''),
    )
  })
}

/** Jobs write the offset as Z, unlike REST. */
const shown = (type: string, value: string | number | boolean | undefined) =>
  type === 'datetime' && typeof value === 'string' ? value.replace('+0000', 'Z') : value

function locatorOf(text: string | undefined): number {
  if (text === undefined) return 0
  const from = Number(atob(text))
  if (!Number.isInteger(from)) throw new RequestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  return from
}

const common = (
  org: Org,
  c: Context,
  job: { id: string; object: string; state: string; createdAt: number },
) => ({
  id: job.id,
  object: job.object,
  state: job.state,
  createdById: org.integrationUser,
  createdDate: stampOf(job.createdAt),
  systemModstamp: org.stamp(),
  concurrencyMode: 'Parallel',
  contentType: 'CSV',
  apiVersion: Number(/v(\d+\.\d)/.exec(dataPath(c))?.[1]),
  columnDelimiter: 'COMMA',
})

const infoOf = (org: Org, c: Context, job: IngestJob): Record<string, unknown> => ({
  ...common(org, c, job),
  operation: job.operation,
  ...(job.key ? { externalIdFieldName: job.key.name } : {}),
  jobType: 'V2Ingest',
  lineEnding: job.lineEnding,
  ...(job.state === 'Open' ? { contentUrl: `${dataPath(c).slice(1)}/jobs/ingest/${job.id}/batches` } : {}),
  numberRecordsProcessed: job.processed,
  numberRecordsFailed: job.refused,
  ...(job.errorMessage ? { errorMessage: job.errorMessage } : {}),
})

const queryInfoOf = (org: Org, c: Context, job: QueryJob): Record<string, unknown> => ({
  ...common(org, c, job),
  operation: job.includeDeleted ? 'queryAll' : 'query',
  jobType: 'V2Query',
  lineEnding: 'LF',
  numberRecordsProcessed: job.records.length,
})
