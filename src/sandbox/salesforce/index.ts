import type { ConsentServer } from '../consent.ts'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { createApp } from './app.ts'
import { advanceJobs, type BulkTrouble } from './bulk.ts'
import { type CustomFields, Org } from './org.ts'
import { convertLead, deleteRecord, mergeRecords, needRecord } from './people.ts'
import type { DuplicateRule, ValidationRule } from './rules.ts'
import { dumpOrg, type OrgState, restoreOrg, snapshotOrg } from './snapshot.ts'
import type { StoredRecord, Value } from './table.ts'
import { writeRecord } from './write.ts'

export type { BulkTrouble } from './bulk.ts'
export type { CustomFields } from './org.ts'
export type { DuplicateRule, ValidationRule } from './rules.ts'
export type { FieldSpec } from './schema.ts'
export type { OrgState } from './snapshot.ts'

export interface SalesforceSandboxOptions {
  clock?: { now(): number }
  /** Default "sandbox-client". */
  clientId?: string
  /** Default "sandbox-secret". */
  clientSecret?: string
  /** Callbacks of the app; with them it may act for a person who agrees. */
  redirectUris?: readonly string[]
  /** Whom the app may act for by an assertion, and the public key of its certificate. */
  jwt?: { username: string; publicKey: CryptoKey }
  /** Newest API version spoken. Default "64.0". */
  apiVersion?: string
  /** API requests in any 24 hours. Default 1,000,000. */
  dailyLimit?: number
  /** People may be accounts: Account and Contact say of each record whether it is one. Default false. */
  personAccounts?: boolean
  /** Fields the org has besides the standard ones; fields of Task are declared on Task or Activity. */
  customFields?: CustomFields
}

export interface SalesforceSandbox extends Sandbox {
  /** API requests that counted against the limit. */
  readonly apiCalls: number
  /** Write requests, and records in them, whether or not they changed anything. */
  readonly writes: { requests: number; items: number }
  /** Live records with all their values, in order of creation. */
  records(object: string): Record<string, unknown>[]
  /** A live record by 18-character id. */
  record(object: string, id: string): Record<string, unknown> | undefined
  /** A person changes or creates (id undefined) a record in the user interface; returns its id. */
  edit(object: string, id: string | undefined, fields: Record<string, unknown>): string
  /** A person deletes a record. */
  remove(object: string, id: string): void
  merge(object: string, winner: string, loser: string): void
  convertLead(
    id: string,
    options?: { opportunity?: boolean },
  ): { accountId: string; contactId: string; opportunityId?: string }
  addValidationRule(object: string, rule: ValidationRule): void
  /** Writes of this field by the API are accepted and not kept, as a flow or trigger does; false ends it. */
  revert(object: string, field: string, isOn?: boolean): void
  /** undefined switches the rule off. */
  setDuplicateRule(object: string, rule: DuplicateRule | undefined): void
  /** The next `times` writes that need this record fail with UNABLE_TO_LOCK_ROW. */
  lock(id: string, times?: number): void
  /** What goes wrong with the next bulk job that is closed; called again, with the one after it. */
  troubleBulk(trouble: BulkTrouble): void
  /** The same for the next query job. */
  troubleBulkQuery(trouble: Pick<BulkTrouble, 'durationMs'>): void
  /** Ingest jobs in order of creation. */
  bulkJobs(): {
    id: string
    object: string
    operation: string
    state: string
    processed: number
    refused: number
    assignmentRuleId?: string
  }[]
  /** An administrator aborts a job that has not finished. */
  abortBulkJob(id: string): void
  /** People and the app that acts for them. */
  readonly consent: ConsentServer
  /** Ends every session: the next call answers 401. */
  expireTokens(): void
  setDailyLimit(limit: number): void
  snapshot(): Record<string, Record<string, Value>[]>
  dump(): OrgState
  restore(state: OrgState): void
}

/** A simulated Salesforce org; see README.md of connectors/salesforce for what of the API it speaks. */
export function createSalesforceSandbox(options: SalesforceSandboxOptions = {}): SalesforceSandbox {
  const org = new Org({
    now: () => options.clock?.now() ?? Date.now(),
    clientId: options.clientId ?? 'sandbox-client',
    clientSecret: options.clientSecret ?? 'sandbox-secret',
    apiVersion: options.apiVersion ?? '64.0',
    redirectUris: options.redirectUris,
    jwt: options.jwt,
    dailyLimit: options.dailyLimit ?? 1_000_000,
  })
  if (options.personAccounts) org.usePersonAccounts()
  for (const [object, fields] of Object.entries(options.customFields ?? {})) {
    for (const [name, spec] of Object.entries(fields)) org.addField(object, name, spec, false)
  }
  const sandbox = createSandbox({
    name: 'salesforce',
    hosts: ['login.salesforce.com', 'test.salesforce.com', 'acme.my.salesforce.com'],
    app: createApp(org),
  })
  const live = (record: StoredRecord) => !record.IsDeleted
  const controls: Omit<SalesforceSandbox, keyof Sandbox | 'apiCalls' | 'writes'> = {
    records: (object) =>
      [...org.needTable(object).records.values()].filter(live).map((record) => ({ ...record })),
    record(object, id) {
      const record = org.needTable(object).records.get(id)
      return record && live(record) ? { ...record } : undefined
    },
    edit(object, id, fields) {
      const target = id === undefined ? undefined : needRecord(org, object, id).record
      const outcome = writeRecord(org, org.needTable(object), fields, target, {
        userId: org.humanUser,
        allowSave: true,
      })
      if ('error' in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
      return outcome.record.Id
    },
    remove(object, id) {
      const { table, record } = needRecord(org, object, id)
      deleteRecord(org, table, record)
    },
    merge: (object, winner, loser) => mergeRecords(org, object, winner, loser),
    convertLead: (id, how = {}) => convertLead(org, id, how),
    addValidationRule: (object, rule) => void org.validationRules.push({ object, rule }),
    revert(object, field, isOn = true) {
      if (isOn) org.reverted.add(`${object}.${field}`)
      else org.reverted.delete(`${object}.${field}`)
    },
    setDuplicateRule(object, rule) {
      if (rule) org.duplicateRules.set(object, rule)
      else org.duplicateRules.delete(object)
    },
    lock: (id, times = 1) => void org.locks.set(id, times),
    troubleBulk: (trouble) => void org.bulkTroubles.push(trouble),
    troubleBulkQuery: (trouble) => void org.queryTroubles.push(trouble),
    bulkJobs: () =>
      [...org.ingestJobs.values()].map(
        ({ id, object, operation, state, processed, refused, assignmentRuleId }) => ({
          id,
          object,
          operation,
          state,
          processed,
          refused,
          ...(assignmentRuleId ? { assignmentRuleId } : {}),
        }),
      ),
    abortBulkJob(id) {
      const job = org.ingestJobs.get(id)
      if (!job) throw new Error(`The sandbox has no job ${id}`)
      job.trouble = { ...job.trouble, durationMs: 0, abortAfter: 0 }
      job.state = 'InProgress'
      advanceJobs(org)
    },
    consent: org.consent,
    expireTokens: () => org.sessions.clear(),
    setDailyLimit(limit) {
      org.options.dailyLimit = limit
    },
    snapshot: () => snapshotOrg(org),
    dump: () => dumpOrg(org),
    restore: (state) => restoreOrg(org, state),
  }
  return Object.defineProperties(Object.assign(sandbox, controls), {
    apiCalls: { get: () => org.apiCalls, enumerable: true },
    writes: { get: () => ({ ...org.writes }), enumerable: true },
  }) as SalesforceSandbox
}
