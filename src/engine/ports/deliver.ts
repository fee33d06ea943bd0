import type { ErrorReport, Lane } from '#kit'
import type { Instant } from '#model'
import type { Operation, OperationField, ProjectionRow, WrittenField } from './project.ts'
import type { ConflictRow } from './quarantine.ts'
import type { WriteCounts } from './thresholds.ts'
import type { RecordOf } from './watch.ts'

export interface QueueDepth {
  destination: string
  object: string
  /** Pending, not delayed, and no operation of the same record under way. */
  ready: number
  /** Of these, how many have reached their deadline. */
  due: number
  /** Earliest deadline or end of a delay among all pending operations. */
  nextAt?: Instant
}

export interface OperationResult {
  id: string
  outcome: 'done' | 'skipped' | 'retry' | 'dead' | 'held'
  crmId?: string
  created?: boolean
  /** Fields as sent, with before-images; what becomes `written`. Empty where nothing was sent. */
  fields: Record<string, OperationField>
  /** For retry. */
  notBefore?: Instant
  /** For retry: nothing was tried (its parent or the CRM as a whole was not ready), so the claim counts as no attempt. */
  isUncounted?: boolean
  error?: ErrorReport
}

export interface Delivery {
  operation: string
  attempt: number
  status: string
  requestId?: string
  excerpt?: string
  at: Instant
  /** What was sent, as JSON cut to a readable length; only of attempts that failed. */
  request?: string
}

export interface LiveRow {
  destination: string
  object: string
  crmId: string
  fields: Record<string, unknown>
  seenAt: Instant
  /** Field → when somebody else changed our value of it; null: it is ours again. */
  edited?: Record<string, Instant | null>
  /** By the CRM's clock. */
  modifiedAt?: Instant
  deletedAt?: Instant
  /** These are all fields that anybody asks for; what else was seen of the record before is forgotten. */
  isWhole?: boolean
}

export interface RedirectRow {
  destination: string
  object: string
  from: string
  to: string
  /** Object of `to` where it is another one. */
  toObject?: string
  reason: string
}

export interface DeliverPort {
  /** `ready` and `due` count the operations of these lanes only; all where absent. */
  depths(destination: string, now: Instant, lanes?: readonly Lane[]): Promise<QueueDepth[]>
  /**
   * Claims up to `limit` ready operations of one object, due ones first, then by lane and age: state sending, lease set,
   * attempts + 1. Never two operations of one record. `ids` restricts the claim (apply of a stored plan).
   */
  claim(request: {
    destination: string
    object: string
    limit: number
    now: Instant
    leaseUntil: Instant
    run?: string
    ids?: string[]
    /** Only operations of these lanes; not together with `ids`. */
    lanes?: readonly Lane[]
  }): Promise<Operation[]>
  /** What `claim` would take, without taking it. */
  peek(request: {
    destination: string
    object?: string
    limit: number
    afterId?: string
  }): Promise<Operation[]>
  /**
   * Before anything is sent: notes the values that are about to leave as `maybe` of their records, so that a lost answer
   * or a kill leaves no doubt forgotten. `finish` replaces the note by what the CRM confirmed.
   */
  announce(
    rows: (Pick<ProjectionRow, 'destination' | 'object' | 'entity' | 'externalId'> & {
      written: Record<string, WrittenField>
    })[],
  ): Promise<void>
  /** Sending operations whose lease has expired go back to pending; a record that has a newer pending one: superseded. */
  reclaim(now: Instant): Promise<number>
  /** Pending operations that wait because of credentials, permissions or settings wait no longer: somebody may have put these right. */
  retryRefused(now: Instant): Promise<void>
  /** Brings the deadline of pending operations of these records forward to `dueAt` (parents of due children). */
  hasten(keys: { destination: string; object: string; entity: string }[], dueAt: Instant): Promise<void>
  /**
   * Records (destination, object, entity) that have a pending or sending upsert, and until when a pending one is delayed
   * or nobody looks at the bulk job that carries it (else 0).
   */
  open(
    keys: { destination: string; object: string; entity: string }[],
  ): Promise<{ destination: string; object: string; entity: string; notBefore: Instant }[]>
  /**
   * One batch. done: projection gets crmId and `written` merged, before-images kept on the operation. retry: pending
   * with notBefore, or superseded where the record has a newer pending operation (then the
   * projection's desiredHash is cleared and the entity is dirty for project).
   * dead and held keep the error.
   */
  finish(commit: {
    now: Instant
    results: OperationResult[]
    deliveries: Delivery[]
    live: LiveRow[]
    redirects: RedirectRow[]
    /** New and renewed ones; what was decided of a conflict with the same values stays decided. */
    conflicts?: ConflictRow[]
    /** Records that these entities have had in the CRM all along; not where another entity has it. */
    adopted?: Pick<ProjectionRow, 'destination' | 'object' | 'entity' | 'externalId' | 'crmId'>[]
    /** Ids of conflicts that are over. */
    settled?: string[]
    /** Records that are projected anew: an edit of them is over. */
    wake?: RecordOf[]
    /** What was written, for the thresholds of continuous delivery. */
    counts?: (WriteCounts & { destination: string; object: string; at: Instant })[]
    /** Ids of operations of which is to be read back what the CRM stored. */
    verify?: string[]
  }): Promise<void>
  /** What the CRM held when it was last seen; `edited` is complete. */
  live(keys: { destination: string; object: string; crmId: string }[]): Promise<LiveRow[]>
  redirects(
    keys: { destination: string; object: string; crmId: string }[],
  ): Promise<Omit<RedirectRow, 'reason'>[]>
}
