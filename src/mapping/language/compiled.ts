import type { TouchBucket } from '../view.ts'
import { parseIso } from './iso.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import type { Env, Run, ValueType } from './value.ts'

/** A checked expression: its type and the closure that computes it. */
export interface Compiled {
  type: ValueType
  run: Run
  /** Set for constants. */
  constant?: { value: unknown }
  /** All texts it can be, where they are known. */
  values?: readonly string[]
  /** The most code points that its text can have, where that is known. */
  maxLength?: number
  /** Never absent, null or empty. */
  isSure?: true
  /** For touchpoints: filters that the aggregate applies. */
  tests?: readonly TouchTest[]
  /** For touchpoints: only those of a window of days that ends today. */
  isWindowed?: true
}

export type TouchTest = (bucket: TouchBucket, env: Env) => boolean

export const broken: Compiled = { type: 'broken', run: () => undefined }

export interface Compiler {
  scope: Scope
  compile(expression: Expression): Compiled
  fail(message: string, start: number): Compiled
}

/** What is known of a value that is one of these texts. */
export const textsOf = (values: readonly string[]): Pick<Compiled, 'values' | 'maxLength'> => ({
  values,
  maxLength: Math.max(0, ...values.map((value) => [...value].length)),
})

/** What is known of a value that is one of several, of which null and absent say nothing. */
export function eitherOf(items: readonly Compiled[]): Pick<Compiled, 'values' | 'maxLength'> {
  const texts = items.filter(({ type }) => type !== 'null')
  const values = texts.every((item) => item.values !== undefined)
    ? [...new Set(texts.flatMap((item) => item.values ?? []))]
    : undefined
  const lengths = texts.map(({ maxLength }) => maxLength ?? Number.POSITIVE_INFINITY)
  const maxLength = Math.max(0, ...lengths)
  return { ...(values ? { values } : {}), ...(Number.isFinite(maxLength) ? { maxLength } : {}) }
}

export function conversionHint(from: ValueType, to: readonly ValueType[]): string {
  if (from === 'money') return to.includes('number') ? ' Add | money_major.' : ' Add | money_major or | text.'
  if (from === 'touchpoints')
    return ' Add | count, | sum(currency), | first(channel) or | last(channel). Single touchpoints are not looked at: they are counted and summed per day, kind and channel as they come in.'
  if (from === 'list') return ' Add | join(", ") or | at(1).'
  if (to.includes('text')) return ' Add | text.'
  if (to.includes('number') && from === 'text') return ' Add | number.'
  if ((to.includes('date') || to.includes('datetime')) && from === 'text') return ' Add | date.'
  return ''
}

/** An ISO text constant beside a date is that date: `quote.created_at >= "2026-01-01"`. */
export function asInstant(item: Compiled): Compiled | undefined {
  const text = item.constant?.value
  if (item.type !== 'text' || typeof text !== 'string') return undefined
  const at = parseIso(text)
  return at === undefined ? undefined : { type: 'datetime', run: () => at, constant: { value: at } }
}
