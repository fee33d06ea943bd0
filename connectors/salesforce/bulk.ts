import * as z from 'zod'
import type {
  BulkKind,
  BulkResult,
  BulkResults,
  BulkState,
  BulkWrites,
  ConnectorContext,
  CrmValue,
  Quota,
  WriteOperation,
} from '#kit'
import { RecordError } from '#kit'
import { bulkReads, streamCsv } from './bulk-read.ts'
import { openClient } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { type Cells, CLEAR, csvLine, parseTable } from './csv.ts'
import { bulkRowError } from './errors.ts'
import { toLongId } from './ids.ts'
import { quote } from './soql.ts'
import { assignedObjects } from './write.ts'

type Context = ConnectorContext<SalesforceConfig>

/** Salesforce refuses a file beyond 150 MB after it has encoded it, which is 100 MB of ours. */
const MAX_FILE_BYTES = 100_000_000
/** Leaves room for the commas of columns that a row does not have. */
const MAX_BYTES = 75_000_000
/** Bounds the time in which one step works on a job: its rows and results pass through memory in small pieces. */
const MAX_ROWS = 100_000

/** A job takes 7 to 9 calls whatever its size; batches of 200 take as many for this many records. */
const FEWEST_ROWS = 2_000
/** Where calls are plenty, batches are preferred: their results are known at once. */
const MOST_ROWS = 10_000
/** Records that batches write, and read before, in 1,000 calls. */
const RECORDS_PER_THOUSAND_CALLS = 180_000
const UPLOAD_DEADLINE_MS = 10 * 60_000

const Job = z.looseObject({
  id: z.string(),
  state: z.enum(['Open', 'UploadComplete', 'InProgress', 'JobComplete', 'Failed', 'Aborted']),
  numberRecordsFailed: z.number().optional(),
  errorMessage: z.string().nullish(),
})
const Jobs = z.looseObject({
  done: z.boolean(),
  nextRecordsUrl: z.string().nullish(),
  records: z.array(
    z.looseObject({
      id: z.string(),
      object: z.string(),
      state: z.string(),
      createdById: z.string().optional(),
      createdDate: z.string(),
      externalIdFieldName: z.string().nullish(),
    }),
  ),
})

const ENDS = { JobComplete: 'complete', Aborted: 'aborted', Failed: 'failed' } as const

const jobsPath = ({ config }: Context): string => `/services/data/v${config.apiVersion}/jobs/ingest`

/**
 * Bulk API 2.0: one file for tens of thousands of records.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm
 */
export const bulk: BulkWrites<SalesforceConfig> = {
  maxRows: MAX_ROWS,
  maxBytes: MAX_BYTES,
  threshold,
  // A text that says "clear this field" cannot be told from clearing it.
  accepts: ({ fields }) => !Object.values(fields).some((value) => value === CLEAR),
  start,
  poll,
  results,
  abort,
  abandon,
  reads: bulkReads,
}

/** Where batches would take more than a thousandth of the calls that are left, a job is kinder to the org's budget. */
function threshold({ bulkThreshold }: SalesforceConfig, quota: Quota | undefined): number {
  if (bulkThreshold !== undefined) return bulkThreshold
  if (!quota) return MOST_ROWS
  const left = Math.max(0, quota.limit - quota.used)
  const affordable = Math.round(((left / 1_000) * RECORDS_PER_THOUSAND_CALLS) / 1_000)
  return Math.min(Math.max(affordable, FEWEST_ROWS), MOST_ROWS)
}

async function start(ctx: Context, request: Parameters<typeof bulk.start>[1]): Promise<void> {
  const { object, kind } = request
  const columns = columnsOf(ctx.config, kind, request.fields)
  const rule = kind === 'upsert' ? await assignmentRule(ctx, object) : undefined
  const { data: job } = await ctx.http.request({
    method: 'POST',
    url: jobsPath(ctx),
    json: {
      object,
      operation: kind,
      contentType: 'CSV',
      lineEnding: 'LF',
      columnDelimiter: 'COMMA',
      ...(kind === 'upsert' ? { externalIdFieldName: ctx.config.externalIdField } : {}),
      ...(rule ? { assignmentRuleId: rule } : {}),
    },
    headers: { 'sforce-duplicate-rule-header': `allowSave=${ctx.config.allowDuplicateSave}` },
    schema: Job,
    signal: ctx.signal,
  })
  await request.created(job.id)
  const problem: { tooLarge?: RecordError } = {}
  try {
    await ctx.http.request({
      method: 'PUT',
      url: `${jobsPath(ctx)}/${job.id}/batches`,
      headers: { 'content-type': 'text/csv; charset=UTF-8' },
      body: () => streamOf(encode(ctx.config, kind, columns, request.rows(), problem)),
      // A second upload to the same job would be refused, and a lost answer says nothing about the first.
      repeatable: false,
      deadlineMs: UPLOAD_DEADLINE_MS,
      signal: ctx.signal,
    })
  } catch (error) {
    if (!problem.tooLarge) throw error
    await abort(ctx, job.id)
    throw problem.tooLarge
  }
  await setState(ctx, job.id, 'UploadComplete')
}

const columnsOf = (config: SalesforceConfig, kind: BulkKind, fields: string[]): string[] => {
  const own = kind === 'update' ? ['Id', config.externalIdField] : [config.externalIdField]
  const taken = new Set([...own, 'id', 'attributes'].map((name) => name.toLowerCase()))
  return [...own, ...fields.filter((name) => !taken.has(name.toLowerCase()))]
}

