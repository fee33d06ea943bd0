import type { BulkWrites } from './bulk.ts'
import type { HubError } from './errors.ts'
import type { Inventory } from './inventory.ts'
import type { ConnectorContext } from './source.ts'

/** A value on its way to a CRM field. null clears the field; an absent field is left alone. */
export type CrmValue = string | number | boolean | null
export type CrmFields = Record<string, CrmValue>

export interface FieldDescription {
  name: string
  label?: string
  type:
    | 'text'
    | 'number'
    | 'integer'
    | 'currency'
    | 'boolean'
    | 'date'
    | 'datetime'
    | 'picklist'
    | 'multipicklist'
    | 'email'
    | 'phone'
    | 'url'
    | 'reference'
    | 'other'
  isWritable: boolean
  isRequired: boolean
  isExternalId: boolean
  maxLength?: number
  /** Allowed values where the CRM enforces them. */
  options?: string[]
  /** Values that the user interface offers where the CRM takes any other as well. */
  offered?: string[]
  /** Object names a reference may point to. */
  references?: string[]
}

/** One record to write, already decided: the fields are exactly what is to be stored. */
export interface WriteOperation {
  /** Operation id; travels as trace id where the CRM can echo one. */
  id: string
  /** Our key on the CRM record. */
  externalId: string
  /** Set when the record is known; a record without it is created or found by external id. */
  crmId?: string
  /** Adopt a record that we did not create: write by `crmId` and set our external id on it. */
  adopt?: boolean
  fields: CrmFields
  /** Associations to records that exist, by CRM id (HubSpot); Salesforce references are ordinary fields. */
  links?: { object: string; crmId: string }[]
}

/** The outcome of one operation; `failed` carries a classed error, so the engine knows what to do. */
export type WriteResult =
  | { status: 'written'; crmId: string; created: boolean }
  | { status: 'skipped'; reason: string; crmId?: string }
  | { status: 'failed'; error: HubError }

export type ArchiveResult =
  | { status: 'archived' }
  /** It was not there any more. */
  | { status: 'gone' }
  | { status: 'failed'; error: HubError }

export interface LiveRecord {
  crmId: string
  externalId?: string
  fields: CrmFields
  /** Values that found it, where they are not in `fields`: a contact's secondary e-mail. */
  matched?: string[]
  /** Surviving id where this one was merged or converted away. */
  movedTo?: string
  /** Object of `movedTo` where it is another one: a lead that became a contact. */
  movedToObject?: string
  /** When it last changed, by the CRM's clock; only from `changes`. */
  modifiedAt?: number
  /** In the recycle bin or archive; only from `changes`. */
  isDeleted?: boolean
}

export interface ChangesRequest {
  object: string
  /** By the CRM's clock; records changed at this instant are answered too. */
  since: number
  fields: string[]
  /** `next` of the page before; absent for the first one. */
  page?: string
  /** Deleted records are wanted even where looking for them costs calls of its own. */
  deletions: boolean
}

/**
 * How much is read before a write. read: every record. needed: records of which a policy asks what the CRM holds. poll: of
 * these, what the change poll has brought is used instead, where it is fresh.
 */
export type LiveMode = 'poll' | 'needed' | 'read'

/** What changed in a CRM, oldest change first. */
export interface ChangeFeed<C> {
  /** A change may be missing from an answer, or be answered in an older state, for this long. */
  lagMs: number
  /** Records per call. */
  pageSize: number
  /** It is asked no more often than this by itself; right before a delivery it may be. */
  everyMs: number
  /** How often deleted records are looked for, where that costs calls of its own. */
  deletionsEveryMs: number
  /** Of mappings that do not say. */
  live: LiveMode
  /**
   * One call's worth of records that changed. A record may come more than once; one that changed while pages are read
   * comes with a later page or with the next poll, never not at all.
   */
  page(
    ctx: ConnectorContext<C>,
    request: ChangesRequest,
  ): Promise<{ records: LiveRecord[]; next?: string | undefined }>
}

/** A touchpoint on its way to the timeline of a CRM record, destination-neutral. */
export interface Activity {
  externalId: string
  kind: string
  subject: string
  body: string
  occurredAt: number
  direction: 'inbound' | 'outbound'
  count: number
  /** CRM record of the person or company. */
  on: { object: string; crmId: string }
  /** CRM record of the person's company, where there is one. */
  account?: { object: string; crmId: string }
}

