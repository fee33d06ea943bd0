import type { ErrorReport } from '#kit'
import type { Instant } from '#model'
import type { RunRow } from './control.ts'
import type { Receipt, StoredRecord } from './intake.ts'
import type { Operation } from './project.ts'

export interface RecordKey {
  connection: string
  stream: string
  key: string
}

export interface ReceiptDetail extends Receipt {
  state: 'new' | 'done' | 'dead'
  settledAt?: Instant
  error?: ErrorReport
}

export interface RecordDetail extends StoredRecord {
  state: 'pending' | 'absorbed' | 'dead'
  /** When this body was stored. */
  changedAt: Instant
  settledAt?: Instant
  /** Pull or import that stored this body. */
  run?: string
  /** Receipt that brought this body; receipts are kept for a limited time. */
  receipt?: string
  error?: ErrorReport
}

/** One thing by its id. */
export interface LookupPort {
  operation(id: string): Promise<Operation | undefined>
  receipt(id: string): Promise<ReceiptDetail | undefined>
  record(key: RecordKey): Promise<RecordDetail | undefined>
  run(id: string): Promise<RunRow | undefined>
}
