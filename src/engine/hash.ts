import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** SHA-256 in lower-case hex; text is hashed as UTF-8. */
type Sha256 = (data: string | Uint8Array) => string

const portable: Sha256 = (data) => bytesToHex(sha256(typeof data === 'string' ? utf8ToBytes(data) : data))
let digest: Sha256 = portable

/**
 * Hashes with the platform's own SHA-256 from now on: the same digests, ten times faster than JavaScript. For runtimes
 * that can be asked synchronously (Node; WebCrypto's answers come one thread hop later, which costs more than it saves).
 */
export function hashNatively(native: Sha256): void {
  digest = native
}

export const isHashNative = (): boolean => digest !== portable

/** 128 bits of SHA-256 in hex: enough that two different things never share an id. */
export const hashText = (data: string | Uint8Array): string => digest(data).slice(0, 32)

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
