import { bytesToHex } from '@noble/hashes/utils.js'
import { hashText, isHashNative } from '../engine/hash.ts'

const encoder = new TextEncoder()

/** Above this size WebCrypto's thread hop is cheaper than hashing in JavaScript (measured: equal at about 1.5 kB). */
const SYNC_LIMIT = 1536

/** Id of a receipt: 128 bits over its connection, what tells deliveries apart, and the bytes. A repeat has the same id. */
export async function receiptId(
  connection: string,
  discriminator: string,
  bytes: Uint8Array,
): Promise<string> {
  const prefix = encoder.encode(`${connection}\u0000${discriminator}\u0000`)
  const whole = new Uint8Array(prefix.length + bytes.length)
  whole.set(prefix)
  whole.set(bytes, prefix.length)
  if (isHashNative() || whole.length <= SYNC_LIMIT) return hashText(whole)
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)).subarray(0, 16))
}
