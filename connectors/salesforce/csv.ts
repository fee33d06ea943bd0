import type { CrmValue } from '#kit'

/** What Bulk API 2.0 takes for "clear this field"; an empty cell leaves the field alone. */
export const CLEAR = '#N/A'

/**
 * One line of CSV (RFC 4180, ended by LF as the job says) for the columns of a job: a field that is absent is left alone,
 * null and an empty text clear it.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
 */
export const csvLine = (cells: (CrmValue | undefined)[]): string => `${cells.map(cellOf).join(',')}\n`

function cellOf(value: CrmValue | undefined): string {
  if (value === undefined) return ''
  if (value === null || value === '') return CLEAR
  if (typeof value !== 'string') return String(value)
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/** Rows of a CSV with comma and double quote, the header first. Quoted cells may hold line ends; LF and CRLF end a row. */
export function* parseCsv(text: string): Generator<string[]> {
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    if (text[at] === '"') {
      let cell = ''
      for (;;) {
        const end = text.indexOf('"', at + 1)
        if (end < 0) {
          cell += text.slice(at + 1)
          at = text.length
          break
        }
        cell += text.slice(at + 1, end)
        at = end + 1
        if (text[at] !== '"') break
        cell += '"'
      }
      row.push(cell)
    } else {
      let end = at
      while (end < text.length && text[end] !== ',' && text[end] !== '\n') end++
      row.push(text[end] === ',' || text[end - 1] !== '\r' ? text.slice(at, end) : text.slice(at, end - 1))
      at = end
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    if (text[at] === ',') {
      at++
      if (at === text.length) row.push('')
      continue
    }
    at++
    yield row
    row = []
  }
  if (row.length > 0) yield row
}

/** A row below the header: from column name to cell. */
export type Cells = (column: string) => string | undefined

/** The rows of a file that comes in pieces, some at a time: no more of it is held than a piece and the row that it breaks. */
export async function* parseTable(pieces: AsyncIterable<string>): AsyncGenerator<Cells[]> {
  let places: Map<string, number> | undefined
  for await (const text of wholeRows(pieces)) {
    const rows: Cells[] = []
    for (const row of parseCsv(text)) {
      if (places) {
        const known = places
        rows.push((column) => {
          const place = known.get(column)
          return place === undefined ? undefined : row[place]
        })
      } else places = new Map(row.map((name, place) => [name, place]))
    }
    if (rows.length > 0) yield rows
  }
}

/** The same text, cut only where a row ends. */
async function* wholeRows(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let held = ''
  let isQuoted = false
  for await (const piece of pieces) {
    // A line end is the end of a row where the quotes before it are even: those inside a cell are doubled.
    let end = -1
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (code === QUOTE) isQuoted = !isQuoted
      else if (code === LINE_FEED && !isQuoted) end = at
    }
    if (end < 0) {
      held += piece
      continue
    }
    yield held + piece.slice(0, end + 1)
    held = piece.slice(end + 1)
  }
  if (held !== '') yield held
}

const QUOTE = 34
const LINE_FEED = 10
