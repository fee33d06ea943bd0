import * as z from 'zod'
import type { BulkReads, ConnectorContext, LiveRecord } from '#kit'
import { TransientError } from '#kit'
import type { SalesforceConfig } from './config.ts'
import { parseTable } from './csv.ts'
import { columns, liveRecord } from './read.ts'
import { fieldName } from './soql.ts'

type Context = ConnectorContext<SalesforceConfig>

/** Records of a page: its text and its rows are in memory at once. */
const PAGE_SIZE = 50_000
const DEADLINE_MS = 10 * 60_000

const Job = z.looseObject({
  id: z.string(),
  state: z.enum(['UploadComplete', 'InProgress', 'JobComplete', 'Failed', 'Aborted']),
  numberRecordsProcessed: z.number().optional(),
  errorMessage: z.string().nullish(),
})

const jobsPath = ({ config }: Context): string => `/services/data/v${config.apiVersion}/jobs/query`

/**
 * Reads all records that carry our key with a query job: 100,000 of them in five calls instead of fifty.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
 */
export const bulkReads: BulkReads<SalesforceConfig> = {
  pageSize: PAGE_SIZE,

  async start(ctx, { object, fields }) {
    const selected = columns(ctx.config, object, fields).map(fieldName).join(', ')
    const { data } = await ctx.http.request({
      method: 'POST',
      url: jobsPath(ctx),
      json: {
        operation: 'query',
        query: `SELECT ${selected} FROM ${fieldName(object)} WHERE ${ctx.config.externalIdField} != null`,
        contentType: 'CSV',
        columnDelimiter: 'COMMA',
        lineEnding: 'LF',
      },
      schema: Job,
      signal: ctx.signal,
    })
    return data.id
  },

  async poll(ctx, vendorId) {
    const { data: job } = await ctx.http.request({
      url: `${jobsPath(ctx)}/${vendorId}`,
      schema: Job,
      signal: ctx.signal,
    })
    if (job.state === 'Failed' || job.state === 'Aborted')
      return { isFinished: true, rows: 0, reason: job.errorMessage ?? job.state }
    return { isFinished: job.state === 'JobComplete', rows: job.numberRecordsProcessed ?? 0 }
  },

  async page(ctx, { vendorId, object, fields, page }) {
    const { data, headers } = await ctx.http.request<unknown>({
      url: `${jobsPath(ctx)}/${vendorId}/results`,
      query: { maxRecords: PAGE_SIZE, ...(page ? { locator: page } : {}) },
      headers: { accept: 'text/csv' },
      deadlineMs: DEADLINE_MS,
      signal: ctx.signal,
    })
    if (data !== undefined && typeof data !== 'string')
      throw new TransientError('http.unexpected_body', 'Salesforce answered a bulk query without CSV')
    const names = columns(ctx.config, object, fields)
    const records: LiveRecord[] = []
    for (const cell of parseTable(data ?? '')) {
      // CSV knows texts only; an empty cell is a field without a value.
      const row = Object.fromEntries(names.map((name) => [name, cell(name) || null]))
      if (row.IsConverted === 'true') continue
      records.push(liveRecord(ctx.config, row, fields))
    }
    const locator = headers.get('sforce-locator')
    return { records, ...(locator && locator !== 'null' ? { next: locator } : {}) }
  },
}
