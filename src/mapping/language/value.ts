import type { Instant, Money } from '#model'
import type { TouchBucket } from '../view.ts'

/**
 * Types of the language. `date` and `datetime` are instants inside expressions and become ISO texts only at a field.
 * `unknown` is a vendor's own value (props of a touchpoint); `broken` marks an expression that already has a problem.
 */
export type ValueType =
  | 'text'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'money'
  | 'list'
  | 'touchpoints'
  | 'null'
  | 'unknown'
  | 'broken'

/** What a value of each type is at run time; undefined is absent, null is null, in every type. */
export interface TypeMap {
  text: string
  number: number
  boolean: boolean
  date: Instant
  datetime: Instant
  money: Money
  list: readonly string[]
  touchpoints: readonly TouchBucket[]
  null: null
  unknown: unknown
  broken: unknown
}

/** What an expression sees while it runs. */
export interface Env {
  /** The view, or the scope of an activity template. */
  root: Record<string, unknown>
  now: Instant
  warn(message: string): void
}

export type Run = (env: Env) => unknown

export function isMoney(value: unknown): value is Money {
  if (typeof value !== 'object' || value === null) return false
  const { amount, currency } = value as Partial<Money>
  return typeof amount === 'number' && Number.isSafeInteger(amount) && typeof currency === 'string'
}

/** Whether a value from a view really is what the schema promised; enrichment and imports are only checked by people. */
export function holds(type: ValueType, value: unknown): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'date':
    case 'datetime':
      return typeof value === 'number' && isInstant(value)
    case 'money':
      return isMoney(value)
    case 'list':
    case 'touchpoints':
      return Array.isArray(value)
    default:
      return true
  }
}

// Date.UTC reads years below 100 as 19xx.
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z')
const YEAR_10000 = Date.UTC(10_000, 0, 1)

/** Between the years 1 and 9999: what an ISO date with four digits can say. */
export const isInstant = (value: number): boolean =>
  Number.isInteger(value) && value >= YEAR_1 && value < YEAR_10000

/** The type that holds both; undefined where there is none. */
export function unify(a: ValueType, b: ValueType): ValueType | undefined {
  if (a === b || b === 'null') return a
  if (a === 'null') return b
  if (a === 'broken' || b === 'broken') return 'broken'
  if (a === 'unknown' || b === 'unknown') return 'unknown'
  // A date is its midnight, so it is a moment too.
  if ((a === 'date' && b === 'datetime') || (a === 'datetime' && b === 'date')) return 'datetime'
  return undefined
}
