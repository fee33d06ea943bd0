import { AuthError } from './errors.ts'

const encoder = new TextEncoder()

/** Constant-time comparison of two byte strings; unequal lengths are unequal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i % (b.length || 1)] ?? 0)
  return difference === 0
}

export const equalText = (a: string, b: string): boolean => equalBytes(encoder.encode(a), encoder.encode(b))

type HmacHash = 'SHA-1' | 'SHA-256'

const MAX_KEYS = 1000
/**
 * By the secret itself: it is the string that the configuration holds anyway, not a copy, while a digest short enough to be
 * cheap would let two secrets share a key. Oldest use first. Keys, not promises of them: in a Worker no request may wait
 * for what another one began.
 */
const keys: Record<HmacHash, Map<string, CryptoKey>> = { 'SHA-1': new Map(), 'SHA-256': new Map() }

const importKey = (hash: HmacHash, secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', owned(secret), { name: 'HMAC', hash }, false, ['sign'])

async function keyOf(hash: HmacHash, secret: string): Promise<CryptoKey> {
  const known = keys[hash]
  const key = known.get(secret) ?? (await importKey(hash, encoder.encode(secret)))
  known.delete(secret)
  known.set(secret, key)
  if (known.size > MAX_KEYS) known.delete(known.keys().next().value ?? secret)
  return key
}

/** The types of subtle crypto exclude shared memory, which nothing here uses. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>

/**
 * HMAC of `data` under `secret`: text (as UTF-8), or bytes where the vendor encodes its secrets. Keys of text secrets are
 * imported once; importing costs a third of a signature of 1 kB.
 */
export async function hmac(
  hash: HmacHash,
  secret: string | Uint8Array,
  data: Uint8Array | string,
): Promise<Uint8Array> {
  const key = typeof secret === 'string' ? await keyOf(hash, secret) : await importKey(hash, secret)
  const bytes = typeof data === 'string' ? encoder.encode(data) : data
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, owned(bytes)))
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')

/** Empty where the text is not hexadecimal: no signature equals it. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1)
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return new Uint8Array(0)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return bytes
}

/** Empty where the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}

export const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''))

export const concatBytes = (...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> => {
  const chunks = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
  const out = new Uint8Array(chunks.reduce((n, chunk) => n + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    out.set(chunk, offset)
    offset += chunk.length
  }
  return out
}

/** The delivery does not prove who sent it: answered 401, nothing is stored. */
export class SignatureError extends AuthError {}

export const signatureMissing = (header: string): SignatureError =>
  new SignatureError('webhook.signature_missing', `The delivery carries no ${header}`)
export const signatureInvalid = (): SignatureError =>
  new SignatureError(
    'webhook.signature_invalid',
    'The signature does not match the body under the configured secret',
  )
export const timestampStale = (ageMs: number, toleranceMs: number): SignatureError =>
  new SignatureError(
    'webhook.timestamp_stale',
    `The delivery is ${Math.round(ageMs / 1000)} s old; ${Math.round(toleranceMs / 1000)} s are allowed`,
  )
