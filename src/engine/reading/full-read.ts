import type { ConnectorContext, Lane } from '#kit'
import type { Instant } from '#model'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import type { NewRecord } from '../ports.ts'
import { rulesOf } from './deletions.ts'
import { readRecord, toDeletion } from './records.ts'

/** The full read that is under way, or begins here; undefined where there is none. */
export async function fullRead(
  { store, clock }: EngineDeps,
  connection: Connection,
  stream: string,
  { full, restart }: { full?: boolean; restart?: boolean },
): Promise<{ since: Instant } | undefined> {
  const scope = { connection: connection.name, stream }
  const since = await store.fullReads.since(scope)
  if (since !== undefined && !restart) return { since }
  if (!full) return since === undefined ? undefined : { since }
  const now = clock.now()
  await store.fullReads.begin({ ...scope, now })
  return { since: now }
}

const KEYS_PER_FETCH = 100
const KEYS_PER_COMMIT = 500

export interface SweptPart {
  records: unknown[]
  deleted: NewRecord[]
  fetchedAt: Instant
}

/**
 * What a full read has not seen is gone, unless it was stored or changed since that read began. Where the vendor can be
 * asked for records by key it is, because a list may skip what moves while it is read. That many are missing is no case for
 * so many questions: they will be held. Nothing is gone while some of what was listed could not be read.
 */
export async function* sweep(
  deps: EngineDeps,
  connection: Connection,
  name: string,
  { ctx, since, lane }: { ctx: ConnectorContext<Record<string, unknown>>; since: Instant; lane: Lane },
): AsyncGenerator<SweptPart, void, void> {
  const { store, log } = deps
  const scope = { connection: connection.name, stream: name }
  const { unseen, unreadable } = await store.fullReads.countUnseen({ ...scope, since })
  if (unseen === 0) return
  if (unreadable > 0) {
    log.warn('nothing is taken for gone, because some records could not be read', {
      ...scope,
      unseen,
      unreadable,
    })
    return
  }
  const fetch = connection.connector.streams![name]!.fetch
  const { atLeast, maxPercent } = rulesOf(connection)
  const limit = Math.max(atLeast, ((await store.deletions.countAlive(scope)) * maxPercent) / 100)
  const isAsked = fetch !== undefined && unseen <= limit
  for (let after: string | undefined; ; ) {
    ctx.signal.throwIfAborted()
    const missing = await store.fullReads.unseen({
      ...scope,
      since,
      limit: isAsked ? KEYS_PER_FETCH : KEYS_PER_COMMIT,
      ...(after === undefined ? {} : { after }),
    })
    const last = missing.at(-1)
    if (!last) return
    after = last.key
    const fetchedAt = ctx.now()
    const stream = connection.connector.streams![name]!
    const found = isAsked
      ? await stream.fetch!(
          ctx,
          missing.map(({ key }) => key),
        )
      : []
    const there = new Set(
      found.map((raw) => readRecord(connection.name, name, stream, raw, { fetchedAt }).record.key),
    )
    yield {
      records: found,
      // Under the version that is stored: when the record is listed again as it was, it is back.
      deleted: missing
        .filter(({ key }) => !there.has(key))
        .map(({ key, version }) => toDeletion(connection.name, name, key, version, lane)),
      fetchedAt,
    }
  }
}
