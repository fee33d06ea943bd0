import type { Page } from '../engine/ports.ts'
import type { SqlValue } from './sql-database.ts'

type Key = string | number

/** An opaque page token: the sort key of the last row. A token that is not one of ours starts from the beginning. */
export function readToken(after: string | undefined, length: number): Key[] | undefined {
  if (after === undefined) return undefined
  try {
    const key: unknown = JSON.parse(after)
    return Array.isArray(key) && key.length === length ? key : undefined
  } catch {
    return undefined
  }
}

/** Rows were asked for with `limit + 1`: the extra one tells that there is a next page. */
export function pageOf<R, T>(
  rows: R[],
  limit: number,
  toItem: (row: R) => T,
  keyOf: (row: R) => Key[],
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const items = shown.map(toItem)
  return rows.length > limit && last !== undefined ? { items, next: JSON.stringify(keyOf(last)) } : { items }
}

/** Collects the conditions of a WHERE with their parameters. */
export class Conditions {
  readonly params: SqlValue[] = []
  private readonly parts: string[] = []

  /** `?` in the condition stands for the values, in order. An undefined value leaves the condition out. */
  add(condition: string, ...values: (SqlValue | undefined)[]): this {
    if (values.includes(undefined)) return this
    let index = 0
    this.parts.push(condition.replace(/\?/g, () => this.bind(values[index++] ?? null)))
    return this
  }

  bind(value: SqlValue): string {
    return `?${this.params.push(value)}`
  }

  get where(): string {
    return this.parts.length > 0 ? `WHERE ${this.parts.join(' AND ')}` : ''
  }
}
