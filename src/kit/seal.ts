import { ConfigError } from './errors.ts'
import { concatBytes, fromBase64, fromHex, toBase64, toHex } from './webhook.ts'

/** Keeps secrets that the hub was given (tokens) unreadable for whoever gets hold of the database. */
export interface Sealer {
  /** Id of the key that seals now. */
  readonly keyId: string
  /** Authenticated ciphertext of `text`, bound to `purpose`: it opens for nothing else. URL-safe. */
  seal(text: string, purpose: string): Promise<string>
  /** @throws ConfigError credential.key_unknown · credential.damaged */
  open(sealed: string, purpose: string): Promise<string>
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const VERSION = 'v1'

interface Key {
  id: string
  bytes: Uint8Array<ArrayBuffer>
}

/** A fresh key as TRIBUTARY_KEY takes it: 32 random bytes in hexadecimal. */
export const newKey = (): string => toHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))

/**
 * AES-256-GCM (NIST SP 800-38D) under the first key; the others only open what was sealed before a rotation.
 * @param keys 32 bytes each, in hexadecimal or base64. @throws ConfigError config.invalid
 */
export async function createSealer(keys: readonly [string, ...string[]]): Promise<Sealer> {
  const [current, ...former] = await Promise.all(keys.map(readKey))
  const known = new Map([current!, ...former].map((key) => [key.id, key]))
  return {
    keyId: current!.id,
    async seal(text, purpose) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      const key = await importKey(current!, 'encrypt')
      const data = new TextEncoder().encode(text)
      const sealed = await crypto.subtle.encrypt(algorithm(nonce, purpose), key, data)
      return [VERSION, current!.id, base64Url(concatBytes(nonce, new Uint8Array(sealed)))].join('.')
    },
    async open(sealed, purpose) {
      const [version, id, body] = sealed.split('.')
      const key = known.get(id ?? '')
      if (version === VERSION && !key) {
        throw new ConfigError(
          'credential.key_unknown',
          `A stored credential was sealed with the key ${id}, which is neither TRIBUTARY_KEY nor among TRIBUTARY_OLD_KEYS`,
        )
      }
      const bytes = fromBase64((body ?? '').replaceAll('-', '+').replaceAll('_', '/'))
      try {
        const nonce = bytes.slice(0, NONCE_BYTES)
        const opening = await importKey(key!, 'decrypt')
        const plain = await crypto.subtle.decrypt(
          algorithm(nonce, purpose),
          opening,
          bytes.slice(NONCE_BYTES),
        )
        return new TextDecoder().decode(plain)
      } catch {
        throw new ConfigError('credential.damaged', 'A stored credential cannot be opened: it was altered')
      }
    },
  }
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, purpose: string) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(purpose),
})

const importKey = ({ bytes }: Key, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [use])

async function readKey(text: string): Promise<Key> {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? fromHex(text) : fromBase64(text)
  if (bytes.length !== KEY_BYTES) {
    throw new ConfigError(
      'config.invalid',
      'TRIBUTARY_KEY is not 32 bytes in hexadecimal or base64; make one with: tributary keys new',
    )
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return { id: toHex(digest.slice(0, 4)), bytes }
}

/** Without padding, for URLs and JSON Web Tokens (RFC 4648, section 5). */
export const base64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
