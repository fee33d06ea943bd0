import type { Destination, LiveRecord } from './destination.ts'
import type { HubError } from './errors.ts'
import type { ConnectorContext } from './source.ts'

/** What records of any CRM are about. */
export type RecordKind = 'account' | 'contact' | 'lead' | 'deal'

/**
 * What records say, whatever a CRM calls the field. `account`, `parent` and `owner` are CRM ids; those that end in `_at` are
 * instants or days; `bounced` is filled where mail came back; `lifecycle` says how far a company has come.
 */
export type RecordAttribute =
  | 'name'
  | 'first_name'
  | 'last_name'
  | 'email'
  | 'phone'
  | 'mobile'
  | 'website'
  | 'company'
  | 'title'
  | 'industry'
  | 'street'
  | 'city'
  | 'region'
  | 'postal_code'
  | 'country'
  | 'owner'
  | 'account'
  | 'parent'
  | 'created_at'
  | 'modified_at'
  | 'activity_at'
  | 'next_activity_at'
  | 'next_step'
  | 'bounced'
  | 'opted_out'
  | 'marketable'
  | 'lifecycle'
  | 'status'
  | 'source'
  | 'stage'
  | 'stage_since'
  | 'amount'
  | 'close_at'
  | 'is_closed'
  | 'is_won'

export interface InventoryObject {
  kind: RecordKind
  /** The field of each attribute; not every account of the vendor has each of them. */
  fields: Partial<Record<RecordAttribute, string>>
  /** Values of `lifecycle` of companies that have bought nothing yet. */
  beforeCustomer?: readonly string[]
  /** Fields that `page` looks at besides those it is asked for, where the account has them. */
  also?: readonly string[]
  /** How contact and account belong together: a field that can be written where absent, or else an association. */
  accountBy?: 'association'
}

export interface InventoryRecord extends LiveRecord {
  /** Contacts that belong to it, where the CRM tells with the record. */
  contacts?: number
}

export type MergeResult =
  /** The surviving record; a third id is possible. */
  { status: 'merged'; crmId: string } | { status: 'failed'; error: HubError }

/** All records of a CRM, also those that are not ours: how they are read, and how two of them become one. */
export interface Inventory<C> {
  objects: Record<string, InventoryObject>
  /**
   * One call's worth of live records in an order that does not change while they are read; those that are merged,
   * converted or deleted are left out. A record that is made meanwhile may be missing, none comes twice.
   */
  page(
    ctx: ConnectorContext<C>,
    request: { object: string; fields: string[]; page?: string },
  ): Promise<{ records: InventoryRecord[]; next?: string }>
  /** As those of the destination, also where nothing has been set up yet. */
  read: Destination<C>['read']
  find: Destination<C>['find']
  /** The loser's values fill the winner's gaps, and what belongs to it follows; or why the CRM's API cannot do that. */
  merge:
    | ((
        ctx: ConnectorContext<C>,
        request: { object: string; winner: string; loser: string },
      ) => Promise<MergeResult>)
    | { refused: string }
}
