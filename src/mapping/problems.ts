import type { MappingProblem, Place, ProblemCode } from './types.ts'

/** Where one file's problems go: offsets are turned into places as they are reported. */
export interface Reporter {
  readonly problems: MappingProblem[]
  place(offset: number): Place
  report(code: ProblemCode, offset: number, message: string, severity?: 'warning'): void
}

export function createReporter(file: string, text: string): Reporter {
  const starts = lineStarts(text)
  const problems: MappingProblem[] = []
  const place = (offset: number): Place => {
    const clamped = Math.max(0, Math.min(offset, text.length))
    let line = 0
    for (let low = 0, high = starts.length - 1; low <= high; ) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= clamped) {
        line = middle
        low = middle + 1
      } else high = middle - 1
    }
    return { file, line: line + 1, column: clamped - starts[line]! + 1 }
  }
  return {
    problems,
    place,
    report(code, offset, message, severity) {
      problems.push({ code, message, ...place(offset), ...(severity ? { severity } : {}) })
    },
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Whether a problem stops its mapping. */
export const isError = (problem: MappingProblem): boolean => problem.severity !== 'warning'

/** In the order of the file. */
export function sortProblems(problems: MappingProblem[]): MappingProblem[] {
  return [...problems].sort((a, b) =>
    a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1,
  )
}

/** Characters that take two columns on a terminal (CJK, Hangul, kana, full-width forms). */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g

/** A problem for people: place and message, then the line of `text` with a caret below the column. */
export function formatProblem(problem: MappingProblem, text: string): string {
  const { file, line, column, code, message, severity = 'error' } = problem
  const head = `${file}:${line}:${column} ${severity} ${code}\n  ${message}`
  const source = text.split('\n')[line - 1]?.replace(/\r$/, '')
  if (source === undefined) return head
  const margin = String(line)
  const before = source.slice(0, column - 1).replace(/[^\t]/g, ' ')
  const wide = source.slice(0, column - 1).match(WIDE)?.length ?? 0
  return `${head}\n  ${margin} | ${source}\n  ${' '.repeat(margin.length)} | ${before}${' '.repeat(wide)}^`
}
