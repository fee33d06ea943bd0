import { RecordError } from '#kit'

const tooLarge = (limit: number, what: string) =>
  new RecordError('request.body_too_large', `${what} has more than ${limit} bytes`, { at: { limit } })

/**
 * Reads a body of at most `limit` bytes, counted after decompression, so that a small bomb cannot fill the memory.
 * Throws `request.body_too_large`, or `request.invalid` where the encoding is unknown or broken.
 */
export async function readBody(request: Request, limit: number, what = 'The body'): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > limit) throw tooLarge(limit, what)
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding === 'identity') {
    // A declared length is enforced by the HTTP server, so the fast way of reading is safe.
    if (declared !== null) return new Uint8Array(await request.arrayBuffer())
    return request.body ? await collect(request.body, limit, what) : new Uint8Array(0)
  }
  const format = FORMATS[encoding]
  if (!format) {
    throw new RecordError(
      'request.invalid',
      `Content-Encoding ${encoding} is not supported; send gzip, deflate or none`,
      {
        at: { header: 'content-encoding' },
      },
    )
  }
  if (!request.body) return new Uint8Array(0)
  const inflated = request.body.pipeThrough(
    new DecompressionStream(format) as ReadableWritablePair<Uint8Array, Uint8Array>,
  )
  try {
    return await collect(inflated, limit, what)
  } catch (error) {
    if (error instanceof RecordError) throw error
    throw new RecordError('request.invalid', `The body is not valid ${encoding}`, {
      cause: error,
      at: { header: 'content-encoding' },
    })
  }
}

const FORMATS: Record<string, CompressionFormat> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' }

async function collect(stream: ReadableStream<Uint8Array>, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > limit) {
      // Not awaited: a decompressor may never settle its cancellation while its source is still sending.
      reader.cancel().catch(() => {})
      throw tooLarge(limit, what)
    }
    chunks.push(value)
  }
  if (chunks.length === 1) return chunks[0]!
  const out = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    out.set(chunk, offset)
    offset += chunk.length
  }
  return out
}
