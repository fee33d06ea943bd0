import { createHash, createHmac } from 'node:crypto'

/**
 * WebCrypto answers from a pool of threads, in whatever order they finish. In a simulation the same digests are computed
 * on the spot, and ids that are drawn at random are counted.
 */
const { subtle } = crypto
const original = {
  importKey: subtle.importKey.bind(subtle),
  sign: subtle.sign.bind(subtle),
  digest: subtle.digest.bind(subtle),
}
const secrets = new WeakMap<object, { hash: string; secret: Uint8Array }>()

const nameOf = (algorithm: unknown): string =>
  typeof algorithm === 'string' ? algorithm : String((algorithm as { name?: unknown })?.name)
const nodeName = (algorithm: unknown): string => nameOf(algorithm).replace('-', '').toLowerCase()
const bytesOf = (data: BufferSource): Uint8Array =>
  data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
const toBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

let uuids = 0

/** Begins to count anew: equal histories draw equal ids. */
export function resetUuids(): void {
  uuids = 0
}

Object.assign(subtle, {
  async importKey(...args: Parameters<SubtleCrypto['importKey']>) {
    const [format, data, algorithm] = args as unknown as [
      string,
      BufferSource,
      { name?: string; hash?: unknown },
    ]
    if (format !== 'raw' || algorithm.name !== 'HMAC') return original.importKey(...args)
    const key = {}
    secrets.set(key, { hash: nodeName(algorithm.hash), secret: new Uint8Array(bytesOf(data)) })
    return key as CryptoKey
  },
  async sign(...args: Parameters<SubtleCrypto['sign']>) {
    const [, key, data] = args
    const held = secrets.get(key)
    if (!held) return original.sign(...args)
    return toBuffer(createHmac(held.hash, held.secret).update(bytesOf(data)).digest())
  },
  async digest(algorithm: AlgorithmIdentifier, data: BufferSource) {
    return toBuffer(createHash(nodeName(algorithm)).update(bytesOf(data)).digest())
  },
})

Object.assign(crypto, {
  randomUUID: () => `00000000-0000-4000-8000-${(++uuids).toString(16).padStart(12, '0')}`,
})
