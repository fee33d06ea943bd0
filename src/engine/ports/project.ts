import type { ErrorReport, Lane } from '#kit'
import type { BillingDocument, DocumentType, Instant } from '#model'
import type { DirtyMark, NewContribution, NewTouchpoint, Stage } from './absorb.ts'
import type { EntityKind } from './entity-kind.ts'
import type { StandingColumns, StandingPort } from './standing.ts'

export type * from './standing.ts'

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
 * whose outcome is not known (the answer was lost, the process died): the CRM may hold either. `earlier`: values sent
 * before `maybe`, of which is not known either, because nobody has looked in between.
 */
export interface WrittenField {
  value?: unknown
  maybe?: unknown
  earlier?: unknown[]
  at: Instant
  operation: string
  /** What was asked for, where `value` is what the CRM calls it: the e-mail of a user. */
  wanted?: unknown
  /** A desired value that is not written again as long as it is the desired one: it was taken back, or the CRM did not keep it. */
  withheld?: { value: unknown; because: 'undone' | 'not_stored' }
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
  /** Why nothing is written to the record any more: it was converted to another object, or is somebody else's there. */
  retired?: 'converted' | 'taken'
}

export interface OperationField {
  /** Desired value; absent fields are not part of the operation. */
  after: unknown
  /** CRM value when it was sent; set by deliver. */
  before?: unknown
  policy: string
  /** file:line of the mapping. */
  from: string
  /** What went over the wire where it is not `after`: the CRM id of a reference. */
  sent?: unknown
  /** Policy undo: written only where the CRM still holds this. */
  expected?: unknown
  /** Policy undo: the desired value that is taken back. */
  undoes?: unknown
  /** How long a person's edit holds; absent: for ever. */
  holdMs?: number
  /** `after` is the e-mail of a CRM user; what to do where no active user has it. */
  user?: 'skip' | 'hold'
  /** Once sent: the e-mail, where `after` is the user's id. */
  wanted?: unknown
}

export interface NewOperation {
  id: string
  destination: string
  object: string
  entity: string
  externalId: string
  lane: Lane
  dueAt: Instant
  /** archive: a record that we created is moved to the CRM's recycle bin. */
  kind: 'upsert' | 'activity' | 'archive'
  fields: Record<string, OperationField>
  /** References by entity, resolved to CRM ids when sent. */
  links: { field?: string; object: string; entity: string; onMiss: 'skip' | 'hold' }[]
  /** Ordered adoption keys: CRM field → value; only for records without a CRM id. */
  match: { field: string; value: string }[]
  onMultiple: 'newest' | 'oldest' | 'quarantine'
  mode: 'upsert' | 'update' | 'insert'
  /** Touchpoint as JSON for kind activity. */
  activity?: Record<string, unknown>
  /** Hash of the mapping file that asks for it, as it was then. */
  mapping?: string
}

/** What was decided about a record while an operation of it was under way, whose values counted as written. */
export interface Over {
  /** That operation. */
  over?: string
}

/** not_stored: the CRM accepted it, and a read afterwards found that it does not hold what was sent. */
export type OperationState = 'pending' | 'sending' | 'done' | 'held' | 'dead' | 'superseded' | 'not_stored'

export interface Operation extends NewOperation {
  run?: string
  state: OperationState
  attempts: number
  notBefore: Instant
  leaseUntil?: Instant
  createdAt: Instant
  finishedAt?: Instant
  /** The CRM record was created by it. */
  isCreated?: boolean
  error?: ErrorReport
}

export interface TouchpointRow extends NewTouchpoint {
  seq: number
  personRoot?: string
  accountRoot?: string
}

export interface ProjectCommit {
  now: Instant
  golden: {
    id: string
    golden: Record<string, unknown>
    hash: string
    account?: string
    stage: string
    /** Nothing tells who it is but an anonymous id: lists leave it out unless asked for all. */
    isVisitor?: boolean
  }[]
  /**
   * Each replaces the fields, links and match of the pending operation of its record (keeping the earlier dueAt and
   * more urgent lane), or is inserted as pending. Where the one under way has come back unsent meanwhile, nothing happens
   * to its record, which is marked for project instead.
   */
  operations: (NewOperation & Over)[]
  /** Records whose desired state needs nothing any more: their pending operation becomes superseded, with the same exception. */
  supersede: ({ destination: string; object: string; externalId: string } & Over)[]
  /** Inserted or updated; what is absent stays as it is. */
  projections: (Pick<ProjectionRow, 'destination' | 'object' | 'entity' | 'externalId'> & {
    desiredHash?: string
    loggedSeq?: number
  })[]
  /** Records that these entities have in the CRM, known by id; not where another entity has it. */
  adopted?: Pick<ProjectionRow, 'destination' | 'object' | 'entity' | 'externalId' | 'crmId'>[]
  dirtyDone: Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]
  dirty: DirtyMark[]
  /** Rows of which one of these values changed; what is absent becomes empty. */
  standing?: ({ id: string } & StandingColumns)[]
  /**
   * People without account of their own who name an employer by one of these keys, or by what a node of these accounts was
   * called, are marked dirty for project.
   */
  workers?: { keys: string[]; accounts: string[]; lane: Lane; dueAt: Instant }[]
}

export interface ProjectPort extends StandingPort {
  /**
   * Dirty marks of a stage and kind, most urgent lane first, then oldest. `waitForEnrich`: leaves out entities that
   * also have an enrich mark younger than that instant, unless that mark is itself delayed until after it is older; of
   * people marked since then also those of whose accounts one has such a mark. `now`: leaves out marks whose notBefore has
   * not come.
   */
  nextDirty(request: {
    stage: Stage
    kind: DirtyMark['kind']
    limit: number
    now: Instant
    waitForEnrich?: Instant
  }): Promise<DirtyItem[]>
  /** Whether anything in this lane could be absorbed, matched or projected now. */
  isBehind(lane: Lane): Promise<boolean>
  /** Of all nodes whose root is one of `roots`. */
  contributions(roots: string[]): Promise<ContributionRow[]>
  /**
   * Those of the roots that an identifier of their own points at: of people any but a browser's anonymous id, of accounts
   * any but the vendor id that billing gives to private customers too.
   */
  identified(roots: string[]): Promise<string[]>
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
  /** Those of the roots of whom another connection than this one has told a touchpoint; of accounts also through their people. */
  heardElsewhere(request: { kind: EntityKind; roots: string[]; connection: string }): Promise<string[]>
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
  /** Golden accounts, stages and account links as last projected. `parent`: root of the claimed one. */
  golden(roots: string[]): Promise<
    ({
      id: string
      kind: EntityKind
      golden: Record<string, unknown>
      hash?: string
      account?: string
      stage?: string
      createdAt: Instant
    } & StandingColumns)[]
  >
  /** How many records of ours a CRM holds, by object. Reads all shadows of the destination. */
  inCrm(destination: string): Promise<{ object: string; count: number }[]>
  commit(commit: ProjectCommit): Promise<void>
  /** Marks the people of these accounts dirty for project (their mapping reads account fields). */
  markPeopleOf(accounts: string[], lane: Lane, dueAt: Instant): Promise<number>
  /** Marks the quotes that name these people or accounts (roots) dirty for project: their mapping reads both. */
  markQuotesOf(roots: string[], lane: Lane, dueAt: Instant): Promise<number>
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
