import type { ErrorReport, Lane } from '#kit'
import type { BillingDocument, DocumentType, IdentifierKind, Instant, Method } from '#model'

/**
 * The store as the engine sees it: narrow, set-based, one atomic batch per commit. Only `src/store` knows SQL.
 * All functions take and return plain JSON-safe values; every array argument may hold up to a few thousand items and
 * costs a constant number of statements. Unless said otherwise a function is safe to repeat.
 */
export interface Store {
  intake: IntakePort
  absorb: AbsorbPort
  project: ProjectPort
  deliver: DeliverPort
  enrich: EnrichPort
  control: ControlPort
  inspect: InspectPort
  close(): Promise<void>
}

export type EntityKind = 'person' | 'account'

// ---------------------------------------------------------------- intake

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
}
export interface StoredRecord extends NewRecord {
  isDeleted: boolean
  /** Body before this change had been absorbed at least once. */
  isUpdate: boolean
}

export interface PageCommit {
  connection: string
  stream: string
  records: NewRecord[]
  cursor?: Record<string, unknown>
  runId?: string
  now: Instant
}

export interface IntakePort {
  /** Durable when resolved. Receipts already stored are ignored. Returns how many were new. */
  takeReceipts(receipts: NewReceipt[]): Promise<number>
  /**
   * Receipts in state new whose not_before has come, oldest first, until their bodies have `maxBytes`: the one that
   * reaches it is the last. Changes nothing: the caller holds the lease.
   */
  nextReceipts(request: { limit: number; now: Instant; maxBytes?: number }): Promise<Receipt[]>
  /**
   * One batch: store the records they yielded, then set receipt states. `retry` keeps the receipt new with
   * attempts + 1 and not_before.
   */
  finishReceipts(commit: {
    records: NewRecord[]
    done: string[]
    dead: { id: string; error: ErrorReport }[]
    retry: { id: string; notBefore: Instant; error: ErrorReport }[]
    now: Instant
  }): Promise<{ changed: number }>
  /**
   * One batch: upsert records where the version is not older and the hash differs (each such record becomes pending
   * for absorb, its previous error is cleared), and set the cursor. Counts what really changed.
   */
  commitPage(commit: PageCommit): Promise<{ changed: number }>
  readCursor(connection: string, stream: string): Promise<Record<string, unknown> | undefined>
  /** Forgets a cursor, for a full read. */
  clearCursor(connection: string, stream: string): Promise<void>
  /** Keys of a stream that are stored, not deleted and not in `seen` (after a full read): candidates for deletion. */
  pendingRecords(request: { limit: number }): Promise<StoredRecord[]>
  /** Deletes receipts in state done that are older than `before`, at most `limit`. */
  forgetReceipts(request: { before: Instant; limit: number }): Promise<number>
}

// ---------------------------------------------------------------- absorb

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
  /** Creation time of the root; the older root survives a merge. */
  rootCreatedAt: Instant
}

/** Ids never change meaning: facts stay on the node they were recorded for; `root` says where the node stands now. */
export interface NewEntity {
  id: string
  kind: EntityKind
  root: string
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

export type Stage = 'enrich' | 'project'

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
  /** "identifier:email", "stitch", … */
  by: string
  at: Instant
}

export interface Stitch {
  /** Anonymous node and the known person it was seen with. */
  anonymous: string
  person: string
  at: Instant
}

export interface AbsorbCommit {
  now: Instant
  /** Set absorbed where the hash is still the one that was read. */
  records: Pick<StoredRecord, 'connection' | 'stream' | 'key' | 'hash'>[]
  /** Set absorbed with an error: dead letters. */
  dead: (Pick<StoredRecord, 'connection' | 'stream' | 'key' | 'hash'> & { error: ErrorReport })[]
  entities: NewEntity[]
  /** Every node whose root is `from` gets root `to`; their dirty marks and CRM projections stay where they are. */
  merges: { from: string; to: string }[]
  /** Only this node gets the root `to` (an anonymous visitor turns out to be someone else). Resets `loggedSeq` like a merge. */
  reroots: { entity: string; to: string }[]
  identifiers: (IdentifierKey & { entity: string })[]
  judgements: NewJudgement[]
  contributions: NewContribution[]
  touchpoints: NewTouchpoint[]
  documents: NewDocument[]
  dirty: DirtyMark[]
}

