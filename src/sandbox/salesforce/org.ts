import { type ConsentServer, createConsentServer } from '../consent.ts'
import type { BulkTrouble, IngestJob, QueryJob } from './bulk.ts'
import { RequestError } from './errors.ts'
import { makeId } from './ids.ts'
import { standardObjects } from './objects.ts'
import type { DuplicateRule, ValidationRule } from './rules.ts'
import { type FieldDef, type FieldSpec, fieldOf } from './schema.ts'
import { type StoredRecord, Table, type Value } from './table.ts'

export interface OrgOptions {
  now: () => number
  clientId: string
  clientSecret: string
  /** Registered callback of the app that acts for a person. */
  redirectUris?: readonly string[] | undefined
  /** The integration user who may be acted for by assertion, and the certificate's public key. */
  jwt?: { username: string; publicKey: CryptoKey } | undefined
  /** Newest API version it speaks ("64.0"). */
  apiVersion: string
  /** Requests in any 24 hours. */
  dailyLimit: number
}

/** Custom fields as a test or demo declares them: object → field → spec; they are visible at once. */
export type CustomFields = Record<string, Record<string, FieldSpec>>

export const ORG_ID = makeId('00D', 1)
const HOUR_MS = 3_600_000
/** A session dies when it was not used for this long. */
const SESSION_MS = 2 * HOUR_MS

/** Everything one simulated org holds. */
export class Org {
  readonly options: OrgOptions
  /** People and the app that acts for them. */
  readonly consent: ConsentServer
  readonly tables = new Map<string, Table>()
  readonly validationRules: { object: string; rule: ValidationRule }[] = []
  /** "Object.Field" that an automation sets back in silence whenever the API writes it. */
  readonly reverted = new Set<string>()
  readonly duplicateRules = new Map<string, DuplicateRule>()
  /** Id → writes that still find it locked. */
  readonly locks = new Map<string, number>()
  readonly ingestJobs = new Map<string, IngestJob>()
  readonly queryJobs = new Map<string, QueryJob>()
  /** What goes wrong with the next ingest and query jobs, one each. */
  readonly bulkTroubles: BulkTrouble[] = []
  readonly queryTroubles: BulkTrouble[] = []
  /** Fields made through the API: visible only as far as permission sets grant. */
  readonly grantable: { object: string; field: FieldDef }[] = []
  readonly declared: { object: string; name: string; spec: FieldSpec; isGrantable: boolean }[] = []
  readonly sessions = new Map<string, number>()
  readonly callsByHour = new Map<number, number>()
  readonly counters = new Map<string, number>()
  apiCalls = 0
  writes = { requests: 0, items: 0 }
  integrationUser = ''
  humanUser = ''

  constructor(options: OrgOptions) {
    this.options = options
    this.consent = createConsentServer({
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      redirectUris: options.redirectUris ?? [],
      scopes: ['api', 'refresh_token'],
      now: options.now,
    })
    for (const def of standardObjects()) this.tables.set(def.name.toLowerCase(), new Table(def))
    this.integrationUser = this.#addUser('integration@acme.example', 'Integration', 'User')
    this.humanUser = this.#addUser('sam.sales@acme.example', 'Sam', 'Sales')
  }

  /** The table of an object, by name without case. */
  table(name: string): Table | undefined {
    return this.tables.get(name.toLowerCase())
  }

  needTable(name: string): Table {
    const table = this.table(name)
    if (!table || table.def.isTooling)
      throw new RequestError(404, 'NOT_FOUND', 'The requested resource does not exist')
    return table
  }

  /** A field that the integration user may see. */
  field(table: Table, name: string): FieldDef | undefined {
    const field = table.def.fields.get(name.toLowerCase())
    return field?.isGranted ? field : undefined
  }

  /** Object that an id belongs to, by its key prefix. */
  tableOfId(id: string): Table | undefined {
    for (const table of this.tables.values()) if (id.startsWith(table.def.prefix)) return table
    return undefined
  }

  newId(prefix: string): string {
    const n = (this.counters.get(prefix) ?? 0) + 1
    this.counters.set(prefix, n)
    return makeId(prefix, n)
  }

