import { errorOf, type SalesforceError } from './errors.ts'
import { PERSON_OBJECTS } from './objects.ts'
import type { Org } from './org.ts'
import { duplicateError, validationError } from './rules.ts'
import type { FieldDef } from './schema.ts'
import type { StoredRecord, Table, Value } from './table.ts'
import { checkValue } from './values.ts'

export interface WriteOptions {
  /** Who writes; the integration user unless a test plays a person. */
  userId: string
  /** Sforce-Duplicate-Rule-Header allowSave. */
  allowSave: boolean
}

export type WriteOutcome = { record: StoredRecord; created: boolean } | { error: SalesforceError }
type Changes = Map<string, Value | undefined>

/** Names in a record's JSON that are not fields. */
const META = new Set(['attributes', 'id', 'Id'])

/** Creates a record, or updates `target`: all checks first, then everything or nothing. */
export function writeRecord(
  org: Org,
  table: Table,
  input: Record<string, unknown>,
  target: StoredRecord | undefined,
  options: WriteOptions,
): WriteOutcome {
  const changes: Changes = new Map()
  for (const name in input) {
    if (META.has(name)) continue
    const error = readField(org, table, name, input[name], target, changes)
    if (error) return { error }
  }
  if (options.userId !== org.humanUser)
    for (const name of [...changes.keys()])
      if (org.reverted.has(`${table.def.name}.${name}`)) changes.delete(name)
  const record: StoredRecord = target ? { ...target } : newRecord(org, table, options)
  if (!target) addDefaults(table, changes)
  apply(record, changes)
  const derived = derive(org, table, record, changes)
  apply(record, derived)
  const error = refusal(org, table, record, target, changes, options)
  if (error) return { error }
  const at = org.stamp()
  if (!target) {
    table.add(record)
  } else {
    for (const [name, value] of derived) changes.set(name, value)
    changes.set('SystemModstamp', at).set('LastModifiedDate', at).set('LastModifiedById', options.userId)
    table.change(target, changes)
  }
  if (table.def.name === 'Opportunity') keepHistory(org, target ?? record, changes, !target, options)
  if (table.def.name === 'Task' || table.def.name === 'Event') stampActivity(org, target ?? record)
  if (table.def.name === 'FieldPermissions' || table.def.name === 'PermissionSetAssignment')
    org.refreshAccess()
  return { record: target ?? record, created: !target }
}

/** Closed tasks and events that have begun are the last activity of whom and what they are about; no change of those. */
function stampActivity(org: Org, activity: StoredRecord): void {
  const isDone = activity.IsClosed === true || activity.StartDateTime !== undefined
  const at = String(activity.ActivityDate ?? activity.StartDateTime ?? activity.CreatedDate).slice(0, 10)
  if (!isDone || at > org.stamp().slice(0, 10)) return
  for (const id of [activity.WhoId, activity.WhatId, activity.AccountId]) {
    const table = typeof id === 'string' ? org.tableOfId(id) : undefined
    const parent = table?.records.get(String(id))
    if (!parent || !table?.def.fields.has('lastactivitydate')) continue
    if (String(parent.LastActivityDate ?? '') < at) table.change(parent, new Map([['LastActivityDate', at]]))
  }
}

const HISTORY = ['StageName', 'Amount', 'Probability', 'CloseDate']

function keepHistory(
  org: Org,
  opportunity: StoredRecord,
  changes: Changes,
  isNew: boolean,
  options: WriteOptions,
): void {
  if (!isNew && !HISTORY.some((name) => changes.has(name))) return
  const table = org.needTable('OpportunityHistory')
  const row = newRecord(org, table, options)
  row.OpportunityId = opportunity.Id
  for (const name of HISTORY) if (opportunity[name] !== undefined) row[name] = opportunity[name]
  table.add(row)
}

function readField(
  org: Org,
  table: Table,
  name: string,
  raw: unknown,
  target: StoredRecord | undefined,
  changes: Changes,
): SalesforceError | undefined {
  const field = org.field(table, name)
  if (!field) return errorOf('INVALID_FIELD', `No such column '${name}' on sobject of type ${table.def.name}`)
  if (target ? !field.updateable : !field.createable) {
    return errorOf(
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
      [field.name],
    )
  }
  const checked = checkValue(org, field, raw)
  if ('error' in checked) return checked.error
  changes.set(field.name, checked.value)
  return undefined
}