export interface AbsorbPort {
  findIdentifiers(keys: IdentifierKey[]): Promise<IdentifierMatch[]>
  /** Earliest stitch of each anonymous node (node id), by (at, person). */
  firstStitches(anonymous: string[]): Promise<Stitch[]>
  /** Roots of nodes, for documents, stitches and links that name a node. */
  rootsOf(entities: string[]): Promise<{ entity: string; root: string; account?: string }[]>
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

// ---------------------------------------------------------------- project

export interface DirtyItem extends DirtyMark {
  since: Instant
  /** Compare-and-delete token: a mark renewed while it was worked on survives. */
  stamp: number
}

export interface ContributionRow extends NewContribution {
  /** Root of `entity`. */
  root: string
  /** Root of `account`. */
  accountRoot?: string
}

export interface BucketRow {
  root: string
  kind: string
  channel: string
  /** UTC day number. */
  day: number
  count: number
  firstAt: Instant
  lastAt: Instant
  /** Sum per currency, minor units. */
  amounts: Record<string, number>
}

export interface TouchRow {
  root: string
  which: 'first' | 'last'
  at: Instant
  kind: string
  channel: string
  title?: string
  url?: string
  referrer?: string
  campaign?: Record<string, string>
}

/** Sums over the documents of a person or account, per currency. */
export interface BillingRow {
  root: string
  currency: string
  /** Payments succeeded minus refunds, lost disputes; plus invoices paid outside recorded payments. See docs/mappings.md. */
  lifetimePaid: number
  open: number
  overdue: number
  invoices: number
  firstPaidAt?: Instant
  lastPaidAt?: Instant
}

export interface DocumentRow {
  id: string
  type: DocumentType
  connection: string
  personRoot?: string
  /** Root of the document's account, or of its person's account. */
  accountRoot?: string
  document: BillingDocument
}

/**
 * `value`: the last value that the CRM confirmed; absent where it confirmed none. `maybe`: a value that was sent since and
 * whose outcome is not known (the answer was lost, the process died): the CRM may hold either.
 */
export interface WrittenField {
  value?: unknown
  maybe?: unknown
  at: Instant
  operation: string
}

export interface ProjectionRow {
  destination: string
  object: string
  /** Root, quote document id, touchpoint id or digest key. */
  entity: string
  externalId: string
  crmId?: string
  /** What we last wrote, field by field: our shadow of the CRM record. */
  written: Record<string, WrittenField>
  desiredHash?: string
  /** Touchpoints up to this sequence number have been considered for the timeline. */
  loggedSeq: number
}

export interface OperationField {
  /** Desired value; absent fields are not part of the operation. */
  after: unknown
  /** CRM value when it was sent; set by deliver. */
  before?: unknown
  policy: string
  /** file:line of the mapping. */
  from: string
}

export interface NewOperation {
  id: string
  destination: string
  object: string
  entity: string
  externalId: string
  lane: Lane
  dueAt: Instant
  kind: 'upsert' | 'activity'
  fields: Record<string, OperationField>
  /** References by entity, resolved to CRM ids when sent. */
  links: { field?: string; object: string; entity: string; onMiss: 'skip' | 'hold' }[]
  /** Ordered adoption keys: CRM field → value; only for records without a CRM id. */
  match: { field: string; value: string }[]
  onMultiple: 'newest' | 'oldest' | 'quarantine'
  mode: 'upsert' | 'update' | 'insert'
  /** Touchpoint as JSON for kind activity. */
  activity?: Record<string, unknown>
}

export type OperationState = 'pending' | 'sending' | 'done' | 'held' | 'dead' | 'superseded'

export interface Operation extends NewOperation {
  run?: string
  state: OperationState
  attempts: number
  notBefore: Instant
  leaseUntil?: Instant
  createdAt: Instant
  finishedAt?: Instant
  error?: ErrorReport
}

export interface TouchpointRow extends NewTouchpoint {
  seq: number
  personRoot?: string
  accountRoot?: string
}

export interface ProjectCommit {
  now: Instant
  golden: { id: string; golden: Record<string, unknown>; hash: string; account?: string; stage: string }[]
  /**
   * Each replaces the fields, links and match of the pending operation of its record (keeping the earlier dueAt and
   * more urgent lane), or is inserted as pending.
   */
  operations: NewOperation[]
  /** Records whose desired state needs nothing any more: their pending operation becomes superseded. */
  supersede: { destination: string; object: string; externalId: string }[]
  /** Inserted or updated; what is absent stays as it is. */
  projections: (Pick<ProjectionRow, 'destination' | 'object' | 'entity' | 'externalId'> & {
    desiredHash?: string
    loggedSeq?: number
  })[]
  dirtyDone: Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]
  dirty: DirtyMark[]
}

