const ESCAPED = 6
const PUNCTUATION = 4
const LITERAL = 25

/**
 * Upper bound of the bytes that a parsed JSON value takes as JSON text, or Infinity where it nests deeper than
 * `levels`. Costs a fifth of writing the text, and never overflows the stack.
 */
export function jsonSizeBound(value: unknown, levels: number): number {
  if (typeof value === 'string') return value.length * ESCAPED + PUNCTUATION
  if (typeof value !== 'object' || value === null) return LITERAL
  if (levels === 0) return Number.POSITIVE_INFINITY
  let size = PUNCTUATION
  if (Array.isArray(value)) {
    for (const item of value) size += jsonSizeBound(item, levels - 1) + PUNCTUATION
    return size
  }
  const fields = value as Record<string, unknown>
  for (const key in fields)
    size += key.length * ESCAPED + PUNCTUATION + jsonSizeBound(fields[key], levels - 1)
  return size
}

/** Bytes of the shortest JSON text of a value. */
export const jsonSize = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length
