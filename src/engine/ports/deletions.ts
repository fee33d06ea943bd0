import type { Instant } from '#model'
import type { Page, PageQuery } from './inspect.ts'
import type { NewRecord } from './intake.ts'

export interface StreamKey {
  connection: string
  stream: string
}

/** Of one stream no deletion is applied until a person has decided. */
export interface DeletionHold extends StreamKey {
  at: Instant
  /** Records of the stream that were known when it was held. */
  known: number
  /** Which limit, and by how much. */
  reason: string
}

export interface HeldDeletions extends DeletionHold {
  /** Deletions that wait, those that came since among them. */
  count: number
  /** Keys of some of them. */
  sample: string[]
}

/** What becomes of deletions of known records in a commit. Those that are applied are also among its records. */
export interface DeletionCommit {
  /** Of a run that is not complete: they wait for its end. */
  collected?: NewRecord[]
  applied?: NewRecord[]
  held?: NewRecord[]
  /** One that is open keeps its time and reason. */
  holds?: DeletionHold[]
  /** With the last page of a run: what becomes of everything that was collected of the stream. */
  settle?: StreamKey & { as: 'applied' | 'held' }
  /** Of a pull that asked at this time: deletions that were reported before, of records that it brings, were none. */
  refutedAt?: Instant
}

export interface DeletionPort {
  /** For each key whether a record is stored under it that is not deleted, in the order given. */
  areAlive(keys: Pick<NewRecord, 'connection' | 'stream' | 'key'>[]): Promise<boolean[]>
  /** Of one stream: deletions applied since then and not released by a person, those that a run has collected, and whether it is held. */
  window(
    request: StreamKey & { since: Instant },
  ): Promise<{ applied: number; collected: number; isHeld: boolean }>
  /** Records of a stream that are not deleted. */
  countAlive(of: StreamKey): Promise<number>
  holds(): Promise<HeldDeletions[]>
  /** What waits of a stream, by key. */
  held(request: StreamKey & PageQuery): Promise<Page<{ key: string; at: Instant }>>
  /**
   * Applies up to `limit` of what is held of a stream, unless the record is newer; the hold ends with the last of them, and
   * nothing that was deleted of the stream so far counts any more. Call again while `more`.
   */
  release(request: StreamKey & { now: Instant; limit: number }): Promise<{ applied: number; more: boolean }>
  /** The records stay as they are. Answers how many deletions were dropped. */
  drop(of: StreamKey): Promise<number>
  /** Forgets what was applied before. */
  forget(before: Instant): Promise<void>
}
