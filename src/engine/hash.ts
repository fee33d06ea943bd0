import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** 128 bits of SHA-256 in hex: enough that two different things never share an id. */
export const hashText = (text: string): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, 32)

/** Hash of several parts; the separator cannot appear in any of them by accident of concatenation. */
export const hashParts = (...parts: string[]): string => hashText(parts.join('\u0000'))

/** Hash of a JSON value whose objects have their keys in any order. */
export const hashJson = (value: unknown): string => hashText(stableJson(value))

export function stableJson(value: unknown): string {
  if (value === undefined) return 'null'
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${stableJson(v)}`).join(',')}}`
}
