import type { CrmUser, CrmValue, RecordAttribute, RecordKind } from '#kit'

/** A record of a CRM in words that all CRMs share. */
export interface CrmRecord {
  object: string
  kind: RecordKind
  crmId: string
  /** Attributes that the CRM has a field for. */
  has: ReadonlySet<RecordAttribute>
  /** What is filled in; an empty field is absent. */
  values: { readonly [A in RecordAttribute]?: string | number | boolean }
  /** Contacts that belong to it, where the CRM tells. */
  contacts?: number
}

/** A change that puts an issue right. `set` holds new values; null clears. */
export type Fix =
  | { kind: 'standardise' | 'reassign'; set: { [A in RecordAttribute]?: CrmValue } }
  | { kind: 'archive' }
  /** Into the first of them. */
  | { kind: 'merge'; crmIds: string[] }

export interface Issue {
  check: string
  /** What the record says that is wrong. */
  attribute?: RecordAttribute
  value?: unknown
  /** Why, where the check's own name does not say it. */
  note?: string
  /** Other records of the same object, or `object id` of another one, that it is about. */
  others?: string[]
  /** Absent where only a person can know what is right. */
  fix?: Fix
}

/** What checks of one record need to know of all others. */
export interface Surroundings {
  now: number
  settings: Settings
  users: ReadonlyMap<string, CrmUser>
  /** The account of a contact or deal, as far as it was read. */
  account(crmId: string): KnownAccount | undefined
  /** The only account with this company domain. */
  accountOfDomain(domain: string): string | undefined
  /** Values that a field may have, where the CRM has a list. */
  listOf(object: string, attribute: RecordAttribute): ReadonlySet<string> | undefined
}

export interface KnownAccount {
  domain?: string | undefined
  company?: string | undefined
  country?: string | undefined
  owner?: string | undefined
}

export interface Settings {
  /** Share of records that are out of date after a year, 0–1. */
  yearlyDecay: number
  /** A record is stale where less than this share of its trust is left, 0–1. */
  leastTrust: number
  /** Days without activity. */
  idleDealDays: number
  idleAccountDays: number
  deadAccountDays: number
  /** A deal is stuck that is in its stage for so many times the median of the deals in it. */
  stuckFactor: number
  /** A median of fewer deals says nothing. */
  stuckDeals: number
  stuckDays: number
  /** CRM id of the user who gets what nobody active owns. */
  reassignTo?: string
}

/** https://www.marketingsherpa.com names 22.5 % a year for B2B; a quarter is the usual rule. */
export const DEFAULTS: Settings = {
  yearlyDecay: 0.25,
  leastTrust: 0.5,
  idleDealDays: 90,
  idleAccountDays: 180,
  deadAccountDays: 730,
  stuckFactor: 3,
  stuckDeals: 10,
  stuckDays: 30,
}

export const DAY_MS = 86_400_000

/** ISO text or milliseconds, as CRMs tell instants; undefined for anything else. */
export function instantOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '' || typeof value === 'boolean') return undefined
  const at = /^-?\d{9,}$/.test(String(value)) ? Number(value) : Date.parse(String(value))
  return Number.isNaN(at) ? undefined : at
}

export const textOf = (record: CrmRecord, attribute: RecordAttribute): string | undefined => {
  const value = record.values[attribute]
  return value === undefined ? undefined : String(value)
}

export const isTrue = (record: CrmRecord, attribute: RecordAttribute): boolean =>
  String(record.values[attribute]) === 'true'

export const isOpenDeal = (record: CrmRecord): boolean =>
  record.kind === 'deal' && !isTrue(record, 'is_closed') && !isTrue(record, 'is_won')

/** People have a name of their own, an e-mail address, a telephone. */
export const isPerson = ({ kind }: CrmRecord): boolean => kind === 'contact' || kind === 'lead'
