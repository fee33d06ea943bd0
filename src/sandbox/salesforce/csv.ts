/** Why a file cannot be read, as a job's errorMessage. */
export class CsvError extends Error {}

/**
 * Rows of an RFC 4180 file, as strictly as Bulk API 2.0 reads it: every row has as many cells as the first, a quote stands
 * at the ends of a cell only, and rows end as the job says.
 */
export function readCsv(text: string, lineEnding: 'LF' | 'CRLF'): string[][] {
  const end = lineEnding === 'LF' ? '\n' : '\r\n'
  const rows: string[][] = []
  let at = 0
  while (at < text.length) {
    const row: string[] = []
    for (;;) {
      let cell: string
      if (text[at] === '"') {
        const parts: string[] = []
        for (at++; ; ) {
          const close = text.indexOf('"', at)
          if (close < 0) throw new CsvError('InvalidBatch : Failed to parse CSV: unterminated quote')
          parts.push(text.slice(at, close))
          at = close + 1
          if (text[at] !== '"') break
          parts.push('"')
          at++
        }
        cell = parts.join('')
      } else {
        let stop = at
        while (stop < text.length && text[stop] !== ',' && text[stop] !== '\n') {
          if (text[stop] === '"')
            throw new CsvError('InvalidBatch : Failed to parse CSV: quote inside a cell')
          stop++
        }
        if (end === '\r\n' && text[stop] === '\n') stop--
        cell = text.slice(at, stop)
        at = stop
      }
      if (cell.endsWith('\r') && end === '\n')
        throw new CsvError(
          'InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is LF',
        )
      row.push(cell)
      if (text[at] !== ',') break
      at++
    }
    if (at < text.length && !text.startsWith(end, at))
      throw new CsvError(
        `InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is ${lineEnding}`,
      )
    at += end.length
    if (rows[0] && row.length !== rows[0].length)
      throw new CsvError(
        `InvalidBatch : The number of columns in row ${rows.length} does not match the header: ${row.length} instead of ${rows[0].length}`,
      )
    rows.push(row)
  }
  return rows
}

/** As results are answered: every cell quoted. */
export const csvRow = (cells: readonly (string | number | boolean | undefined)[]): string =>
  `${cells.map((cell) => `"${String(cell ?? '').replaceAll('"', '""')}"`).join(',')}\n`
