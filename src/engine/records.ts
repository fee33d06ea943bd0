import type { Lane, Stream } from '#kit'
import type { Instant } from '#model'
import { hashText } from './hash.ts'
import type { NewRecord } from './ports.ts'

type AnyStream = Stream<unknown, unknown>

/**
 * A raw vendor object as a stored record. One that does not parse is kept too, under a key of its own, so that absorb
 * can dead-letter it beside its good neighbours.
 */
export function toRecord(
  connection: string,
  name: string,
  stream: AnyStream,
  raw: unknown,
  options: { fetchedAt: Instant; lane?: Lane },
): NewRecord {
  const body = JSON.stringify(raw)
  const parsed = stream.record.safeParse(raw)
  const base = { connection, stream: name, body, lane: options.lane ?? stream.lane }
  if (!parsed.success) {
    const hash = hashText(body)
    return { ...base, hash, key: `invalid:${hash}`, version: options.fetchedAt }
  }
  return {
    ...base,
    hash: hashText(stream.content ? JSON.stringify(stream.content(parsed.data)) : body),
    key: stream.key(parsed.data),
    version: stream.updatedAt?.(parsed.data) ?? options.fetchedAt,
  }
}

/** The record of something that no longer exists at the vendor. */
export const toDeletion = (
  connection: string,
  stream: string,
  key: string,
  at: Instant,
  lane: Lane,
): NewRecord => ({
  connection,
  stream,
  key,
  version: at,
  hash: `deleted:${at}`,
  body: 'null',
  lane,
  isDeleted: true,
})