export interface ProjectPort {
  /**
   * Dirty marks of a stage and kind, most urgent lane first, then oldest. `waitForEnrich`: leaves out entities that
   * also have an enrich mark younger than that instant, unless that mark is itself delayed. `now`: leaves out marks
   * whose notBefore has not come.
   */
  nextDirty(request: {
    stage: Stage
    kind: DirtyMark['kind']
    limit: number
    now: Instant
    waitForEnrich?: Instant
  }): Promise<DirtyItem[]>
  /** Of all nodes whose root is one of `roots`. */
  contributions(roots: string[]): Promise<ContributionRow[]>
  /**
   * Of all nodes of each root; for accounts also of the people whose account it is. `sinceDay` leaves out older days.
   */
  buckets(request: { kind: EntityKind; roots: string[]; sinceDay?: number }): Promise<BucketRow[]>
  touches(request: { kind: EntityKind; roots: string[] }): Promise<TouchRow[]>
  /** A document belongs to an account by its own account or by its person's. `now` decides what is overdue. */
  billing(request: { kind: EntityKind; roots: string[]; now: Instant }): Promise<BillingRow[]>
  /** Subscriptions and quotes of the roots, and the latest invoice by issue date (one per root). */
  documents(request: { kind: EntityKind; roots: string[] }): Promise<DocumentRow[]>
  documentsById(ids: string[]): Promise<DocumentRow[]>
  projections(keys: { destination: string; object: string; entity: string }[]): Promise<ProjectionRow[]>
  /** Operations of these records in state sending: their values count as written while they are under way. */
  sending(keys: { destination: string; object: string; externalId: string }[]): Promise<Operation[]>
  /** Touchpoints of the root's nodes with seq > afterSeq and one of the kinds, by seq. For accounts: those without a person. */
  touchpointsAfter(request: {
    kind: EntityKind
    items: { root: string; afterSeq: number }[]
    kinds: string[]
    limit: number
  }): Promise<TouchpointRow[]>
  /** All touchpoints of these roots, kinds and UTC days that are not machine-made, for digests; roots as in touchpointsAfter. */
  touchpointsOfDays(request: {
    kind: EntityKind
    items: { root: string; kind: string; day: number }[]
  }): Promise<TouchpointRow[]>
  /** Golden accounts, stages and account links as last projected. */
  golden(roots: string[]): Promise<
    {
      id: string
      kind: EntityKind
      golden: Record<string, unknown>
      hash?: string
      account?: string
      stage?: string
      createdAt: Instant
    }[]
  >
  commit(commit: ProjectCommit): Promise<void>
  /** Marks the people of these accounts dirty for project (their mapping reads account fields). */
  markPeopleOf(accounts: string[], lane: Lane, dueAt: Instant): Promise<number>
  /** Marks every entity of a kind dirty, from `after` (id) on, at most `limit`; returns the last id, or undefined at the end. */
  markAll(request: {
    kind: DirtyMark['kind']
    after?: string
    limit: number
    lane: Lane
    dueAt: Instant
  }): Promise<string | undefined>
  /** Marks dirty whoever has a bucket of these days (a window has slid past them). */
  markBuckets(days: number[], lane: Lane, dueAt: Instant): Promise<number>
}

// ---------------------------------------------------------------- deliver

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
}

export interface LiveRow {
  destination: string
  object: string
  crmId: string
  fields: Record<string, unknown>
  seenAt: Instant
}

export interface DeliverPort {
  depths(destination: string, now: Instant): Promise<QueueDepth[]>
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
  /** Brings the deadline of pending operations of these records forward to `dueAt` (parents of due children). */
  hasten(keys: { destination: string; object: string; entity: string }[], dueAt: Instant): Promise<void>
  /** Records (destination, object, entity) that have a pending or sending upsert, and until when a pending one is delayed (else 0). */
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
    redirects: { destination: string; object: string; from: string; to: string; reason: string }[]
  }): Promise<void>
  live(keys: { destination: string; object: string; crmId: string }[]): Promise<LiveRow[]>
  redirects(
    keys: { destination: string; object: string; crmId: string }[],
  ): Promise<{ destination: string; object: string; from: string; to: string }[]>
}

