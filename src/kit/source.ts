import type * as z from 'zod'
import type { Contribution, Instant } from '#model'
import type { CrmValue } from './destination.ts'
import type { Door } from './http.ts'
import type { Log } from './log.ts'

/** How urgent the effect of a change is; batches leave when full or when the lane's deadline has come. */
export const LANES = ['lead', 'billing', 'touchpoint', 'backfill'] as const
export type Lane = (typeof LANES)[number]

/** What becomes of a pull whose records have other fields than before. */
export const DRIFT_POLICIES = ['ignore', 'warn', 'stop'] as const
export type DriftPolicy = (typeof DRIFT_POLICIES)[number]

/** What connector code may use. No storage, no environment, no global fetch. */
export interface ConnectorContext<C> {
  connection: string
  config: C
  http: Door
  log: Log
  now(): Instant
  signal: AbortSignal
  /** A record that this connection holds, by stream and key: what an enricher that was given a file answers from. */
  stored?(stream: string, key: string): Promise<unknown>
}

export interface PageRequest<C> extends ConnectorContext<C> {
  /** Lower bound of this run (inclusive, lag already subtracted); undefined on the first full read. */
  since: Instant | undefined
  /** Upper bound, frozen when the run began. */
  until: Instant
  /** What the previous page returned as `next`; undefined on the first page. */
  token: string | undefined
}

export interface PageResult {
  records: unknown[]
  /** Token of the next page; absent on the last one. */
  next?: string | undefined
  /** Keys of records that the vendor reports as deleted. */
  deleted?: string[]
}

/** Cursor: JSON, opaque to the engine, valid after the records that came with it. */
export type Cursor = Record<string, unknown>

export interface Page {
  records: unknown[]
  deleted: string[]
  cursor: Cursor
  isLast: boolean
  /** When the request for this page was made: the version of records that carry none. */
  fetchedAt: Instant
}

export interface Pull<C> {
  read(ctx: ConnectorContext<C>, cursor: Cursor | undefined): AsyncGenerator<Page, void, void>
}

export interface MapContext<C> {
  connection: string
  config: C
}

/**
 * What the records of a CRM's stream have in common with those that its destination side writes, so that our own values do
 * not come back as if the CRM had said them. The key of such a record is its CRM id, and `map` names it `crmRecord(object,
 * key)` among the identifiers.
 */
export interface Mirror<R> {
  /** Of the connector's own destination side. */
  object: string
  /** Attribute that `map` takes from a field → that field, and what it holds as the destination reads it. */
  fields(record: R): Record<string, { field: string; value: CrmValue }>
  /** The company that a person belongs to there: the reference, or `→object` for an association. */
  account?(record: R): { field: string; object: string; crmId: string } | undefined
  createdAt?(record: R): Instant | undefined
}

/** A named collection read from a source. */
export interface Stream<C, R = unknown> {
  title?: string
  /** Loose: only the fields we use; an unknown enum value must parse. */
  record: z.ZodType<R>
  /** Stable within the stream. */
  key(record: R): string
  /** Version: older never overwrites newer. The time of the fetch where absent. */
  updatedAt?(record: R): Instant | undefined
  /** What makes two deliveries of one record equal; everything that was received where absent. */
  content?(record: R): unknown
  lane: Lane
  /** Whether this connection reads it; every one does where absent. */
  isOn?(config: C): boolean
  /** Only of a CRM: the destination side writes these records too. */
  mirror?: Mirror<R>
  /**
   * A read without a cursor brings every record that exists at the vendor: after a full read, what it did not bring is gone.
   * Not where a list ends with a time, a number of records or what the account may see.
   */
  listsAll?: boolean
  /** Absent where records arrive by webhook or import only. */
  pull?: Pull<C>
  /** Reads records by key: what a webhook's hint is turned into. Missing keys are deleted at the vendor. */
  fetch?(ctx: ConnectorContext<C>, keys: string[]): Promise<unknown[]>
  /** Pure: same record and config, same contributions. */
  map(record: R, ctx: MapContext<C>): Contribution[]
}

/** Binds the config type once, so that each stream's record type is inferred from its schema. */
export const streamsOf =
  <C>() =>
  <R>(stream: Stream<C, R>): Stream<C, R> =>
    stream

export interface IncomingDelivery<C> {
  headers: Headers
  /** Raw bytes: signatures are computed over them. */
  body: Uint8Array
  /** As the vendor called it: the configured public URL where there is one. */
  url: string
  config: C
  now: Instant
}

/** What a stored delivery says: records to keep, and hints to fetch the truth for. */
export interface ReceivedDelivery {
  records?: { stream: string; record: unknown }[]
  refetch?: { stream: string; key: string }[]
  deleted?: { stream: string; key: string }[]
}

export interface StoredDelivery<C> {
  headers: Record<string, string>
  body: string
  receivedAt: Instant
  config: C
}

export interface Webhook<C> {
  /** Throws SignatureError; runs on the raw bytes before anything is stored. */
  verify(delivery: IncomingDelivery<C>): Promise<void>
  /** The vendor's own delivery id, for deduplication; the body's hash where absent. */
  deliveryId?(delivery: { headers: Headers; body: string }): string | undefined
  /** Header names to keep with the receipt (lower case). */
  keepHeaders?: readonly string[]
  /** Pure. Throws RecordError where the body is not what the vendor documents. */
  receive(delivery: StoredDelivery<C>): ReceivedDelivery
  /** Answers a vendor's probe (Mailchimp GET, Slack challenge); undefined for a normal delivery. */
  probe?(request: { method: string; url: string }): Response | undefined
}
