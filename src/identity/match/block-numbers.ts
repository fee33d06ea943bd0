import type { Values } from './attributes.ts'
import type { MatchRules } from './rules.ts'

/** Block keys as numbers of 53 bits, for an index of millions: who meets by accident is compared once too often. */
export const blockNumbers = (values: Values, { keys }: Pick<MatchRules, 'keys'>): number[] => [
  ...new Set(keys(values).map(numberOf)),
]

/** The key that holders of one value share. */
export const valueNumber = (rule: string, value: string): number => numberOf(`${rule}\u0000${value}`)

/** A text as a number of 53 bits: two multiplicative hashes of 32 bits, of which those are kept. */
export function numberOf(text: string): number {
  let high = 0x9e3779b9
  let low = 0x85ebca6b
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x5bd1e995)
    high ^= high >>> 15
    low ^= low >>> 13
  }
  high = Math.imul(high ^ (low >>> 16), 0x2c1b3c6d)
  low = Math.imul(low ^ (high >>> 15), 0x297a2d39)
  return ((high ^ (high >>> 12)) & 0x1fffff) * 0x1_0000_0000 + ((low ^ (low >>> 15)) >>> 0)
}
