import type { CustomFields, Org } from './org.ts'
import { fieldOf } from './schema.ts'
import type { StoredRecord, Table, Value } from './table.ts'

/** State of an org as JSON; rules, locks, bulk jobs, the limit and open query cursors are not part of it. */
export interface OrgState {
  version: 1
  records: Record<string, StoredRecord[]>
  customFields: { object: string; name: string; spec: CustomFields[string][string]; isGrantable: boolean }[]
  sessions: [string, number][]
  callsByHour: [number, number][]
  counters: [string, number][]
  apiCalls: number
  writes: { requests: number; items: number }
}

export function dumpOrg(org: Org): OrgState {
  return structuredClone({
    version: 1 as const,
    records: Object.fromEntries(
      [...org.tables.values()].map((table) => [table.def.name, [...table.records.values()]]),
    ),
    customFields: org.declared,
    sessions: [...org.sessions],
    callsByHour: [...org.callsByHour],
    counters: [...org.counters],
    apiCalls: org.apiCalls,
    writes: org.writes,
  })
}

/**
 * Replaces everything the org holds with a dumped state, and ends what is under way; rules, the limit and custom fields
 * that the org declares itself stay.
 */
export function restoreOrg(org: Org, state: OrgState): void {
  const copy = structuredClone(state)
  for (const { object, name, spec, isGrantable } of copy.customFields) {
    const isKnown = org.declared.some((field) => field.object === object && field.name === name)
    if (!isKnown) org.addField(object, name, spec, isGrantable)
  }
  for (const table of org.tables.values()) {
    table.clear()
    for (const record of copy.records[table.def.name] ?? []) table.add(record)
  }
  refill(org.sessions, copy.sessions)
  refill(org.callsByHour, copy.callsByHour)
  refill(org.counters, copy.counters)
  org.apiCalls = copy.apiCalls
  org.writes = copy.writes
  for (const underWay of [org.locks, org.ingestJobs, org.queryJobs]) underWay.clear()
  org.bulkTroubles.length = 0
  org.queryTroubles.length = 0
  org.refreshAccess()
}

function refill<K, V>(map: Map<K, V>, entries: [K, V][]): void {
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

const CRM_OBJECTS = ['Account', 'Contact', 'Lead', 'Opportunity', 'Task']
const VOLATILE = new Set([
  'Id',
  'CompletedDateTime',
  'CreatedDate',
  'LastActivityDate',
  'LastStageChangeDate',
  'LastModifiedDate',
  'SystemModstamp',
  'CreatedById',
  'LastModifiedById',
  'IsDeleted',
])

/**
 * All live CRM records without ids and times: references become the external id, e-mail or name of what they point at,
 * keys and records are sorted. Two orgs with equal snapshots hold the same content.
 */
export function snapshotOrg(org: Org): Record<string, Record<string, Value>[]> {
  const out: Record<string, Record<string, Value>[]> = {}
  for (const object of CRM_OBJECTS) {
    const table = org.needTable(object)
    const rows = [...table.records.values()]
      .filter((record) => !record.IsDeleted)
      .map((record) => canonical(org, table, record))
    const keyed = rows.map((row) => ({ key: JSON.stringify(row), row }))
    out[object] = keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row)
  }
  return out
}

function canonical(org: Org, table: Table, record: StoredRecord): Record<string, Value> {
  const row: Record<string, Value> = {}
  for (const name of Object.keys(record).sort()) {
    const value = record[name]!
    if (VOLATILE.has(name)) continue
    const field = table.def.fields.get(name.toLowerCase()) ?? fieldOf(name, { type: 'string' })
    row[name] = field.type === 'reference' ? labelOf(org, String(value)) : value
  }
  return row
}

/** How a reference is shown: external id, else e-mail, else name. */
function labelOf(org: Org, id: string): string {
  const table = org.tableOfId(id)
  const record = table?.records.get(id)
  if (!table || !record) return '(missing)'
  for (const field of table.def.fields.values()) {
    if (field.isExternalId && record[field.name] !== undefined) return String(record[field.name])
  }
  return String(record.Username ?? record.Email ?? record.Name ?? '(unnamed)')
}
