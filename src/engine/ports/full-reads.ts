import type { Instant } from '#model'
import type { StreamKey } from './deletions.ts'

/** Full reads of streams: what they have seen is kept until their end. */
export interface FullReadPort {
  /** One batch: forgets the cursor and what an earlier full read has seen, and notes that one is under way. */
  begin(request: StreamKey & { now: Instant }): Promise<void>
  /** When the full read of a stream began that is under way. */
  since(of: StreamKey): Promise<Instant | undefined>
  /**
   * Records of a stream that are not deleted, were not changed since `since`, do not wait to be absorbed, and that the full
   * read under way has not seen; by key.
   */
  unseen(
    request: StreamKey & { since: Instant; limit: number; after?: string },
  ): Promise<{ key: string; version: Instant }[]>
  /** How many these are, and how many records the full read has seen that could not be read. */
  countUnseen(request: StreamKey & { since: Instant }): Promise<{ unseen: number; unreadable: number }>
}
