import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

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
  if (bytes.length <= SYNC_LIMIT) return shorten(sha256.create().update(prefix).update(bytes).digest())
  const whole = new Uint8Array(prefix.length + bytes.length)
  whole.set(prefix)
  whole.set(bytes, prefix.length)
  return shorten(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)))
}

const shorten = (digest: Uint8Array): string => bytesToHex(digest.subarray(0, 16))
