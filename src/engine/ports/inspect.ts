import type { ErrorReport } from '#kit'
import type { IdentifierKind, Instant, TrafficBy } from '#model'
import type { RunRow } from './control.ts'
import type { HeldDeletions } from './deletions.ts'
import type { Delivery } from './deliver.ts'
import type { EntityKind } from './entity-kind.ts'
import type { StoredRecord } from './intake.ts'
import type { Operation, OperationState, ProjectionRow, TouchpointRow } from './project.ts'
import type { Hold } from './thresholds.ts'

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
  /** The one that says most to a reader: e-mail or domain before own id, vendor's id, anonymous id. */
  identifier?: string
}

export interface Totals {
  receipts: { new: number; done: number; dead: number }
  records: { total: number; pending: number; dead: number }
  people: number
  accounts: number
  /** Without those of whom nothing but a browser's anonymous id is known. */
  knownPeople: number
  knownAccounts: number
  touchpoints: number
  documents: Record<string, number>
  operations: { destination: string; object: string; state: OperationState; count: number; created: number }[]
  dirty: { stage: string; count: number }[]
  usage: { connection: string; calls: number; failures: number }[]
  enrichments: { provider: string; status: string; count: number; cost: number }[]
  /** Objects to which continuous delivery writes nothing until a person has looked. */
  holds: Hold[]
  /** Streams of which no deletion is applied until a person has decided. */
  deletionHolds: HeldDeletions[]
}

/** Pending operations of one object whose last attempt failed for one reason. */
export interface StuckOperations {
  destination: string
  object: string
  /** Of one of them, where their texts differ. */
  error: ErrorReport
  count: number
  /** When the first of them is tried again. */
  nextAt: Instant
}

/** Touchpoints of one kind on one UTC day that no machine made, of people or companies that are more than a visitor. */
export interface TouchpointDay {
  entityKind: EntityKind
  kind: string
  day: number
  count: number
  /** How many of them had any. */
  entities: number
}

export interface TouchpointDays {
  days: TouchpointDay[]
  /** Share of the people and of the companies that were counted: 1 unless there are more of them than asked for. */
  share: Record<EntityKind, number>
}

export interface ActiveQuery {
  kind: EntityKind | 'quote'
  since: Instant
  limit: number
  /** Last id of the page before. */
  after?: string
  /** Without visitors. */
  isKnown?: boolean
}

export interface TrafficQuery {
  /** UTC day numbers of the sites' own days, both included. */
  from: number
  to: number
  by: readonly TrafficBy[]
  limit: number
}

export interface TrafficCount {
  day?: number
  site?: string
  channel?: string
  source?: string
  medium?: string
  campaign?: string
  landing_page?: string
  visits: number
  engagedVisits: number
  newVisitors: number
  conversions: number
  /** Some of it is not exact. */
  isLimited: boolean
}

/** What is stored of one stream, and what its runs brought. */
export interface StreamState {
  stream: string
  /** Records, deleted ones among them. */
  records: { total: number; pending: number; dead: number }
  /** The newest pull or import. */
  lastRun?: RunRow
  /** Of the runs since the instant that was asked for. */
  pulled: { runs: number; records: number; changed: number }
}

/** The records of a stream that arrived last, as far as they are not deleted. */
export interface StreamSample {
  bodies: string[]
  /** The newest change among them. */
  changedAt?: Instant
  /** Of those that say something about somebody: for how many that somebody is more than a visitor. */
  identified: { of: number; known: number }
}

export interface InspectPort {
  /** Streams of a connection that have records or runs. */
  streamStates(query: { connection: string; since: Instant }): Promise<StreamState[]>
  streamSample(query: { connection: string; stream: string; limit: number }): Promise<StreamSample>
  /** Visits counted together, most first. */
  traffic(query: TrafficQuery): Promise<TrafficCount[]>
  /** A touchpoint belongs to the company only where it has no person. */
  touchpointDays(query: {
    sinceDay: number
    /** Of more people, or companies, about so many are counted, by chance. */
    most: number
  }): Promise<TouchpointDays>
  /** Roots, or quotes, by id, of which a source has said something since then; companies also where their people did something. */
  activeSince(query: ActiveQuery): Promise<string[]>
  totals(): Promise<Totals>
  records(
    query: PageQuery & { connection?: string; stream?: string; key?: string },
  ): Promise<Page<StoredRecord & { error?: ErrorReport; state: 'pending' | 'absorbed' | 'dead' }>>
  touchpoints(
    query: PageQuery & { person?: string; account?: string; kind?: string },
  ): Promise<Page<TouchpointRow>>
  entities(
    query: PageQuery & { kind?: EntityKind; search?: string; isKnown?: boolean },
  ): Promise<Page<EntityRow>>
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
  /** Operations that failed and are tried again, by the code of their last error. */
  stuckOperations(): Promise<StuckOperations[]>
  /** Of the operations of a run that are done, how many changed something in the CRM. */
  written(run: string): Promise<number>
  /** How many operations that a run has claimed are in which state. */
  outcomes(run: string): Promise<Partial<Record<OperationState, number>>>
  deliveries(operation: string): Promise<Delivery[]>
  /** Newest first. `scope` is one, or all that begin with it: a connection, or a stream with the files of its imports. */
  runs(
    query: PageQuery & { kind?: RunRow['kind']; state?: RunRow['state']; scope?: string },
  ): Promise<Page<RunRow>>
  /** The newest pull of each stream. */
  lastPulls(): Promise<RunRow[]>
  deadLetters(query: PageQuery & { stage?: DeadLetter['stage'] }): Promise<Page<DeadLetter>>
}
