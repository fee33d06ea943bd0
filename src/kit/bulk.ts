import type { LiveRecord, Quota, WriteOperation, WriteResult } from './destination.ts'
import type { ConnectorContext } from './source.ts'

/** How a bulk job finds its records: `update` by CRM id, `upsert` by external id (creating what is not there). */
export type BulkKind = 'update' | 'upsert'

/**
 * Where a bulk job stands at the vendor. `open`: nothing was handed over for processing yet, so it may be thrown away.
 * `finished`: its results can be read. `aborted` by a person and `failed` by the platform leave rows unprocessed.
 */
export type BulkState =
  | { state: 'open' }
  | { state: 'running' }
  | { state: 'finished'; end: 'complete' | 'aborted' | 'failed'; failed: number; reason?: string }

/** Result of one row; `key` is the CRM id (`update`) or external id (`upsert`) that was sent with it. */
export interface BulkResult {
  key: string
  result: WriteResult
}

/** Some rows of a finished job; each row of the job is told once. */
export interface BulkResults {
  /** Written and failed rows, in any order. */
  settled: BulkResult[]
  /** Keys of rows that the vendor never came to. */
  unprocessed: string[]
}

/** A bulk API beside the batches of `upsert`, for CRMs that have one. */
export interface BulkWrites<C> {
  /** Largest job, in rows and in bytes of JSON (UTF-8) of their values. */
  maxRows: number
  maxBytes: number
  /** Ready operations of one object from which a job is the better way; by what is left of the day's calls. */
  threshold(config: C, quota: Quota | undefined): number
  /** Whether a row can carry this write; what it cannot goes by `upsert`. */
  accepts(operation: WriteOperation): boolean
  /**
   * Creates a job, hands over the rows and closes it. `created` is awaited before anything is uploaded, so that the
   * job's id is never lost together with its rows; nothing is processed before it is closed.
   */
  start(
    ctx: ConnectorContext<C>,
    request: {
      object: string
      kind: BulkKind
      /** All fields that a row may have. */
      fields: string[]
      /** Begins again at every call. */
      rows(): AsyncIterable<WriteOperation[]>
      created(vendorId: string): Promise<void>
    },
  ): Promise<void>
  poll(ctx: ConnectorContext<C>, vendorId: string): Promise<BulkState>
  /** Everything that the vendor tells of a finished job, in pieces as it comes; may be read again from the beginning. */
  results(
    ctx: ConnectorContext<C>,
    job: { vendorId: string; object: string; kind: BulkKind; rows: number; failed: number },
  ): AsyncIterable<BulkResults>
  /** Ends a job; its rows that were not processed never will be. */
  abort(ctx: ConnectorContext<C>, vendorId: string): Promise<void>
  /** Ends open jobs of this object that we created since, and whose ids were lost. They hold no rows. */
  abandon(ctx: ConnectorContext<C>, request: { object: string; since: number }): Promise<void>
  /** Reads all records of ours that an object has, in few calls. */
  reads?: BulkReads<C>
}

export interface BulkReads<C> {
  /** Records per page. */
  pageSize: number
  start(ctx: ConnectorContext<C>, request: { object: string; fields: string[] }): Promise<string>
  /** `rows` once it has finished. */
  poll(
    ctx: ConnectorContext<C>,
    vendorId: string,
  ): Promise<{ isFinished: boolean; rows: number; reason?: string }>
  /** In pieces as they come. Records that were deleted, merged or converted away are left out. */
  page(
    ctx: ConnectorContext<C>,
    request: { vendorId: string; object: string; fields: string[]; page?: string | undefined },
  ): Promise<{ records: AsyncIterable<LiveRecord[]>; next?: string | undefined }>
}
