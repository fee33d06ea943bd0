import type { CrmValue, ErrorReport } from '#kit'
import type { Instant } from '#model'

/** What was changed of one CRM record by a plan that is about the CRM's own data. */
export interface CrmChange {
  /** Its place among all of them; given by the store. */
  seq: number
  run: string
  destination: string
  object: string
  crmId: string
  kind: 'standardise' | 'reassign' | 'archive' | 'merge'
  /** Fields by name. */
  fields?: Record<string, { before: CrmValue; after: CrmValue }>
  /** The record that it is associated with since. */
  link?: { object: string; crmId: string }
  /** It is gone from this object because this record took it in. */
  into?: string
  state: 'sending' | 'done' | 'failed'
  error?: ErrorReport
  at: Instant
}

export type NewCrmChange = Omit<CrmChange, 'seq' | 'state' | 'error' | 'at'>

export interface CrmChangePort {
  /** Durable before anything is sent; answers their `seq`, in order. */
  begin(changes: NewCrmChange[], now: Instant): Promise<number[]>
  finish(results: { seq: number; error?: ErrorReport }[]): Promise<void>
  /** Of a run, in their order; those that were refused are left out. One that is under way may have been made. */
  ofRun(request: { run: string; limit: number; after?: number }): Promise<CrmChange[]>
}