/** The file, some rows at a time. What ends it early is also kept in `problem`, because a broken upload says no more than that. */
async function* encode(
  config: SalesforceConfig,
  kind: BulkKind,
  columns: string[],
  rows: AsyncIterable<WriteOperation[]>,
  problem: { tooLarge?: RecordError },
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  const head = encoder.encode(csvLine(columns))
  let size = head.length
  yield head
  for await (const page of rows) {
    const part = encoder.encode(page.map((row) => csvLine(cellsOf(config, kind, columns, row))).join(''))
    size += part.length
    if (size > MAX_FILE_BYTES) {
      problem.tooLarge = new RecordError('record.invalid', `A bulk file beyond ${MAX_FILE_BYTES} bytes`)
      throw problem.tooLarge
    }
    yield part
  }
}

function streamOf(parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
}

function cellsOf(
  config: SalesforceConfig,
  kind: BulkKind,
  columns: string[],
  { crmId, adopt, externalId, fields }: WriteOperation,
): (CrmValue | undefined)[] {
  return columns.map((column) => {
    if (kind === 'update' && column === 'Id') return toLongId(crmId ?? '')
    if (column === config.externalIdField) return kind === 'upsert' || adopt ? externalId : undefined
    return fields[column]
  })
}

/** Unlike REST, a job runs assignment rules only where it names one. */
async function assignmentRule(ctx: Context, object: string): Promise<string | undefined> {
  const { assignment } = ctx.config
  if (assignment === 'none' || !assignedObjects.has(object)) return undefined
  if (assignment !== 'active') return assignment
  const rows = await openClient(ctx).query(
    `SELECT Id FROM AssignmentRule WHERE SobjectType = ${quote(object)} AND Active = true`,
  )
  return rows[0] ? String(rows[0].Id) : undefined
}

const setState = async (ctx: Context, id: string, state: 'UploadComplete' | 'Aborted'): Promise<void> => {
  await ctx.http.request({
    method: 'PATCH',
    url: `${jobsPath(ctx)}/${id}`,
    json: { state },
    schema: Job,
    signal: ctx.signal,
  })
}

async function poll(ctx: Context, vendorId: string): Promise<BulkState> {
  const { data: job } = await ctx.http.request({
    url: `${jobsPath(ctx)}/${vendorId}`,
    schema: Job,
    signal: ctx.signal,
  })
  if (job.state === 'Open') return { state: 'open' }
  if (job.state === 'UploadComplete' || job.state === 'InProgress') return { state: 'running' }
  return {
    state: 'finished',
    end: ENDS[job.state],
    failed: job.numberRecordsFailed ?? 0,
    ...(job.state === 'JobComplete' ? {} : { reason: job.errorMessage ?? job.state }),
  }
}

async function* results(
  ctx: Context,
  { vendorId, object, kind, rows, failed }: Parameters<typeof bulk.results>[1],
): AsyncGenerator<BulkResults> {
  const keyColumn = kind === 'update' ? 'Id' : ctx.config.externalIdField
  let told = 0
  for await (const page of table(ctx, vendorId, 'successfulResults')) {
    const settled = page.flatMap((cell): BulkResult[] => {
      const crmId = toLongId(cell('sf__Id') ?? '')
      const key = kind === 'update' ? crmId : cell(keyColumn)
      if (!key || !crmId) return []
      return [{ key, result: { status: 'written', crmId, created: cell('sf__Created') === 'true' } }]
    })
    told += settled.length
    yield { settled, unprocessed: [] }
  }
  // Calls that have nothing to tell are saved, but only where the count proves it.
  if (failed > 0 || told < rows) {
    for await (const page of table(ctx, vendorId, 'failedResults')) {
      const settled = page.flatMap((cell): BulkResult[] => {
        const key = cell(keyColumn)
        const error = bulkRowError(cell('sf__Error') ?? '', object)
        return key ? [{ key: keyOf(kind, key), result: { status: 'failed', error } }] : []
      })
      told += settled.length
      yield { settled, unprocessed: [] }
    }
  }
  if (told < rows) {
    for await (const page of table(ctx, vendorId, 'unprocessedrecords')) {
      const keys = page.flatMap((cell) => cell(keyColumn) || [])
      yield { settled: [], unprocessed: keys.map((key) => keyOf(kind, key)) }
    }
  }
}

const keyOf = (kind: BulkKind, key: string): string => (kind === 'update' ? toLongId(key) : key)

/**
 * Of the results of an ingest job Salesforce makes one file each, without pages (unlike those of a query):
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_successful_results.htm
 */
async function* table(ctx: Context, id: string, name: string): AsyncGenerator<Cells[]> {
  const { text } = await streamCsv(ctx, `${jobsPath(ctx)}/${id}/${name}/`)
  yield* parseTable(text)
}

async function abort(ctx: Context, vendorId: string): Promise<void> {
  await setState(ctx, vendorId, 'Aborted')
}

async function abandon(ctx: Context, { object, since }: { object: string; since: number }): Promise<void> {
  const { user_id: us } = await openClient(ctx).get('/services/oauth2/userinfo')
  let url: string | undefined = `${jobsPath(ctx)}?jobType=V2Ingest`
  while (url) {
    const { data: page }: { data: z.output<typeof Jobs> } = await ctx.http.request({
      url,
      schema: Jobs,
      signal: ctx.signal,
    })
    for (const job of page.records) {
      const isOurs = job.createdById === undefined || toLongId(job.createdById) === toLongId(String(us))
      // Salesforce keeps whole seconds.
      const isRecent = Date.parse(job.createdDate.replace('+0000', 'Z')) >= since - 1_000
      if (job.state === 'Open' && job.object === object && isOurs && isRecent) await abort(ctx, job.id)
    }
    url = page.done ? undefined : (page.nextRecordsUrl ?? undefined)
  }
}
