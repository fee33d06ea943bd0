import type { Instant } from '#model'
import type { Page, PageQuery } from './inspect.ts'

/**
 * A field where somebody's value and ours are at odds. open: waits for a person. accepted: our value is written once.
 * kept: theirs stays until our value is another one.
 */
export type ConflictState = 'open' | 'accepted' | 'kept'

export interface ConflictRow {
  /** Of record and field: a repetition finds itself. */
  id: string
  destination: string
  object: string
  entity: string
  crmId: string
  field: string
  /** What we would write. */
  ours: unknown
  /** What the CRM holds. */
  theirs: unknown
  /** What we wrote last; absent where we never did. */
  written?: unknown
  /** file:line of the mapping. */
  from: string
  reason: string
  /** Operation that met the conflict last. */
  operation: string
  state: ConflictState
  at: Instant
  decidedAt?: Instant
}

export interface QuarantinePort {
  /** Oldest first; open ones unless told otherwise. */
  list(
    query: PageQuery & { destination?: string; object?: string; state?: ConflictState },
  ): Promise<Page<ConflictRow>>
  of(keys: { destination: string; object: string; crmId: string }[]): Promise<ConflictRow[]>
  /**
   * One batch: the decision, and where it is `accepted` a mark that projects the record anew. Undefined where there is no
   * such conflict.
   */
  decide(request: {
    id: string
    state: 'accepted' | 'kept'
    now: Instant
    dueAt: Instant
  }): Promise<ConflictRow | undefined>
}