// ---------------------------------------------------------------- enrich

export interface EnrichmentRow {
  provider: string
  key: string
  status: 'hit' | 'miss' | 'error'
  cost: number
  at: Instant
  expiresAt: Instant
}

export interface EnrichPort {
  known(keys: { provider: string; key: string }[], now: Instant): Promise<EnrichmentRow[]>
  /** Spent since the instant, for the daily budget. */
  spent(provider: string, since: Instant): Promise<{ calls: number; cost: number }>
  /** One batch: ledger rows, records of the answers (pending for absorb), enrich marks done. */
  commit(commit: {
    rows: EnrichmentRow[]
    records: NewRecord[]
    dirtyDone: Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]
    dirty: DirtyMark[]
    now: Instant
  }): Promise<void>
}

// ---------------------------------------------------------------- control

export interface RunRow {
  id: string
  kind: 'pull' | 'import' | 'deliver' | 'demo' | 'apply'
  scope: string
  startedAt: Instant
  finishedAt?: Instant
  state: 'running' | 'done' | 'failed' | 'stopped'
  counts: Record<string, number>
  error?: ErrorReport
}

export interface ControlPort {
  /** True when the lease is ours until `now + ttlMs`; renewing one's own lease succeeds. */
  acquireLease(request: { name: string; holder: string; now: Instant; ttlMs: number }): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>
  /** Everyone who holds a lease that has not expired. */
  leaseHolders(now: Instant): Promise<string[]>
  /** Releases all leases of one holder. */
  releaseHolder(holder: string): Promise<void>
  saveRun(run: RunRow): Promise<void>
  /** Adds to the per-day call counter of a connection. */
  addUsage(rows: { connection: string; day: number; calls: number; failures: number }[]): Promise<void>
  /** Small facts that outlive a process: mapping hashes, last daily pass. */
  getSetting(key: string): Promise<string | undefined>
  setSetting(key: string, value: string): Promise<void>
  /** Earliest time at which any stage has something to do, undefined when idle. */
  nextWake(now: Instant): Promise<Instant | undefined>
}

// ---------------------------------------------------------------- inspect

export interface Page<T> {
  items: T[]
  /** Opaque; absent on the last page. */
  next?: string
}

export interface PageQuery {
  limit: number
  after?: string
}

export interface DeadLetter {
  id: string
  stage: 'receipt' | 'record' | 'operation'
  connection: string
  /** stream/key, or object/external id. */
  subject: string
  error: ErrorReport
  at: Instant
}

export interface EntityRow {
  id: string
  kind: EntityKind
  stage?: string
  golden: Record<string, unknown>
  account?: string
  createdAt: Instant
}

export interface Totals {
  receipts: { new: number; done: number; dead: number }
  records: { total: number; pending: number; dead: number }
  people: number
  accounts: number
  /** Roots that have an e-mail, or a name. */
  knownPeople: number
  knownAccounts: number
  touchpoints: number
  documents: Record<string, number>
  operations: { destination: string; object: string; state: OperationState; count: number; created: number }[]
  dirty: { stage: string; count: number }[]
  usage: { connection: string; calls: number; failures: number }[]
  enrichments: { provider: string; status: string; count: number; cost: number }[]
}

export interface InspectPort {
  totals(): Promise<Totals>
  records(
    query: PageQuery & { connection?: string; stream?: string; key?: string },
  ): Promise<Page<StoredRecord & { error?: ErrorReport; state: 'pending' | 'absorbed' | 'dead' }>>
  touchpoints(
    query: PageQuery & { person?: string; account?: string; kind?: string },
  ): Promise<Page<TouchpointRow>>
  entities(query: PageQuery & { kind?: EntityKind; search?: string }): Promise<Page<EntityRow>>
  entity(id: string): Promise<
    | (EntityRow & {
        root: string
        identifiers: { kind: IdentifierKind; value: string }[]
        projections: ProjectionRow[]
      })
    | undefined
  >
  operations(
    query: PageQuery & {
      destination?: string
      object?: string
      state?: OperationState
      entity?: string
      run?: string
    },
  ): Promise<Page<Operation>>
  deliveries(operation: string): Promise<Delivery[]>
  runs(query: PageQuery & { kind?: RunRow['kind'] }): Promise<Page<RunRow>>
  deadLetters(query: PageQuery & { stage?: DeadLetter['stage'] }): Promise<Page<DeadLetter>>
}
