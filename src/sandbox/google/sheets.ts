import { type Context, Hono } from 'hono'
import { selectFields } from './fields.ts'
import type { Identity } from './identity.ts'
import { GoogleProblem, onlyParameters } from './problem.ts'

/** What a cell holds, and what it shows where that is something else: numbers and dates in the sheet's locale. */
export type SheetCell = string | number | boolean | null | { holds: number; shows: string }

export interface SheetSandbox {
  /** Makes a spreadsheet, or replaces it. `rows`: what its grid has, more than it holds values in. */
  put(
    id: string,
    sheets: Record<string, SheetCell[][]>,
    options?: { sharedWith?: string[]; timeZone?: string; rows?: number },
  ): void
}

interface Spreadsheet {
  timeZone: string
  sharedWith: string[]
  sheets: Map<string, { rows: number; values: SheetCell[][] }>
}

const SCOPE = /\/auth\/(spreadsheets|drive)(\.readonly)?$/
const RENDER = ['FORMATTED_VALUE', 'UNFORMATTED_VALUE', 'FORMULA']

export function createSheets(identity: Identity): { routes: Hono; control: SheetSandbox } {
  const spreadsheets = new Map<string, Spreadsheet>()

  function access(c: Context): Spreadsheet {
    const { email } = identity.callerOf(c, SCOPE)
    const found = spreadsheets.get(c.req.param('id') ?? '')
    if (!found) throw new GoogleProblem(404, 'notFound', 'Requested entity was not found.')
    if (!found.sharedWith.includes(email)) {
      throw new GoogleProblem(403, 'forbidden', 'The caller does not have permission')
    }
    return found
  }

  const routes = new Hono()
  routes.get('/v4/spreadsheets/:id', (c) => {
    const { timeZone, sheets } = access(c)
    onlyParameters(c, ['ranges', 'includeGridData'])
    const fields = c.req.query('fields')?.replaceAll('.', '/')
    const answer = {
      spreadsheetId: c.req.param('id'),
      properties: { title: 'Spreadsheet', locale: 'de_DE', timeZone },
      sheets: [...sheets].map(([title, { rows }], index) => ({
        properties: {
          sheetId: index,
          title,
          index,
          sheetType: 'GRID',
          gridProperties: { rowCount: rows, columnCount: 26 },
        },
      })),
    }
    return c.json(selectFields(answer, fields) as object)
  })
  routes.get('/v4/spreadsheets/:id/values:batchGet', (c) => {
    const { sheets } = access(c)
    onlyParameters(c, ['ranges', 'majorDimension', 'valueRenderOption', 'dateTimeRenderOption'])
    const render = c.req.query('valueRenderOption') ?? 'FORMATTED_VALUE'
    if (!RENDER.includes(render)) throw invalid(`Invalid value at 'value_render_option', "${render}"`)
    const valueRanges = (c.req.queries('ranges') ?? []).map((range) => {
      const { title, first, last } = readRange(range)
      const sheet = sheets.get(title)
      if (!sheet) throw invalid(`Unable to parse range: ${range}`)
      if (first > sheet.rows || last > sheet.rows) {
        throw invalid(`Range (${range}) exceeds grid limits. Max rows: ${sheet.rows}, max columns: 26`)
      }
      const rows = trim(
        sheet.values.slice(first - 1, last).map((cells) =>
          trim(
            cells.map((cell) => shown(cell, render)),
            (cell) => cell === '',
          ),
        ),
        (cells) => cells.length === 0,
      )
      return { range: `${range}`, majorDimension: 'ROWS', ...(rows.length > 0 ? { values: rows } : {}) }
    })
    return c.json({ spreadsheetId: c.req.param('id'), valueRanges })
  })

  return {
    routes,
    control: {
      put(
        id,
        sheets,
        { sharedWith = [identity.serviceAccount], timeZone = 'Europe/Berlin', rows = 1000 } = {},
      ) {
        const grids = Object.entries(sheets).map(
          ([title, values]) => [title, { values, rows: Math.max(rows, values.length) }] as const,
        )
        spreadsheets.set(id, { timeZone, sharedWith, sheets: new Map(grids) })
      },
    },
  }
}

const invalid = (message: string) => new GoogleProblem(400, 'badRequest', message)

/** `Sheet!2:1001`, or with a quoted name. */
function readRange(range: string): { title: string; first: number; last: number } {
  const match = /^(?:'((?:[^']|'')+)'|([A-Za-z_]\w*))!(\d+):(\d+)$/.exec(range)
  const [first, last] = [Number(match?.[3]), Number(match?.[4])]
  if (!match || first < 1 || last < first) throw invalid(`Unable to parse range: ${range}`)
  return { title: match[1]?.replaceAll("''", "'") ?? match[2] ?? '', first, last }
}

/** Formatted as a German reader sees it; that is why nobody should ask for it. */
function shown(cell: SheetCell, render: string): string | number | boolean {
  if (cell === null) return ''
  if (render !== 'FORMATTED_VALUE') return typeof cell === 'object' ? cell.holds : cell
  if (typeof cell === 'object') return cell.shows
  return typeof cell === 'number' ? String(cell).replace('.', ',') : String(cell)
}

/** Google leaves out what is empty at the end. */
function trim<T>(items: T[], isEmpty: (item: T) => boolean): T[] {
  return items.slice(0, items.findLastIndex((item) => !isEmpty(item)) + 1)
}
