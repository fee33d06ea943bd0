import type { ErrorReport, Lane } from '#kit'
import type { BillingDocument, IdentifierKind, Instant, Method, Traffic } from '#model'
import type { EntityKind } from './entity-kind.ts'
import type { StoredRecord } from './intake.ts'

export interface IdentifierKey {
  entityKind: EntityKind
  kind: IdentifierKind
  /** Normalised; vendor ids are prefixed with their connection. */
  value: string
}
export interface IdentifierMatch extends IdentifierKey {
  /** The node the identifier was first seen on. */
  entity: string
  /** Where that node stands now. */
  root: string
  /** Where it stands by equal identifiers alone; absent where that is the root and nobody is judged to be the same. */
  base?: string
  /** Creation time of `base ?? root`; the older survives a merge. */
  rootCreatedAt: Instant
  /** Root of the company of `root`. */
  account?: string
}

/** Ids never change meaning: facts stay on the node they were recorded for; `root` says where the node stands now. */
export interface NewEntity {
  id: string
  kind: EntityKind
  root: string
  /** Given where `root` is by judgement: see IdentifierMatch. */
  base?: string
  createdAt: Instant
}

export interface NewContribution {
  connection: string
  stream: string
  key: string
  slot: string
  kind: EntityKind
  entity: string
  /** The company a person belongs to according to this record (node id). */
  account?: string
  attributes: Record<string, unknown>
  method: Method
  confidence?: number
  licence?: string
  observedAt: Instant
}

export interface NewTouchpoint {
  /** Derived: hash of connection, stream, key, kind, slot. Repeats collapse. */
  id: string
  kind: string
  occurredAt: Instant
  person?: string
  account?: string
  connection: string
  stream: string
  key: string
  channel: string
  direction: 'inbound' | 'outbound'
  title?: string
  url?: string
  referrer?: string
  campaign?: Record<string, string>
  amount?: number
  currency?: string
  isMachine: boolean
  props?: Record<string, unknown>
}

export interface NewDocument {
  /** Derived: hash of connection, type, key. */
  id: string
  connection: string
  stream: string
  recordKey: string
  person?: string
  account?: string
  document: BillingDocument
}

/** What a record says of a day's visits; replaces what it said before. */
export interface NewTraffic {
  connection: string
  stream: string
  recordKey: string
  traffic: Traffic
}

export type Stage = 'match' | 'enrich' | 'project'

export interface DirtyMark {
  stage: Stage
  /** person | account | quote: what `id` is. */
  kind: EntityKind | 'quote'
  id: string
  lane: Lane
  /** By when the effect should have left for the CRM. */
  dueAt: Instant
  /** Not to be worked on earlier (a provider that failed, a budget that is spent). */
  notBefore?: Instant
}

export interface NewJudgement {
  a: string
  b: string
  verdict: 'same' | 'different' | 'unsure'
  /** "identifier:email", "stitch", "model", "person". */
  by: string
  at: Instant
  /** Probability, of the model. */
  score?: number
}

export interface Stitch {
  /** Anonymous node and the known person it was seen with. */
  anonymous: string
  person: string
  at: Instant
}

export interface AbsorbCommit {
  now: Instant
  /** Set absorbed where the hash is still the one that was read. `isUpdate` false: it has never said anything before. */
  records: (Pick<StoredRecord, 'connection' | 'stream' | 'key' | 'hash'> & { isUpdate?: boolean })[]
  /** Set absorbed with an error: dead letters. */
  dead: (Pick<StoredRecord, 'connection' | 'stream' | 'key' | 'hash'> & { error: ErrorReport })[]
  entities: NewEntity[]
  /** Every node whose root is `from` gets root `to`; their dirty marks and CRM projections stay where they are. */
  merges: { from: string; to: string }[]
  /**
   * Identifiers join `from` and `to`, at least one of whom is also judged to be somebody's: every node of the base `from`
   * gets the base `to`. `roots` are the roots of both before the merge.
   */
  rebases?: { from: string; to: string; roots: string[] }[]
  /** Who loses a contribution of a person is compared anew. */
  isMatching?: boolean
  /**
   * Only this node gets the root `to` (an anonymous visitor turns out to be someone else). Resets `loggedSeq` like a merge;
   * where it stood with somebody (`from` is not `entity`) also that one's, whose activities that are not sent yet are
   * superseded, to be proposed without what left.
   */
  reroots: { entity: string; from: string; to: string }[]
  identifiers: (IdentifierKey & { entity: string })[]
  judgements: NewJudgement[]
  contributions: NewContribution[]
  touchpoints: NewTouchpoint[]
  documents: NewDocument[]
  /** None where absent. */
  traffic?: NewTraffic[]
  dirty: DirtyMark[]
}

export interface AbsorbPort {
  findIdentifiers(keys: IdentifierKey[]): Promise<IdentifierMatch[]>
  /** Earliest stitch of each anonymous node (node id), by (at, person). */
  firstStitches(anonymous: string[]): Promise<Stitch[]>
  /** What these records have said of people and companies so far. */
  said(records: { connection: string; stream: string; key: string }[]): Promise<NewContribution[]>
  /** Roots of nodes, for documents, stitches and links that name a node. */
  rootsOf(entities: string[]): Promise<{ entity: string; root: string; base?: string; account?: string }[]>
  /**
   * One atomic batch, in this order: entities (insert or ignore) · merges · identifiers (insert or ignore) · judgements
   * (upsert; for `by = "stitch"` the earliest `at` per pair is kept) · contributions of the given records replaced by
   * the given ones (also for records given without contributions) · documents likewise · buckets, first and last
   * touches for touchpoints that are not stored yet and not machine-made · touchpoints (insert or ignore) · records
   * absorbed or dead · dirty marks.
   *
   * Touchpoint buckets (`touchpoint_days`) count per (entity, kind, channel, UTC day), where entity is the person, or
   * the account where there is no person. First touch keeps the earliest inbound touchpoint that has a referrer,
   * campaign or channel other than direct (falling back to the earliest inbound one); last touch the latest inbound
   * one. Ties by touchpoint id, so that the result does not depend on arrival order.
   *
   * A merge also resets `loggedSeq` of the projections of `to`, so that activities of the merged node are found, and
   * hands over the projections and pending operations of `from` for objects that `to` has none of (the external id
   * stays), so that a merge never makes a second CRM record.
   */
  commit(commit: AbsorbCommit): Promise<{ newTouchpoints: number }>
}
