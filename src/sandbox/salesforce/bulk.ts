import { CsvError, csvRow, readCsv } from './csv.ts'
import { errorOf, RequestError, type SalesforceError } from './errors.ts'
import type { Org } from './org.ts'
import { runQuery } from './query.ts'
import type { FieldDef } from './schema.ts'
import type { StoredRecord, Table } from './table.ts'
import { findTarget, upsertByKey } from './upsert.ts'
import { type WriteOptions, type WriteOutcome, writeRecord } from './write.ts'

/** What goes wrong with the next jobs that are closed; each field is used up by one job. */
export interface BulkTrouble {
  /** Milliseconds that processing takes. Default 2,000 and 0.1 a row. */
  durationMs?: number
  /** Rows after which an administrator aborts the job. */
  abortAfter?: number
  /** Rows after which the platform gives the job up. */
  failAfter?: number
  /** Rows refused with UNABLE_TO_LOCK_ROW, by their place. */
  locks?: (row: number) => boolean
  /** Rows that none of the results tells about, by their place. */
  loses?: (row: number) => boolean
}

export type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted'

export interface IngestJob {
  id: string
  object: string
  operation: 'update' | 'upsert' | 'insert'
  key?: FieldDef
  assignmentRuleId?: string
  lineEnding: 'LF' | 'CRLF'
  state: JobState
  createdAt: number
  closedAt: number
  trouble: BulkTrouble
  file?: string
  header: string[]
  successful: string[]
  failed: string[]
  unprocessed: string[]
  /** Rows that were processed, lost ones included. */
  processed: number
  refused: number
  errorMessage?: string
}

export interface QueryJob {
  id: string
  soql: string
  object: string
  includeDeleted: boolean
  state: JobState
  createdAt: number
  durationMs: number
  fields: FieldDef[]
  records: StoredRecord[]
}

const DEFAULT_MS = 2_000
const MS_PER_ROW = 0.1

export const durationOf = (rows: number, trouble: BulkTrouble): number =>
  trouble.durationMs ?? DEFAULT_MS + rows * MS_PER_ROW

/** Processes what has been closed for long enough. */
export function advanceJobs(org: Org): void {
  const now = org.options.now()
  for (const job of org.ingestJobs.values()) {
    if (job.state === 'UploadComplete' && now > job.closedAt) job.state = 'InProgress'
    if (job.state !== 'InProgress') continue
    const lines = job.file?.split('\n').length ?? 0
    if (now - job.closedAt >= durationOf(lines, job.trouble)) processJob(org, job)
  }
  for (const job of org.queryJobs.values()) {
    if (job.state === 'UploadComplete' && now > job.createdAt) job.state = 'InProgress'
    if (job.state !== 'InProgress' || now - job.createdAt < job.durationMs) continue
    const { fields, records } = runQuery(org, job.soql, {
      includeDeleted: job.includeDeleted,
      tooling: false,
    })
    job.fields = fields
    job.records = records.map((record) => ({ ...record }))
    job.state = 'JobComplete'
  }
}

function processJob(org: Org, job: IngestJob): void {
  const table = org.needTable(job.object)
  try {
    const [header = [], ...rows] = readCsv(job.file ?? '', job.lineEnding)
    job.header = header
    const fields = header.map((name) => columnOf(org, table, name))
    const missing = job.operation === 'update' ? 'Id' : job.key?.name
    if (missing && !fields.some((field) => field.name === missing))
      throw new CsvError(`InvalidBatch : Field name not found : ${missing}`)
    processRows(org, table, job, fields, rows)
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    job.state = 'Failed'
    job.errorMessage = error.message
    job.unprocessed = rowsBelowHeader(job)
  }
  delete job.file
}

/** The rows of a file that was never read. */
export const rowsBelowHeader = ({ file = '' }: IngestJob): string[] => {
  const end = file.indexOf('\n')
  return end < 0 ? [] : [file.slice(end + 1)]
}

function columnOf(org: Org, table: Table, name: string): FieldDef {
  const field = org.field(table, name)
  if (!field) throw new CsvError(`InvalidBatch : Field name not found : ${name}`)
  return field
}

function processRows(org: Org, table: Table, job: IngestJob, fields: FieldDef[], rows: string[][]): void {
  const { abortAfter, failAfter, locks, loses } = job.trouble
  const last = Math.min(abortAfter ?? rows.length, failAfter ?? rows.length, rows.length)
  // Duplicate rules are not bypassed: jobs have no header of their own for it.
  const options: WriteOptions = { userId: org.integrationUser, allowSave: false }
  const seen = new Set<string>()
  rows.forEach((cells, place) => {
    if (place >= last) {
      job.unprocessed.push(csvRow(cells))
      return
    }
    job.processed++
    org.writes.items++
    const isLocked = locks?.(place) ?? false
    const outcome: WriteOutcome = isLocked
      ? { error: errorOf('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record') }
      : writeRow(org, table, job, fields, cells, seen, options)
    if ('error' in outcome) job.refused++
    if (loses?.(place)) return
    if ('error' in outcome)
      job.failed.push(csvRow([idCell(fields, cells), errorCell(outcome.error), ...cells]))
    else job.successful.push(csvRow([outcome.record.Id, outcome.created, ...cells]))
  })
  job.state = last === rows.length ? 'JobComplete' : abortAfter === last ? 'Aborted' : 'Failed'
  if (job.state === 'Failed') job.errorMessage = 'InternalServerError : the batch was retried too often'
}

const idCell = (fields: FieldDef[], cells: string[]): string =>
  cells[fields.findIndex((field) => field.type === 'id')] ?? ''

const errorCell = ({ code, message, fields }: SalesforceError): string =>
  // What REST calls a parser's error is a wrong type here.
  `${code === 'JSON_PARSER_ERROR' ? 'INVALID_TYPE_ON_FIELD_IN_RECORD' : code}:${message}:${fields.join(',')} --`

function writeRow(
  org: Org,
  table: Table,
  job: IngestJob,
  fields: FieldDef[],
  cells: string[],
  seen: Set<string>,
  options: WriteOptions,
): WriteOutcome {
  const record: Record<string, unknown> = {}
  let id: string | undefined
  fields.forEach((field, place) => {
    const cell = cells[place] ?? ''
    if (field.type === 'id') id = cell
    // An empty cell leaves the field alone.
    else if (cell !== '') record[field.name] = cell === '#N/A' ? null : cell
  })
  if (job.operation === 'insert') return writeRecord(org, table, record, undefined, options)
  if (job.operation === 'upsert') {
    if (id) return { error: errorOf('INVALID_FIELD', 'cannot specify Id in an insert call', ['Id']) }
    return upsertByKey(org, table, job.key!, record, seen, options)
  }
  const found = findTarget(org, table, id)
  return 'error' in found ? found : writeRecord(org, found.table, record, found.record, options)
}

export function needJob<J>(jobs: Map<string, J>, id: string): J {
  const job = jobs.get(id)
  if (!job) throw new RequestError(404, 'NOT_FOUND', 'The requested resource does not exist')
  return job
}
