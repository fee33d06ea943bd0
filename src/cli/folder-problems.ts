import type { RowProblem } from '../tabular/index.ts'

type Problem = Pick<RowProblem, 'code' | 'message' | 'isSkipped' | 'column'> & { line: number | '' }

/** What was wrong with a file, as a table that spreadsheets open: one line for each problem. */
export function problemsCsv(problems: readonly Problem[]): string {
  const rows = problems.map(({ line, column = '', code, message, isSkipped }) => [
    String(line),
    column,
    isSkipped ? 'left out' : 'imported without this value',
    message,
    code,
  ])
  const lines = [['line', 'column', 'row', 'problem', 'code'], ...rows]
  return lines.map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('')
}

/** What spreadsheets would take for a formula is marked as text: the messages repeat what was in the file. */
const cellOf = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
