import type { ErrorReport } from '#kit'
import type { Instant } from '#model'
import type { RecordKey } from './lookup.ts'
import type { NewOperation, Operation, ProjectionRow, WrittenField } from './project.ts'

export type SetAsideStage = 'receipt' | 'record' | 'operation'

/** Dead letters, and operations that are held or were not stored by the CRM; a filter that is absent excludes nothing. */
export interface SetAsideFilter {
  stage?: SetAsideStage
  /** Code of the error. */
  code?: string
  /** Of records: the run that stored them. Of operations: the run that sent them. Receipts have none. */
  run?: string
}

export interface SetAside {
  stage: SetAsideStage
  /** Of records: connection/stream/key. */
  id: string
  record?: RecordKey
}

/** What was set aside for one reason. */
export interface ErrorGroup {
  stage: SetAsideStage
  connection: string
  /** Stream of records, CRM object of operations. */
  subject?: string
  state: 'dead' | 'held' | 'not_stored' | 'waiting'
  code: string
  count: number
  /** When the first and the last of them were set aside; of what waits, when it was asked for. */
  firstAt: Instant
  lastAt: Instant
  /** Of one of them. */
  error: ErrorReport
}

/** A finished operation of a run, with our shadow of its record as it is now. */
export interface RunOperation {
  operation: Operation
  projection?: ProjectionRow
}

/** Fields of the shadow of a record. */
export type WrittenFields = Pick<ProjectionRow, 'destination' | 'object' | 'entity' | 'externalId'> & {
  written: Record<string, WrittenField>
}

export interface RepairPort {
  /** Those of a run that reached the CRM, by record, those of one record in their order; of one object where it is named. */
  operationsOf(request: {
    run: string
    limit: number
    afterId?: string
    of?: { destination: string; object: string }
  }): Promise<RunOperation[]>
  /** Objects that a run wrote to. */
  objectsOf(run: string): Promise<{ destination: string; object: string }[]>
  /**
   * Inserts operations that are under way already (state sending, first attempt, lease set), so that nobody else takes
   * them. One whose record has an operation under way is left out. Returns the ids of those that were inserted.
   */
  begin(request: {
    operations: NewOperation[]
    run: string
    now: Instant
    leaseUntil: Instant
  }): Promise<string[]>
  /** Operations to be read back, by object: how many, and since when the first of them waits. */
  unverified(destination: string): Promise<{ object: string; count: number; since: Instant }[]>
  /** The next of them, oldest first. */
  nextUnverified(request: { destination: string; object: string; limit: number }): Promise<RunOperation[]>
  /** One batch: read back; what was not stored changes state, and `written` of its record is replaced field by field. */
  verified(commit: {
    now: Instant
    ids: string[]
    notStored: { id: string; error: ErrorReport }[]
    written: WrittenFields[]
  }): Promise<void>
  /** Our shadows of the records that a CRM holds and that we wrote fields of, by object and entity. */
  shadows(request: {
    destination: string
    limit: number
    after?: { object: string; entity: string }
  }): Promise<ProjectionRow[]>
  operations(ids: string[]): Promise<Operation[]>
  /** One batch: `written` is replaced field by field, and the records are projected anew. */
  heal(rows: WrittenFields[], now: Instant): Promise<void>
  /** Everything set aside, and operations that wait after a failure, by reason; most frequent first. */
  errorGroups(filter?: SetAsideFilter): Promise<ErrorGroup[]>
  /** What a replay of the filter takes next, oldest first. */
  setAside(filter: SetAsideFilter & { limit: number }): Promise<SetAside[]>
  /**
   * One batch. Receipts are new again; records wait for absorb again. The record of an upsert is projected anew from
   * what is stored now, and the operation is superseded, so nothing old is sent. A timeline entry, whose content never
   * changes, is pending again unless a later one took its place. Operations that are not set aside stay as they are.
   */
  replay(items: {
    receipts: string[]
    records: RecordKey[]
    operations: string[]
    now: Instant
  }): Promise<{ receipts: number; records: number; operations: number }>
}