export interface ObjectSpec {
  title: string
  /** Name of the unique field that holds our key. */
  externalId: string
  /** Records per write call. */
  batchSize: number
  /** Records per read call. */
  readSize: number
  /** Parents have lower ranks and are written first. */
  rank: number
  /** Field that holds when the record changed last, readable like any other. */
  modifiedField?: string
  /** Field that holds the record's owner. */
  ownerField?: string
  /** Fields that refer to another object's record, by field name → object (Salesforce AccountId → Account). */
  references?: Record<string, string[]>
  /** References whose records a write locks as well: two batches at once never share one. */
  locks?: string[]
  /** Object whose records may have become records of this one (Salesforce: a converted Lead is a Contact). */
  succeeds?: string
  /** Fields whose values are stages that a record passes in their order; see `stagesOf`. */
  stages?: string[]
  /** Turns a touchpoint into this object's fields; only on objects usable in `activities: as`. */
  activity?(activity: Activity): { fields: CrmFields; links?: { object: string; crmId: string }[] }
}

/** Two records of a CRM that belong together. */
export interface LinkedPair {
  from: string
  to: string
}

/** Associations of records, where they are no fields (HubSpot). */
export interface Links<C> {
  /** By CRM id: with which records of the other object it is associated; `isLabelled` where people gave it a meaning of their own. */
  read(
    ctx: ConnectorContext<C>,
    request: { object: string; to: string; crmIds: string[] },
  ): Promise<Map<string, { crmId: string; isLabelled: boolean }[]>>
  /** Associates, or takes it back; repeating changes nothing. Any number of pairs; throws where nothing can be said of them. */
  change(
    ctx: ConnectorContext<C>,
    request: { object: string; to: string; how: 'add' | 'remove'; pairs: LinkedPair[] },
  ): Promise<void>
}

/** Somebody who works in the CRM and can own records there. */
export interface CrmUser {
  id: string
  email: string
  name: string
  /** Whether new records may be given to them. */
  isActive: boolean
}

export interface SetupStep {
  object: string
  what: string
  state: 'present' | 'missing' | 'created' | 'failed'
  detail?: string
}

/** API calls of the day: all tools together, as the vendor counts them. */
export interface Quota {
  used: number
  limit: number
}

export interface Destination<C> {
  objects: Record<string, ObjectSpec>
  /** Fields of an object as the integration user sees them. */
  describe(ctx: ConnectorContext<C>, object: string): Promise<FieldDescription[]>
  /** What is unusual about an object of this account and concerns whoever maps it, by its fields. */
  caveats?(object: string, fields: FieldDescription[]): string[]
  /** Current values by CRM id; an id without an answer no longer exists. Any number of ids: the destination chunks. */
  read(
    ctx: ConnectorContext<C>,
    request: { object: string; crmIds: string[]; fields: string[] },
  ): Promise<LiveRecord[]>
  /** Records whose `field` has one of `values` (exact match as the CRM compares), for adoption and for checks. */
  find(
    ctx: ConnectorContext<C>,
    request: { object: string; field: string; values: string[]; fields: string[] },
  ): Promise<LiveRecord[]>
  /** Writes up to `batchSize` records; one result per operation, same length and order. Throws only when nothing was sent. */
  upsert(ctx: ConnectorContext<C>, object: string, operations: WriteOperation[]): Promise<WriteResult[]>
  /** Absent where the CRM has no bulk API, or needs none. */
  bulk?: BulkWrites<C>
  /** Batches of one object under way at once, of records without a common parent. Default 1. */
  concurrency?(config: C): number
  /** Absent where the CRM cannot tell what changed. */
  changes?: ChangeFeed<C>
  /** Values of a field from its first to its last stage; a record only moves forward unless its mapping says otherwise. */
  stagesOf?(ctx: ConnectorContext<C>, object: string, field: string): Promise<string[]>
  /** Absent where all references are fields. */
  links?: Links<C>
  /** Everybody who owns records or has owned some; absent where mappings cannot name people by their e-mail. */
  users?(ctx: ConnectorContext<C>): Promise<CrmUser[]>
  /** The day's quota, read from the headers of the last answer (lower-case names); undefined where they do not tell. */
  quota?(headers: Record<string, string>): Quota | undefined
  /**
   * Moves records to the CRM's recycle bin, from where people can restore them: to take back what was created. One result
   * per id, in their order; any number of ids. Throws where the CRM is out of reach.
   */
  archive?(ctx: ConnectorContext<C>, request: { object: string; crmIds: string[] }): Promise<ArchiveResult[]>
  /** Absent where a CRM's own data cannot be looked through. */
  inventory?: Inventory<C>
  /** Finds (and with `apply` creates) the fields that Tributary needs. */
  setup(
    ctx: ConnectorContext<C>,
    request: { apply: boolean; fields: Record<string, Record<string, FieldNeed>> },
  ): Promise<SetupStep[]>
}

/** A field that mappings use, with the type the mapping produces. */
export interface FieldNeed {
  type: FieldDescription['type']
  label: string
  isExternalId?: boolean
}

export const defineDestination = <C>(destination: Destination<C>): Destination<C> => destination
