import * as z from 'zod'
import { ConfigError, type ConnectorContext, incremental, type PageRequest, type PageResult } from '#kit'
import { fieldsOf, type Kind, readHeader, readTable } from '../../src/tabular/index.ts'
import { describeSheet, placeOf, readRows } from './api.ts'
import { columnName, textOf } from './cells.ts'
import type { SheetsConfig, Table } from './config.ts'

const ROWS_PER_PAGE = 1000

/** Which table, from which row; how many rows its sheet has, and the zone of its times. */
const Token = z.object({ table: z.int(), row: z.int(), rows: z.int(), timeZone: z.string() })

/** A row that cannot be used, as it is stored to be set aside. */
export const Unusable = z.object({ unusable: z.string(), place: z.string() })

/** All rows of the tables of one kind, every time: a sheet does not tell what changed in it. */
export const pullTables = (as: Kind) =>
  incremental<SheetsConfig>({ lag: '0s', page: (request) => readPage(request, as) })

async function readPage(request: PageRequest<SheetsConfig>, as: Kind): Promise<PageResult> {
  const tables = request.config.tables.filter((table) => table.as === as)
  const at = request.token === undefined ? undefined : Token.parse(JSON.parse(request.token))
  const index = at?.table ?? 0
  const table = tables[index]
  if (!table) return { records: [] }
  const sheet = at && at.row > 0 ? at : await describeSheet(request, table)
  const first = at && at.row > 0 ? at.row : table.headerRow + 1
  const last = Math.min(first + ROWS_PER_PAGE - 1, sheet.rows)
  const records = first > last ? [] : await readSpan(request, table, [first, last], sheet.timeZone)
  const next =
    last < sheet.rows
      ? { table: index, row: last + 1, rows: sheet.rows, timeZone: sheet.timeZone }
      : index + 1 < tables.length
        ? { table: index + 1, row: 0, rows: 0, timeZone: '' }
        : undefined
  return { records, ...(next ? { next: JSON.stringify(next) } : {}) }
}

async function readSpan(
  ctx: ConnectorContext<SheetsConfig>,
  table: Table,
  [first, last]: [number, number],
  timeZone: string,
): Promise<unknown[]> {
  const { as, sheet, headerRow, map } = table
  const [[titles = []] = [], values = []] = await readRows(ctx, table, [
    [headerRow, headerRow],
    [first, last],
  ])
  const header = titles.map((title) => String(title ?? '').trim())
  const types = typesOf(header, table)
  const rows = values
    .map((cells, offset) => ({
      line: first + offset,
      cells: header.map((_, column) => textOf(cells[column], types[column], timeZone)),
    }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
  const { records, problems } = readTable({ header, rows, as, map, options: ctx.config })
  const skipped = problems.filter(({ isSkipped }) => isSkipped)
  for (const { line, column, message } of problems) {
    const cell = column === undefined ? `${line}:${line}` : `${columnName(header.indexOf(column))}${line}`
    ctx.log.warn('sheet', { place: placeOf(sheet, cell), message })
  }
  return [
    ...records.map(({ record }) => record),
    ...skipped.map(({ line, column, message }) => ({
      unusable: message,
      place: placeOf(
        sheet,
        column === undefined ? `${line}:${line}` : `${columnName(header.indexOf(column))}${line}`,
      ),
    })),
  ]
}

/** The type of each column's field; throws csv.missing_column with the sheet's name where a needed one is missing. */
function typesOf(header: string[], { as, map, sheet }: Table) {
  try {
    const { columns } = readHeader(header, as, map)
    const fields = fieldsOf(as)
    const byColumn = new Map([...columns].map(([field, column]) => [column, fields[field]?.type]))
    return header.map((_, column) => byColumn.get(column))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.code, `Sheet "${sheet}": ${error.message}`, error.details)
  }
}
