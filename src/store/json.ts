import { type SqlValue, type Statement, statement } from './sql-database.ts'

/**
 * D1 refuses values and statements beyond 2 MB. JSON parameters stay well below, which also keeps each statement short.
 * @see https://developers.cloudflare.com/d1/platform/limits/
 */
const MAX_BYTES = 700_000

const UNSTORABLE = /(?<=(?:^|[^\\])(?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

/**
 * JSON for a parameter or column. NUL and lone surrogates, the only characters that JSON.stringify gives as \\u0000 and
 * \\ud800…\\udfff, become U+FFFD: SQLite would decode them to bytes that are no text, of which libSQL loses the rest and
 * aborts the process, respectively.
 */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.includes('\\u') ? text.replace(UNSTORABLE, '\\ufffd') : text
}

/** The same for text that is bound as it is. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

/** Upper bound of the UTF-8 length: exact for ASCII. */
const byteBound = (text: string): number => (/[^ -~]/.test(text) ? text.length * 3 : text.length)

/** Rows as JSON arrays of at most MAX_BYTES; a larger row stands alone. No rows, no chunk. */
export function jsonChunks(rows: readonly unknown[]): string[] {
  const chunks: string[] = []
  let parts: string[] = []
  let size = 0
  for (const row of rows) {
    const text = toJson(row)
    const bytes = byteBound(text)
    if (parts.length > 0 && size + bytes > MAX_BYTES) {
      chunks.push(`[${parts.join(',')}]`)
      parts = []
      size = 0
    }
    parts.push(text)
    size += bytes + 1
  }
  if (parts.length > 0) chunks.push(`[${parts.join(',')}]`)
  return chunks
}

/** The statement once per chunk of rows: ?1 is the chunk, further parameters follow. */
export const bulk = (sql: string, rows: readonly unknown[], ...more: SqlValue[]): Statement[] =>
  jsonChunks(rows).map((chunk) => statement(sql, chunk, ...more))

/** An optional value as a nullable JSON column. */
export const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : toJson(value))

/** Reads a JSON column that this store wrote: its shape is what was given to the port. */
export const parse = <T>(text: string): T => JSON.parse(text)
export const parseOptional = <T>(text: string | null): T | undefined =>
  text === null ? undefined : JSON.parse(text)

type Nullable<T> = { [K in keyof T]: T[K] | null | undefined }

/** Drops members that are NULL or undefined: in the ports, what is not there is absent. */
export function present<T extends object>(row: Nullable<Required<T>>): T {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(row)) if (value !== null && value !== undefined) out[key] = value
  return out as T
}
