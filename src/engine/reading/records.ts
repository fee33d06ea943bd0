import type { Lane, Stream } from '#kit'
import type { Instant } from '#model'
import { hashText } from '../hash.ts'
import type { NewRecord } from '../ports.ts'

type AnyStream = Stream<unknown, unknown>

/** How the keys begin of what does not parse. */
export const UNREADABLE = 'invalid:'

type RecordOptions = { fetchedAt: Instant; lane?: Lane }

/**
 * A raw vendor object as a stored record. One that does not parse is kept too, under a key of its own, so that absorb
 * can dead-letter it beside its good neighbours.
 */
export const toRecord = (
  connection: string,
  name: string,
  stream: AnyStream,
  raw: unknown,
  options: RecordOptions,
): NewRecord => readRecord(connection, name, stream, raw, options).record

/** The same, and what the stream's schema made of it; undefined where it does not parse. */
export function readRecord(
  connection: string,
  name: string,
  stream: AnyStream,
  raw: unknown,
  options: RecordOptions,
): { record: NewRecord; parsed?: unknown } {
  const body = JSON.stringify(raw)
  const parsed = stream.record.safeParse(raw)
  const base = { connection, stream: name, body, lane: options.lane ?? stream.lane }
  if (!parsed.success) {
    const hash = hashText(body)
    return { record: { ...base, hash, key: `${UNREADABLE}${hash}`, version: options.fetchedAt } }
  }
  const record = {
    ...base,
    hash: hashText(stream.content ? JSON.stringify(stream.content(parsed.data)) : body),
    key: stream.key(parsed.data),
    version: stream.updatedAt?.(parsed.data) ?? options.fetchedAt,
  }
  return { record, parsed: parsed.data }
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
