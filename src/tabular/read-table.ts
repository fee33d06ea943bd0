import type { ErrorCode } from '#kit'
import { ConfigError } from '#kit'
import { type DecimalMark, evidentMark, splitAmount } from './amounts.ts'
import { type CellContext, clean, readRow } from './cells.ts'
import { type Columns, readHeader } from './columns.ts'
import type { TableOptions } from './config.ts'
import { type DateOrder, evidentOrder, orderOf } from './dates.ts'
import { fieldsOf, type Kind } from './fields.ts'
import { contentKey, type FinishContext, finishRow, RowSkipped } from './finish.ts'

export interface RawRow {
  /** Line of the file, or row of the sheet, on which the row begins; counted from 1. */
  line: number
  cells: string[]
}

export interface TableRequest {
  header: readonly string[]
  rows: readonly RawRow[]
  as: Kind
  /** Field → header, where the header alone does not say it. */
  map?: Record<string, string> | undefined
  options: TableOptions
  /** Where no number of a column gives its decimal mark away. */
  defaultMark?: DecimalMark
}

export interface RowProblem {
  /** Line of the file on which the row begins, counted from 1. */
  line: number
  /** Header of the column. */
  column?: string
  code: ErrorCode
  message: string
  /** The whole row is left out; otherwise only the value named is. */
  isSkipped: boolean
}

export interface ReadTableResult {
  /** Records of the stream named by `as`, with the line each began on. */
  records: { line: number; record: { key: string } & Record<string, unknown> }[]
  problems: RowProblem[]
  /** Field → header that was used. */
  mapping: Record<string, string>
  /** Headers that no field uses. */
  unused: string[]
  /** What the table did not say and was assumed, for people to check. */
  assumed: { currency?: string; status?: string }
}

const DEFAULT_CURRENCY = 'USD'

/**
 * Rows of a table as records: columns, date order and decimal marks are found from the table, rows that cannot be used
 * become problems beside their good neighbours. Reading the same table again gives equal records.
 * @throws ConfigError csv.missing_column, or csv.unreadable for a date format that is none
 */
export function readTable(request: TableRequest): ReadTableResult {
  const { header, as, map = {}, options } = request
  const { columns, mapping, unused } = readHeader(
    header.map((name) => name.trim()),
    as,
    map,
  )
  const problems: RowProblem[] = []
  const records = readRecords(request, { columns, mapping, problems })
  return { records, problems, mapping, unused, assumed: assumptions(as, mapping, options) }
}

function readRecords(
  { rows, as, options, defaultMark = '.' }: TableRequest,
  {
    columns,
    mapping,
    problems,
  }: { columns: Columns; mapping: Record<string, string>; problems: RowProblem[] },
): ReadTableResult['records'] {
  const valuesOf = (field: string) => rows.map(({ cells }) => clean(cells[columns.get(field)!] ?? ''))
  const fields = Object.entries(fieldsOf(as)).filter(([field]) => columns.has(field))
  const dateOrders = new Map(
    fields
      .filter(([, { type }]) => type === 'date')
      .map(([field]) => [field, dateOrder(valuesOf(field), options)]),
  )
  const marks = new Map(
    fields
      .filter(([, { type }]) => type === 'amount')
      .map(([field]) => [field, decimalMark(valuesOf(field), defaultMark)]),
  )
  const finish: FinishContext = {
    kind: as,
    marks,
    mapping,
    country: options.country,
    currency: options.currency ?? DEFAULT_CURRENCY,
  }
  const lines = new Map<string, number>()
  const occurrences = new Map<string, number>()
  const records: ReadTableResult['records'] = []
  for (const raw of rows) {
    const { line } = raw
    const report = (message: string, isSkipped: boolean, field?: string) => {
      const column = field ? mapping[field] : undefined
      problems.push({ line, code: 'csv.bad_row', message, isSkipped, ...(column ? { column } : {}) })
    }
    const cellContext: CellContext = {
      kind: as,
      columns,
      dateOrders,
      note: (field, message) => report(message, false, field),
    }
    try {
      const finished: { key?: string } = finishRow(readRow(raw, cellContext), finish)
      const key = finished.key ?? contentKeyOf(raw, occurrences)
      const earlier = lines.get(key)
      if (earlier !== undefined) report(`"${key}" stands in line ${earlier} too; the later row counts`, false)
      lines.set(key, line)
      records.push({ line, record: { ...finished, key } })
    } catch (error) {
      if (!(error instanceof RowSkipped)) throw error
      report(error.message, true, error.field)
    }
  }
  return records
}

function contentKeyOf({ cells }: RawRow, occurrences: Map<string, number>): string {
  const first = contentKey(cells, 0)
  const occurrence = occurrences.get(first) ?? 0
  occurrences.set(first, occurrence + 1)
  return contentKey(cells, occurrence)
}

function dateOrder(values: string[], { dateFormat }: TableOptions): DateOrder | undefined {
  if (dateFormat === undefined) return evidentOrder(values)
  const order = orderOf(dateFormat)
  if (!order)
    throw new ConfigError(
      'csv.unreadable',
      `"${dateFormat}" is not a date format; write DD.MM.YYYY, MM/DD/YYYY or YYYY-MM-DD`,
    )
  return order
}

/** What most numbers of the column give away. */
function decimalMark(values: string[], fallback: DecimalMark): DecimalMark {
  const seen = { '.': 0, ',': 0 }
  for (const value of values) {
    const mark = evidentMark(splitAmount(value)?.digits ?? '')
    if (mark) seen[mark]++
  }
  if (seen['.'] !== seen[',']) return seen['.'] > seen[','] ? '.' : ','
  return fallback
}

function assumptions(
  as: Kind,
  mapping: Record<string, string>,
  options: TableOptions,
): ReadTableResult['assumed'] {
  if (as !== 'invoices' && as !== 'quotes') return {}
  const hasStatus =
    mapping.status !== undefined ||
    (as === 'invoices' && (mapping.paid !== undefined || mapping.open !== undefined))
  return {
    ...(mapping.currency || options.currency ? {} : { currency: DEFAULT_CURRENCY }),
    ...(hasStatus ? {} : { status: as === 'invoices' ? 'paid' : 'sent' }),
  }
}
