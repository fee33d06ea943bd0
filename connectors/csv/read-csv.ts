import { ConfigError, type ErrorCode } from '#kit'
import { type DecimalMark, evidentMark, splitAmount } from './amounts.ts'
import { type CellContext, clean, readRow } from './cells.ts'
import { type Columns, readHeader } from './columns.ts'
import type { CsvConfig } from './config.ts'
import { type DateOrder, evidentOrder, orderOf } from './dates.ts'
import { decode, type Encoding, sniffDelimiter } from './decode.ts'
import { fieldsOf, KINDS, type Kind } from './fields.ts'
import { contentKey, type FinishContext, finishRow, RowSkipped } from './finish.ts'
import { parseRows, type RawRow } from './rows.ts'

export { KINDS, type Kind } from './fields.ts'

export interface ReadCsvRequest {
  bytes: Uint8Array
  as: Kind
  /** Field → header, where the header alone does not say it. */
  map?: Record<string, string>
  options?: CsvConfig
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

export interface ReadCsvResult {
  /** Records of the stream named by `as`, with the line each began on. */
  records: { line: number; record: { key: string } & Record<string, unknown> }[]
  problems: RowProblem[]
  /** Field → header that was used. */
  mapping: Record<string, string>
  /** Headers that no field uses. */
  unused: string[]
  delimiter: string
  encoding: Encoding
  /** What the file did not say and was assumed, for people to check. */
  assumed: { currency?: string; status?: string }
}

const MAX_BYTES = 256 * 1024 * 1024
const DEFAULT_CURRENCY = 'USD'

/**
 * Reads a spreadsheet's CSV: encoding, delimiter, columns, date order and decimal mark are found from the file, rows that
 * cannot be used become problems beside their good neighbours. Reading the same file again gives equal records.
 * @throws ConfigError csv.unreadable (not a text table) or csv.missing_column
 */
export function readCsv({ bytes, as, map = {}, options = {} }: ReadCsvRequest): ReadCsvResult {
  if (!KINDS.includes(as))
    throw new ConfigError('csv.unreadable', `Cannot import "${as}"; one of ${KINDS.join(', ')} can be`)
  refuseOther(bytes)
  const { text, encoding } = decode(bytes)
  const named = /^sep=(.)\r?\n/i.exec(text)
  const body = named ? text.slice(named[0].length) : text
  const delimiter = options.delimiter ?? named?.[1] ?? sniffDelimiter(body)
  const { rows, problems } = parseRows(body, delimiter, named ? 2 : 1)
  const [header, ...data] = rows
  if (!header) throw new ConfigError('csv.unreadable', 'The file has no rows')
  const { columns, mapping, unused } = readHeader(
    header.cells.map((name) => name.trim()),
    as,
    map,
  )
  const even = data.filter((row) => isEven(row, header.cells.length, problems))
  const records = readRecords(even, { as, columns, mapping, delimiter, options, problems })
  problems.sort((a, b) => a.line - b.line)
  return {
    records,
    problems,
    mapping,
    unused,
    delimiter,
    encoding,
    assumed: assumptions(as, mapping, options),
  }
}

function refuseOther(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new ConfigError('csv.unreadable', 'The file is empty')
  if (bytes.length > MAX_BYTES)
    throw new ConfigError(
      'csv.unreadable',
      `The file has more than ${MAX_BYTES / 1024 / 1024} MB; import it in parts`,
    )
  const isWorkbook = (bytes[0] === 0x50 && bytes[1] === 0x4b) || (bytes[0] === 0xd0 && bytes[1] === 0xcf)
  if (isWorkbook)
    throw new ConfigError(
      'csv.unreadable',
      'This is a workbook (xlsx, xls), not CSV; save the sheet as CSV first',
    )
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (!isUtf16 && bytes.subarray(0, 4096).includes(0))
    throw new ConfigError('csv.unreadable', 'This is not a text file')
}

/** Cells beyond the header are fine while they are empty; missing ones mean that values stand in wrong columns. */
function isEven({ line, cells }: RawRow, width: number, problems: RowProblem[]): boolean {
  if (
    cells.length === width ||
    (cells.length > width && cells.slice(width).every((cell) => cell.trim() === ''))
  )
    return true
  const message = `Row skipped: it has ${cells.length} cells, the header has ${width}`
  problems.push({ line, code: 'csv.bad_row', message, isSkipped: true })
  return false
}

interface Reading {
  as: Kind
  columns: Columns
  mapping: Record<string, string>
  delimiter: string
  options: CsvConfig
  problems: RowProblem[]
}

function readRecords(rows: RawRow[], reading: Reading): ReadCsvResult['records'] {
  const { as, columns, mapping, delimiter, options, problems } = reading
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
      .map(([field]) => [field, decimalMark(valuesOf(field), delimiter)]),
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
  const records: ReadCsvResult['records'] = []
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

function dateOrder(values: string[], { dateFormat }: CsvConfig): DateOrder | undefined {
  if (dateFormat === undefined) return evidentOrder(values)
  const order = orderOf(dateFormat)
  if (!order)
    throw new ConfigError(
      'csv.unreadable',
      `"${dateFormat}" is not a date format; write DD.MM.YYYY, MM/DD/YYYY or YYYY-MM-DD`,
    )
  return order
}

/** What most numbers of the column give away; where none does, sheets with semicolons write decimal commas. */
function decimalMark(values: string[], delimiter: string): DecimalMark {
  const seen = { '.': 0, ',': 0 }
  for (const value of values) {
    const mark = evidentMark(splitAmount(value)?.digits ?? '')
    if (mark) seen[mark]++
  }
  if (seen['.'] !== seen[',']) return seen['.'] > seen[','] ? '.' : ','
  return delimiter === ';' ? ',' : '.'
}

function assumptions(
  as: Kind,
  mapping: Record<string, string>,
  options: CsvConfig,
): ReadCsvResult['assumed'] {
  if (as !== 'invoices' && as !== 'quotes') return {}
  const hasStatus =
    mapping.status !== undefined ||
    (as === 'invoices' && (mapping.paid !== undefined || mapping.open !== undefined))
  return {
    ...(mapping.currency || options.currency ? {} : { currency: DEFAULT_CURRENCY }),
    ...(hasStatus ? {} : { status: as === 'invoices' ? 'paid' : 'sent' }),
  }
}
