import type { Group } from '../schema-node.ts'
import type { ProblemCode } from '../types.ts'

/** What an expression can name, and where compiling puts what it found out. */
export interface Scope {
  schema: Group
  tables: ReadonlyMap<string, Table>
  /** What picklist() does with a value that its table lacks. */
  onUnmapped: OnUnmapped
  /** `start` is the offset within the expression's text. */
  report(code: ProblemCode, start: number, message: string, severity?: 'warning'): void
  found: Findings
  /** Paths that always have a value here. */
  sure?: ReadonlySet<string>
}

export interface Findings {
  /** First names of all paths read. */
  roots: Set<string>
  /** The paths themselves. */
  paths: Set<string>
  windows: Set<number>
  /** Reads the clock, so the value changes although nothing happened. */
  clock: boolean
}

export const newFindings = (): Findings => ({
  roots: new Set(),
  paths: new Set(),
  windows: new Set(),
  clock: false,
})

/** What one expression of a file found out is true of the file. */
export function addFindings(file: Findings, own: Findings): void {
  for (const name of ['roots', 'paths'] as const) for (const item of own[name]) file[name].add(item)
  for (const window of own.windows) file.windows.add(window)
  file.clock ||= own.clock
}

export const ON_UNMAPPED = ['warn', 'skip', 'pass', 'default'] as const
export type OnUnmapped = (typeof ON_UNMAPPED)[number]

/** `tables:` of a file: canonical value → CRM value. */
export interface Table {
  name: string
  type: 'text' | 'number' | 'boolean'
  entries: Map<string, string | number | boolean>
  /** The same with folded keys, for sources that differ in case and spacing. */
  folded: Map<string, string | number | boolean>
  /** Entry `"*"`. */
  fallback?: string | number | boolean
}

export const foldKey = (key: string): string => key.normalize('NFC').trim().toLowerCase()
