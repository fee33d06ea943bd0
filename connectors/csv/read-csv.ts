import { ConfigError } from '#kit'
import {
  KINDS,
  type Kind,
  type RawRow,
  type ReadTableResult,
  type RowProblem,
  readTable,
} from '../../src/tabular/index.ts'
import type { CsvConfig } from './config.ts'
import { decode, type Encoding, sniffDelimiter } from './decode.ts'
import { parseRows } from './rows.ts'

export { KINDS, type Kind } from '../../src/tabular/index.ts'

export interface ReadCsvRequest {
  bytes: Uint8Array
  as: Kind
  /** Field → header, where the header alone does not say it. */
  map?: Record<string, string>
  options?: CsvConfig
}

export interface ReadCsvResult extends ReadTableResult {
  delimiter: string
  encoding: Encoding
}

const MAX_BYTES = 256 * 1024 * 1024

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
  const even = data.filter((row) => isEven(row, header.cells.length, problems))
  const table = readTable({
    header: header.cells,
    rows: even,
    as,
    map,
    options,
    // Sheets with semicolons write decimal commas.
    defaultMark: delimiter === ';' ? ',' : '.',
  })
  problems.push(...table.problems)
  problems.sort((a, b) => a.line - b.line)
  return { ...table, problems, delimiter, encoding }
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