function newRecord(org: Org, table: Table, { userId }: WriteOptions): StoredRecord {
  const at = org.stamp()
  const record: StoredRecord = {
    Id: org.newId(table.def.prefix),
    IsDeleted: false,
    CreatedDate: at,
    CreatedById: userId,
    LastModifiedDate: at,
    LastModifiedById: userId,
    SystemModstamp: at,
  }
  if (table.def.fields.has('ownerid')) record.OwnerId = userId
  return record
}

function addDefaults(table: Table, changes: Changes): void {
  for (const field of defaulted(table)) {
    // A restricted or required picklist falls back to its default; an explicit null on a plain field stays null.
    if (!changes.has(field.name) || (!field.nillable && changes.get(field.name) === undefined)) {
      changes.set(field.name, field.defaultValue)
    }
  }
}

const defaulted = (table: Table): FieldDef[] => fieldsWhere(table).defaulted
const required = (table: Table): FieldDef[] => fieldsWhere(table).required
const unique = (table: Table): FieldDef[] => fieldsWhere(table).unique

interface FieldGroups {
  size: number
  defaulted: FieldDef[]
  required: FieldDef[]
  unique: FieldDef[]
}
const groups = new WeakMap<Table, FieldGroups>()

/** Kept per table and rebuilt when fields were added: scanning all definitions for each record is what costs. */
function fieldsWhere(table: Table): FieldGroups {
  let kept = groups.get(table)
  if (!kept || kept.size !== table.def.fields.size) {
    const fields = [...table.def.fields.values()]
    kept = {
      size: fields.length,
      defaulted: fields.filter((f) => f.defaultValue !== undefined),
      required: fields.filter(
        (f) => !f.nillable && f.createable && f.type !== 'boolean' && f.name !== 'OwnerId',
      ),
      unique: fields.filter((f) => f.isUnique),
    }
    groups.set(table, kept)
  }
  return kept
}

function apply(record: StoredRecord, changes: Changes): void {
  for (const [name, value] of changes) {
    if (value === undefined) delete record[name]
    else record[name] = value
  }
}

/** Values that the platform computes. */
function derive(org: Org, table: Table, record: StoredRecord, changes: Changes): Changes {
  const derived: Changes = new Map()
  if (PERSON_OBJECTS.has(table.def.name)) {
    const name = [record.FirstName, record.LastName].filter((part) => part !== undefined).join(' ')
    derived.set('Name', name || undefined)
  }
  if (table.def.name === 'Opportunity') {
    derived.set('IsWon', record.StageName === 'Closed Won')
    derived.set('IsClosed', record.StageName === 'Closed Won' || record.StageName === 'Closed Lost')
    if (changes.has('StageName')) derived.set('LastStageChangeDate', org.stamp())
  }
  if (table.def.name === 'Task') {
    derived.set('IsClosed', record.Status === 'Completed')
    if (record.Status === 'Completed' && record.CompletedDateTime === undefined)
      derived.set('CompletedDateTime', org.stamp())
  }
  if (table.def.name === 'CampaignMember') {
    const hasResponded = record.Status === 'Responded'
    derived.set('HasResponded', hasResponded)
    if (hasResponded && record.FirstRespondedDate === undefined)
      derived.set('FirstRespondedDate', org.stamp().slice(0, 10))
  }
  if (table.def.name === 'Task' || table.def.name === 'Event') {
    if (changes.has('WhoId') || changes.has('WhatId')) derived.set('AccountId', accountOfTask(org, record))
  }
  return derived
}

function accountOfTask(org: Org, task: StoredRecord): Value | undefined {
  const what = typeof task.WhatId === 'string' ? task.WhatId : ''
  if (what.startsWith('001')) return what
  const parent = what.startsWith('006')
    ? org.table('Opportunity')?.records.get(what)
    : org.table('Contact')?.records.get(String(task.WhoId))
  return parent?.AccountId
}

