import type { ErrorReport, Lane } from '#kit'
import type { Instant } from '#model'
import type { AbsorbCommit } from './absorb.ts'
import type { DeletionCommit } from './deletions.ts'

export interface NewReceipt {
  /** Hash of connection + vendor's delivery id, or of the body: a repeated delivery has the same id. */
  id: string
  connection: string
  receivedAt: Instant
  headers: Record<string, string>
  body: string
}
export interface Receipt extends NewReceipt {
  attempts: number
}

export interface NewRecord {
  connection: string
  stream: string
  key: string
  /** Vendor's update time, or the time of the fetch. */
  version: Instant
  /** Hash of the body; equal hash = nothing changed. */
  hash: string
  /** JSON text. */
  body: string
  lane: Lane
  isDeleted?: boolean
  /** Receipt that brought it. */
  receipt?: string
}
export interface StoredRecord extends NewRecord {
  isDeleted: boolean
  /** A body of this record had been absorbed before this change. */
  isUpdate: boolean
}

export interface PageCommit {
  connection: string
  stream: string
  records: NewRecord[]
  cursor?: Record<string, unknown>
  runId?: string
  deletions?: DeletionCommit
  /** Of a full read: keys that it has seen with this page. */
  seen?: string[]
  /** The full read that was under way has come to its end with this page. */
  endsFull?: boolean
  now: Instant
}

export interface PageOutcome {
  /** Records that were stored because they are new, or differ from what was stored. */
  changed: number
  /** Of these, those that are not deleted and whose key was not known. */
  created: number
  /** Of these, those that are deleted. */
  deleted: number
}

export interface IntakePort {
  /** Durable when resolved. Receipts already stored are ignored. Returns how many were new. */
  takeReceipts(receipts: NewReceipt[]): Promise<number>
  /**
   * Receipts in state new whose not_before has come, oldest first, until their bodies have `maxBytes`: the one that
   * reaches it is the last. Changes nothing: the caller holds the lease.
   */
  nextReceipts(request: { limit: number; now: Instant; maxBytes?: number }): Promise<Receipt[]>
  /** For each key whether a record is stored under it, in the order given. */
  areStored(keys: Pick<NewRecord, 'connection' | 'stream' | 'key'>[]): Promise<boolean[]>
  /**
   * One batch: store the records they yielded, then set receipt states. `retry` keeps the receipt new with
   * attempts + 1 and not_before. `absorbed` is what those of the records say that were not stored before, each key once:
   * they are stored as absorbed (or dead) at once. One that somebody else has stored meanwhile becomes pending as ever.
   */
  finishReceipts(commit: {
    records: NewRecord[]
    absorbed?: AbsorbCommit
    deletions?: DeletionCommit
    done: string[]
    dead: { id: string; error: ErrorReport }[]
    retry: { id: string; notBefore: Instant; error: ErrorReport }[]
    /** Connections of which whatever waits after a failed attempt is ready now, besides what fails in this commit. */
    back?: string[]
    now: Instant
  }): Promise<{ changed: number }>
  /**
   * One batch: upsert records where the version is not older and the hash differs (each such record becomes pending
   * for absorb, its previous error is cleared), and set the cursor. Counts what really changed.
   */
  commitPage(commit: PageCommit): Promise<PageOutcome>
  readCursor(connection: string, stream: string): Promise<Record<string, unknown> | undefined>
  pendingRecords(request: { limit: number }): Promise<StoredRecord[]>
  /** Deletes receipts in state done that are older than `before`, at most `limit`. */
  forgetReceipts(request: { before: Instant; limit: number }): Promise<number>
}