  /** Adds a custom field and returns its id; fields of Activity appear on Task. */
  addField(object: string, name: string, spec: FieldSpec, isGrantable: boolean): string {
    const owner = this.table(object)?.def.customFieldsOf ?? object
    for (const table of this.tables.values()) {
      if (table.def.customFieldsOf !== owner) continue
      const field = fieldOf(name, { ...spec, isGranted: !isGrantable })
      table.def.fields.set(name.toLowerCase(), field)
      if (isGrantable) this.grantable.push({ object: table.def.name, field })
    }
    this.declared.push({ object: owner, name, spec, isGrantable })
    const id = this.newId('00N')
    const at = this.stamp()
    this.table('CustomField')!.add({
      Id: id,
      DeveloperName: name.replace(/__c$/, ''),
      TableEnumOrId: owner,
      IsDeleted: false,
      CreatedDate: at,
      LastModifiedDate: at,
      SystemModstamp: at,
      CreatedById: this.integrationUser,
      LastModifiedById: this.integrationUser,
    })
    return id
  }

  /** Fields that tell people from companies; this simulator makes companies only. */
  usePersonAccounts(): void {
    for (const object of ['Account', 'Contact']) {
      const field = fieldOf('IsPersonAccount', { type: 'boolean', createable: false, updateable: false })
      this.needTable(object).def.fields.set('ispersonaccount', field)
    }
    // A lead without company becomes a person.
    const { fields } = this.needTable('Lead').def
    fields.set('company', { ...fields.get('company')!, nillable: true })
  }

  /** Whether custom fields can be added to an object of this name. */
  ownsFields(owner: string): boolean {
    return [...this.tables.values()].some(
      (table) => table.def.customFieldsOf === owner && !table.def.isTooling,
    )
  }

  hasField(owner: string, name: string): boolean {
    return [...this.tables.values()].some(
      (table) => table.def.customFieldsOf === owner && table.def.fields.has(name.toLowerCase()),
    )
  }

  /** Recomputes which API-made fields the integration user may see. */
  refreshAccess(): void {
    const assigned = new Set<Value | undefined>()
    for (const row of this.#rows('PermissionSetAssignment')) {
      if (row.AssigneeId === this.integrationUser) assigned.add(row.PermissionSetId)
    }
    const granted = new Set<Value | undefined>()
    for (const row of this.#rows('FieldPermissions')) {
      if (row.PermissionsRead && assigned.has(row.ParentId)) granted.add(row.Field)
    }
    for (const { object, field } of this.grantable) field.isGranted = granted.has(`${object}.${field.name}`)
  }

  openSession(): string {
    const n = (this.counters.get('session') ?? 0) + 1
    this.counters.set('session', n)
    const token = `${ORG_ID.slice(0, 15)}!AQ4AQ.${makeId('tok', n).slice(3)}`
    this.sessions.set(token, this.options.now())
    return token
  }

  /** Whether the token is good; using it keeps it alive. */
  touchSession(token: string): boolean {
    const usedAt = this.sessions.get(token)
    const now = this.options.now()
    if (usedAt === undefined || now - usedAt > SESSION_MS) return false
    this.sessions.set(token, now)
    return true
  }

  /** Counts one API request; false where the limit of the last 24 hours is reached. */
  spendCall(): boolean {
    if (this.callsOfDay() >= this.options.dailyLimit) return false
    const hour = Math.floor(this.options.now() / HOUR_MS)
    this.callsByHour.set(hour, (this.callsByHour.get(hour) ?? 0) + 1)
    this.apiCalls++
    return true
  }

  callsOfDay(): number {
    const oldest = Math.floor(this.options.now() / HOUR_MS) - 23
    let calls = 0
    for (const [hour, count] of this.callsByHour) {
      if (hour < oldest) this.callsByHour.delete(hour)
      else calls += count
    }
    return calls
  }

  #lastStamp: { second: number; text: string } = { second: Number.NaN, text: '' }

  /** Now, as Salesforce writes it: whole seconds, offset without colon. */
  stamp(): string {
    const second = Math.floor(this.options.now() / 1000)
    if (second !== this.#lastStamp.second) this.#lastStamp = { second, text: stampOf(second * 1000) }
    return this.#lastStamp.text
  }

  #rows(object: string): StoredRecord[] {
    return [...this.needTable(object).records.values()].filter((row) => !row.IsDeleted)
  }

  #addUser(username: string, first: string, last: string): string {
    const id = this.newId('005')
    const at = this.stamp()
    this.needTable('User').add({
      Id: id,
      Username: username,
      FirstName: first,
      LastName: last,
      Name: `${first} ${last}`,
      Email: username,
      IsActive: true,
      UserType: 'Standard',
      IsDeleted: false,
      CreatedDate: at,
      LastModifiedDate: at,
      SystemModstamp: at,
      CreatedById: id,
      LastModifiedById: id,
    })
    return id
  }
}

/** `2026-11-22T10:00:00.000+0000` */
export const stampOf = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('Z', '+0000')
