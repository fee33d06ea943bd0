import { type CsvError, parse } from 'csv-parse/sync'
import type { RawRow, RowProblem } from '../../src/tabular/index.ts'

/** A row longer than this is an open quote that swallows the file. */
const MAX_ROW_CHARACTERS = 1_000_000
const MAX_RESTARTS = 100

/** Rows of a text, quoted line breaks included. A row that breaks the quoting is a problem; reading goes on after it. */
export function parseRows(
  text: string,
  delimiter: string,
  firstLine: number,
): { rows: RawRow[]; problems: RowProblem[] } {
  const rows: RawRow[] = []
  const problems: RowProblem[] = []
  let rest = text
  let line = firstLine
  for (let restarts = 0; rest !== ''; restarts++) {
    // Where quotes are plain characters all over the file ('5" pipe'), they are taken as such from then on.
    const broken = parseUntilBroken(rest, { delimiter, isRelaxed: restarts > MAX_RESTARTS / 2 }, line, rows)
    if (!broken) break
    rest = afterLines(rest, broken.line - line)
    line = broken.line + 1
    const cells = broken.isOpening ? parseLine(rest, delimiter) : undefined
    if (cells) rows.push({ line: broken.line, cells })
    else problems.push({ line: broken.line, code: 'csv.bad_row', message: broken.message, isSkipped: true })
    if (restarts >= MAX_RESTARTS) {
      const message = `More than ${MAX_RESTARTS} rows have broken quotes; reading stopped here. Is the delimiter right?`
      problems.push({ line: broken.line, code: 'csv.unreadable', message, isSkipped: true })
      break
    }
    rest = afterLines(rest, 1)
  }
  return { rows, problems }
}

interface Broken {
  line: number
  message: string
  /** A quote in the middle of unquoted text: harmless where the line can be read by itself. */
  isOpening: boolean
}

interface Style {
  delimiter: string
  isRelaxed: boolean
}

/** Reads into `rows`; the line and reason where the quoting breaks. */
function parseUntilBroken(
  text: string,
  { delimiter, isRelaxed }: Style,
  firstLine: number,
  rows: RawRow[],
): Broken | undefined {
  let next = firstLine
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: isRelaxed,
      max_record_size: MAX_ROW_CHARACTERS,
      on_record: (cells: string[]) => {
        const line = next
        next += 1 + cells.reduce((breaks, cell) => breaks + lineBreaks(cell), 0)
        if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells })
        return null
      },
    })
    return undefined
  } catch (error) {
    const { code } = error as CsvError
    const reason = REASONS[code]
    if (!reason) throw error
    return { line: next, message: `Row skipped: ${reason}`, isOpening: code === 'INVALID_OPENING_QUOTE' }
  }
}

const REASONS: Partial<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_MAX_RECORD_SIZE: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote; a quote inside quoted text is written twice',
  INVALID_OPENING_QUOTE:
    'a quote stands in the middle of unquoted text; put the cell into quotes and write the quote twice',
}

const lineBreaks = (cell: string): number => cell.match(/\r\n|\r|\n/g)?.length ?? 0

/** The first line by itself, quotes inside cells kept; undefined where it does not end with the line. */
function parseLine(text: string, delimiter: string): string[] | undefined {
  try {
    return parse(/^[^\r\n]*/.exec(text)![0], { delimiter, relax_column_count: true, relax_quotes: true })[0]
  } catch {
    return undefined
  }
}

function afterLines(text: string, count: number): string {
  const lineBreak = /\r\n|\r|\n/g
  for (let i = 0; i < count; i++) if (!lineBreak.exec(text)) return ''
  return text.slice(lineBreak.lastIndex)
}
