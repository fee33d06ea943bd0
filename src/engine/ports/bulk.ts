import type { BulkKind, ErrorReport, Lane, WriteOperation } from '#kit'
import type { Instant } from '#model'
import type { DeliverPort } from './deliver.ts'
import type { Operation, OperationField } from './project.ts'
import type { WriteCounts } from './thresholds.ts'

/**
 * A job that the CRM works on by itself. Writes go filling → starting (rows complete; the CRM may know of it) → created
 * (its id is known, nothing is processed yet) → running → finished; reads go starting → running → reading → finished.
 */
export interface BulkJob {
  id: string
  destination: string
  object: string
  kind: BulkKind | 'read'
  state: 'filling' | 'starting' | 'created' | 'running' | 'reading' | 'done' | 'failed'
  /** The CRM's own id. */
  vendorId?: string
  /** Columns of its rows. */
  fields: string[]
  rows: number
  /** JSON of the values in its rows. */
  bytes: number
  /** Of a read: where its next page begins. Of a write: since when live values are good enough for it. */
  page?: string
  /** Nobody looks at it before. */
  notBefore: Instant
  /** Looks since it was handed over. */
  polls: number
  createdAt: Instant
  finishedAt?: Instant
  /** Rows by outcome. */
  counts: Record<string, number>
  error?: ErrorReport
  /** Lanes whose operations it carries; absent: it does not matter any more. */
  lanes?: readonly Lane[]
}

/** What of a prepared write is needed when its result comes. */
export interface SentRow {
  write: WriteOperation
  fields: Record<string, OperationField>
  settles?: string[]
  isUnread?: boolean
  /** Counted when it went into the job; absent where nobody counts. */
  counts?: WriteCounts
}

export interface BulkRow {
  /** What tells it apart in the results: CRM id (update) or external id (upsert). */
  key: string
  operation: string
  /** CRM id of a record that the write locks as well; empty where there is none. */
  parent: string
  sent: SentRow
}

export interface BulkPort {
  /** Jobs that have not finished. */
  open(destination: string): Promise<BulkJob[]>
  /** Opens jobs; one that is open already for the same object and kind is left as it is. */
  begin(
    jobs: Pick<
      BulkJob,
      | 'id'
      | 'destination'
      | 'object'
      | 'kind'
      | 'state'
      | 'fields'
      | 'page'
      | 'notBefore'
      | 'createdAt'
      | 'lanes'
    >[],
  ): Promise<void>
  /** True where the job was due and is ours until `until`. */
  hold(id: string, now: Instant, until: Instant): Promise<boolean>
  /** Members that are absent stay as they are; `vendorId` null forgets it. */
  change(
    id: string,
    changes: Partial<
      Pick<BulkJob, 'state' | 'page' | 'notBefore' | 'polls' | 'finishedAt' | 'counts' | 'error'>
    > & {
      vendorId?: string | null
    },
  ): Promise<void>
  /**
   * One batch: rows join a job, their operations carry its id and no lease any more, and their values are announced.
   * A row whose key the job has already is left out; its operation keeps its lease.
   */
  attach(request: {
    job: string
    rows: BulkRow[]
    /** Names that the rows add. */
    fields: string[]
    bytes: number
    announcements: Parameters<DeliverPort['announce']>[0]
  }): Promise<void>
  /** Rows of a job, those of one parent together. */
  rows(job: string, page: { after?: { parent: string; key: string }; limit: number }): Promise<BulkRow[]>
  /** Rows by key with their operations; those that were settled before are not there any more. */
  sent(job: string, keys: string[]): Promise<(BulkRow & { own: Operation })[]>
  /** Rows that a job still has. */
  left(job: string): Promise<number>
  /** One batch: as `finish` of deliver, and the rows of these operations are gone. */
  settle(job: string, commit: Parameters<DeliverPort['finish']>[0]): Promise<void>
  /** Ready operations of an object, and how many of them are of known records; both count to `max`. */
  count(request: {
    destination: string
    object: string
    lanes: readonly Lane[]
    now: Instant
    max: number
  }): Promise<{ ready: number; known: number }>
  /** Open jobs are due now: whoever held them is gone. */
  wake(now: Instant): Promise<void>
  /** Forgets jobs that finished before. */
  prune(before: Instant): Promise<void>
}
