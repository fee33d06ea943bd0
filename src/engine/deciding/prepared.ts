import type { WriteOperation } from '#kit'
import type {
  ConflictRow,
  LiveRow,
  Operation,
  OperationField,
  OperationResult,
  ProjectionRow,
  RecordOf,
  RedirectRow,
  WriteCounts,
  WrittenFields,
} from '../ports.ts'

/** An operation that leaves, with what its result will need. */
export interface ReadyOperation {
  operation: Operation
  write: WriteOperation
  /** Fields that are sent or confirmed, with before-images. */
  fields: Record<string, OperationField>
  /** Our shadow of the record before this write. */
  written: ProjectionRow['written']
  /** Conflicts that are over once it is written. */
  settles?: string[]
  /** The CRM was not asked about the record before: it may be gone. */
  isUnread?: boolean
  /** What it counts for the thresholds of continuous delivery; absent where nobody counts. */
  counts?: WriteCounts
  /** CRM ids of records that the write locks besides its own; absent where they are not known. */
  locks?: string[]
}

/** What becomes of claimed operations: some leave, others are finished, wait, or are for a person. */
export interface Prepared {
  ready: ReadyOperation[]
  /** Operations that are finished without a write. */
  results: OperationResult[]
  live: LiveRow[]
  redirects: RedirectRow[]
  /** Fields that a person has to judge. */
  conflicts: ConflictRow[]
  /** Ids of conflicts that are over without a write. */
  settled: string[]
  /** Shadows of fields that were in doubt: the CRM was seen to hold neither what we had written nor what may have arrived. */
  doubtless: WrittenFields[]
  /** Records of which an edit is over that kept back more than this operation writes. */
  wake: RecordOf[]
}

export const nothingPrepared = (): Prepared => ({
  ready: [],
  results: [],
  live: [],
  redirects: [],
  conflicts: [],
  settled: [],
  wake: [],
  doubtless: [],
})
