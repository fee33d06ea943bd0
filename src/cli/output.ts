import { once } from 'node:events'
import { type HubError, reportOf } from '#kit'

export const EXIT = { done: 0, failed: 1, usage: 2, threshold: 3 } as const

/** Where results go: text for people, one JSON document with --json. Logs and progress go to stderr. */
export interface Output {
  isJson: boolean
  line(text: string): void
  json(value: unknown): void
  /** A piece of the JSON document, where it is made piece by piece; resolves when there is room for the next one. */
  raw(text: string): Promise<void>
}

export const createOutput = (isJson: boolean): Output => ({
  isJson,
  line: (text) => {
    if (!isJson) process.stdout.write(`${text}\n`)
  },
  json: (value) => {
    if (isJson) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  },
  raw: async (text) => {
    if (isJson && !process.stdout.write(text)) await once(process.stdout, 'drain')
  },
})

/** An error as the one JSON document of `--json`. */
export function printError(error: unknown): void {
  createOutput(true).json({ error: reportOf(error) })
}

/** An error as a person reads it: what, where, how to mend it. */
export function describeError(error: unknown): string {
  const report = reportOf(error)
  const lines = [`error: ${report.message}`, `  code: ${report.code}`, `  fix:  ${report.fix}`]
  if (report.kind === 'bug' && error instanceof Error && error.stack) lines.push(error.stack)
  return lines.join('\n')
}

/** Usage mistakes (a wrong file, an unknown connection) exit with 2, failures of work with 1. */
export function exitCodeOf(error: unknown): number {
  const kind = (error as HubError | undefined)?.kind
  return kind === 'config' ? EXIT.usage : EXIT.failed
}

export function table(rows: (string | number)[][], options: { header?: string[] } = {}): string {
  const all = [...(options.header ? [options.header] : []), ...rows].map((row) => row.map(String))
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length))) ?? []
  return all
    .map((row) =>
      row
        .map((cell, i) => (/^-?[\d.,]+$/.test(cell) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
