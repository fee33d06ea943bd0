import type { ErrorReport } from '#kit'
import type { BillingDocument, DocumentType, Instant } from '#model'
import type { NewJudgement } from './absorb.ts'
import type { RunRow } from './control.ts'
import type { EnrichmentRow } from './enrich.ts'
import type { EntityKind } from './entity-kind.ts'
import type { Receipt, StoredRecord } from './intake.ts'
import type { Operation, ProjectionRow, TouchpointRow } from './project.ts'

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

/** A mapping file as it was when it asked for a write. */
export interface MappingVersion {
  hash: string
  file: string
  destination: string
  object: string
  /** When it was first used. */
  seenAt: Instant
  text: string
}

export interface OwnedDocument extends RecordKey {
  id: string
  document: BillingDocument
}

/** One thing by its id, and what belongs to one person or company. */
export interface LookupPort {
  operation(id: string): Promise<Operation | undefined>
  receipt(id: string): Promise<ReceiptDetail | undefined>
  record(key: RecordKey): Promise<RecordDetail | undefined>
  run(id: string): Promise<RunRow | undefined>
  mapping(hash: string): Promise<MappingVersion | undefined>
  document(id: string): Promise<OwnedDocument | undefined>
  touchpoint(id: string): Promise<TouchpointRow | undefined>
  /** Our shadow of a CRM record, by CRM id (also one that was merged away), external id or entity. */
  projection(request: { destination: string; object: string; id: string }): Promise<ProjectionRow | undefined>
  /** Identifiers of all nodes at a root, with the node each was first seen on. */
  identifiers(root: string): Promise<{ kind: string; value: string; node: string }[]>
  /** Between nodes at a root, oldest first: why they are the same. */
  judgements(root: string): Promise<NewJudgement[]>
  /** Ledger rows of one question, latest first. */
  enrichments(key: { provider: string; key: string }): Promise<EnrichmentRow[]>
  /** Of a person or company, newest first; those of a company's people count for it. */
  documents(request: {
    kind: EntityKind
    root: string
    types: DocumentType[]
    limit: number
  }): Promise<OwnedDocument[]>
  /** The touchpoint of this kind at this instant. */
  touchpointAt(request: {
    kind: EntityKind
    root: string
    touch: string
    at: Instant
  }): Promise<TouchpointRow | undefined>
}