/** The platform's order: row state, required fields, own rules of the object, uniqueness, validation and duplicate rules. */
function refusal(
  org: Org,
  table: Table,
  record: StoredRecord,
  target: StoredRecord | undefined,
  changes: Changes,
  { allowSave }: WriteOptions,
): SalesforceError | undefined {
  const object = table.def.name
  if (target?.IsConverted) return errorOf('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
  const locked = lockedBy(org, table, record, target)
  if (locked)
    return errorOf(
      'UNABLE_TO_LOCK_ROW',
      `unable to obtain exclusive access to this record or 1 records: ${locked}`,
    )
  const missing = required(table).filter((field) => record[field.name] === undefined)
  if (missing.length > 0) {
    const list = missing.map((field) => field.name)
    return errorOf('REQUIRED_FIELD_MISSING', `Required fields are missing: [${list.join(', ')}]`, list)
  }
  const own = ownRule(org, object, record)
  if (own) return own
  for (const field of unique(table)) {
    const value = changes.get(field.name)
    if (value === undefined) continue
    for (const id of table.lookup(field, value)) {
      if (id === record.Id) continue
      return errorOf(
        'DUPLICATE_VALUE',
        `duplicate value found: ${field.name} duplicates value on record with id: ${id}`,
        [field.name],
      )
    }
  }
  const rules = org.validationRules.filter((entry) => entry.object === object).map((entry) => entry.rule)
  const invalid = rules.length > 0 ? validationError(rules, record) : undefined
  if (invalid) return invalid
  const duplicates = org.duplicateRules.get(object)
  // Rules look at a record when it is made and when the compared field changes.
  if (duplicates && (!target || changes.has(duplicates.field)))
    return duplicateError(table, duplicates, record, allowSave)
  return undefined
}

function ownRule(org: Org, object: string, record: StoredRecord): SalesforceError | undefined {
  if (
    (object === 'Task' || object === 'Event') &&
    typeof record.WhoId === 'string' &&
    record.WhoId.startsWith('00Q') &&
    record.WhatId !== undefined
  ) {
    return errorOf(
      'FIELD_INTEGRITY_EXCEPTION',
      'Related To ID: a task of a lead cannot relate to another record',
      ['WhatId'],
    )
  }
  if (object === 'CampaignMember') return memberRule(org, record)
  if (object === 'FieldPermissions') {
    const [owner = '', name = ''] = String(record.Field).split('.')
    const isField = owner === record.SobjectType && org.table(owner)?.def.fields.has(name.toLowerCase())
    if (!isField) {
      return errorOf(
        'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        `Field Name: bad value for restricted picklist field: ${record.Field}`,
        ['Field'],
      )
    }
  }
  return undefined
}

/** A member is one lead or one contact, once per campaign. */
function memberRule(org: Org, record: StoredRecord): SalesforceError | undefined {
  const person = record.LeadId ?? record.ContactId
  if (person === undefined)
    return errorOf('REQUIRED_FIELD_MISSING', 'Required fields are missing: [LeadId, ContactId]', ['LeadId'])
  for (const other of org.needTable('CampaignMember').records.values()) {
    const isSame = other.CampaignId === record.CampaignId && (other.LeadId ?? other.ContactId) === person
    if (isSame && other.Id !== record.Id && !other.IsDeleted)
      return errorOf('DUPLICATE_VALUE', 'Already a campaign member.', [])
  }
  return undefined
}

const PARENTS = ['AccountId', 'WhoId', 'WhatId', 'ParentId']

/**
 * The id on which a write would wait in vain. A write locks the record and its parents; creating a task locks its
 * parents only while it is open and dated.
 */
function lockedBy(
  org: Org,
  table: Table,
  record: StoredRecord,
  target: StoredRecord | undefined,
): string | undefined {
  if (org.locks.size === 0) return undefined
  const ids = target ? [record.Id] : []
  const isQuiet =
    table.def.name === 'Task' &&
    !target &&
    (record.Status === 'Completed' || record.ActivityDate === undefined)
  if (!isQuiet) for (const field of PARENTS) if (typeof record[field] === 'string') ids.push(record[field])
  for (const id of ids) {
    const left = org.locks.get(id)
    if (left === undefined) continue
    if (left <= 1) org.locks.delete(id)
    else org.locks.set(id, left - 1)
    return id
  }
  return undefined
}
