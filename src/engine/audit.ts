import type { LiveRecord } from '#kit'
import { type Connection, contextOf } from './connection.ts'
import { inDoubt } from './deciding/decide.ts'
import { isEmpty, isStillOurs, sameValue } from './deciding/same-value.ts'
import type { EngineDeps } from './deps.ts'
import type { Operation, ProjectionRow, WrittenField, WrittenFields } from './ports.ts'

export interface AuditRequest {
  /** All CRMs where absent. */
  destination?: string
  /** Lets the next plan write what the CRM accepted and did not store; never what a person changed. */
  heal?: boolean
}

export type Verdict =
  /** The CRM holds what we wrote. */
  | 'equal'
  /** Somebody has changed it since. */
  | 'edited'
  /** The CRM does not tell the field any more. */
  | 'missing'
  /** It was accepted and the CRM holds what it held before, and the record has not changed since. */
  | 'not_stored'
  /** Sent, and the answer was lost: the CRM holds neither that nor what it held before. */
  | 'in_doubt'

export interface AuditExample {
  field: string
  verdict: Verdict
  crmId: string
  entity: string
  written: unknown
  live: unknown
}

export interface ObjectAudit {
  destination: string
  object: string
  records: {
    checked: number
    /** With all fields equal. */
    equal: number
    deleted: number
    merged: number
    /** Their external id is not the one we gave them. */
    foreign: number
  }
  fields: Record<string, Record<Verdict, number>>
  /** The first few of each field and verdict. */
  examples: AuditExample[]
  /** Values of match fields, or external ids, that several records of the CRM hold. */
  duplicates: { count: number; examples: { field: string; value: string; crmIds: string[] }[] }
  /** Fields that the next plan will write again. */
  healed: number
}

export interface Audit {
  objects: ObjectAudit[]
  /** Records with fields that the next plan will write again. */
  healed: { destination: string; object: string; externalId: string }[]
  isClean: boolean
}

const CHUNK = 1_000
const EXAMPLES = 3
const DUPLICATES = 20

/** Where an audit goes on. */
export interface AuditPlace {
  destination: string
  after?: { object: string; entity: string }
}

interface AuditedPage {
  /** Absent after the last one. */
  place?: AuditPlace
  checked: number
  healed: Audit['healed']
}

/** Compares what the CRMs hold with what we wrote, record by record, with bounded memory. */
export async function audit(
  deps: EngineDeps,
  request: AuditRequest,
  options: { signal: AbortSignal; onProgress?: (checked: number) => void },
): Promise<Audit> {
  const objects: ObjectAudit[] = []
  const healed: Audit['healed'] = []
  let place: AuditPlace | undefined
  do {
    options.signal.throwIfAborted()
    const page = await auditPage(deps, request, place, objects, options.signal)
    healed.push(...page.healed)
    if (page.checked > 0) options.onProgress?.(page.checked)
    place = page.place
  } while (place)
  return { objects, healed, isClean: objects.every(isClean) }
}

/** One page of an audit: what it finds is added to `objects`. */
export async function auditPage(
  deps: EngineDeps,
  request: AuditRequest,
  place: AuditPlace | undefined,
  objects: ObjectAudit[],
  signal: AbortSignal,
): Promise<AuditedPage> {
  const destinations = [...deps.connections.values()]
    .filter(({ name, connector }) => connector.destination && (request.destination ?? name) === name)
    .map(({ name }) => name)
  const destination = place?.destination ?? destinations[0]
  const connection = destination === undefined ? undefined : deps.connections.get(destination)
  if (destination === undefined || !connection?.connector.destination) return { checked: 0, healed: [] }
  const rows = await deps.store.repair.shadows({
    destination,
    limit: CHUNK,
    ...(place?.after ? { after: place.after } : {}),
  })
  const healed: Audit['healed'] = []
  for (const [object, group] of Map.groupBy(rows, (row) => row.object)) {
    let own = objects.find((one) => one.destination === destination && one.object === object)
    if (!own) {
      own = emptyAudit(destination, object)
      objects.push(own)
    }
    const compared = await auditRecords(deps, connection, group, own, signal)
    if (request.heal) healed.push(...(await heal(deps, compared, own)))
  }
  const last = rows.at(-1)
  const following = destinations[destinations.indexOf(destination) + 1]
  const next = last
    ? { destination, after: { object: last.object, entity: last.entity } }
    : following === undefined
      ? undefined
      : { destination: following }
  return { ...(next ? { place: next } : {}), checked: rows.length, healed }
}

const emptyAudit = (destination: string, object: string): ObjectAudit => ({
  destination,
  object,
  records: { checked: 0, equal: 0, deleted: 0, merged: 0, foreign: 0 },
  fields: {},
  examples: [],
  duplicates: { count: 0, examples: [] },
  healed: 0,
})

export function isClean({ records, duplicates }: ObjectAudit): boolean {
  return records.equal === records.checked && records.foreign === 0 && duplicates.count === 0
}

interface Compared {
  row: ProjectionRow
  record: LiveRecord
  fields: { name: string; verdict: Verdict; written: WrittenField; live: unknown }[]
}

async function auditRecords(
  deps: EngineDeps,
  connection: Connection,
  rows: ProjectionRow[],
  own: ObjectAudit,
  signal: AbortSignal,
): Promise<Compared[]> {
  const { object } = own
  const api = connection.connector.destination!
  const spec = api.objects[object]
  // Written by a connector that knew the object.
  if (!spec) return []
  const names = [...new Set(rows.flatMap((row) => valueNames(deps, row)))]
  const asked = spec.modifiedField ? [...new Set([...names, spec.modifiedField])] : names
  const ctx = contextOf(connection, { ...deps, signal })
  const crmIds = [...new Set(rows.map((row) => row.crmId!))]
  const live = new Map((await api.read(ctx, { object, crmIds, fields: asked })).map((r) => [r.crmId, r]))
  const operations = await operationsOfMismatches(deps, rows, live)
  const compared: Compared[] = []
  for (const row of rows) {
    own.records.checked++
    const record = live.get(row.crmId!)
    if (!record) own.records.deleted++
    else if (record.movedTo) own.records.merged++
    else {
      if (record.externalId !== row.externalId) own.records.foreign++
      compared.push({ row, record, fields: compare(deps, row, record, operations, spec.modifiedField) })
    }
  }
  for (const one of compared) count(one, own)
  await findDuplicates(deps, connection, compared, own, signal)
  return compared
}

/** Written values, without references: those are compared by what they point to when they are written. */
function valueNames(deps: EngineDeps, { destination, object, written }: ProjectionRow): string[] {
  const references = referencesOf(deps, destination, object)
  return Object.keys(written).filter((name) => !name.startsWith('→') && !references.has(name))
}

const referencesOf = (deps: EngineDeps, destination: string, object: string): Set<string> =>
  new Set(
    deps
      .mappings()
      .filter((m) => m.destination === destination && m.object === object)
      .flatMap((m) => m.fields.flatMap((field) => (field.lookup ? [field.name] : []))),
  )

/** Before-images, for the fields where they decide. */
async function operationsOfMismatches(
  deps: EngineDeps,
  rows: ProjectionRow[],
  live: Map<string, LiveRecord>,
): Promise<Map<string, Operation>> {
  const ids = new Set<string>()
  for (const { crmId, written } of rows) {
    const record = live.get(crmId!)
    if (!record || record.movedTo) continue
    for (const [name, own] of Object.entries(written))
      if (name in record.fields && 'value' in own && !isStillOurs(record.fields[name], own.value))
        ids.add(own.operation)
  }
  if (ids.size === 0) return new Map()
  return new Map((await deps.store.repair.operations([...ids])).map((operation) => [operation.id, operation]))
}

function compare(
  deps: EngineDeps,
  row: ProjectionRow,
  record: LiveRecord,
  operations: Map<string, Operation>,
  modifiedField: string | undefined,
): Compared['fields'] {
  const modifiedAt = modifiedField ? instantOf(record.fields[modifiedField]) : undefined
  return valueNames(deps, row).map((name) => {
    const written = row.written[name]!
    const live = record.fields[name]
    const operation = operations.get(written.operation)
    return { name, written, live, verdict: verdictOf(name, written, live, operation, modifiedAt) }
  })
}

function verdictOf(
  name: string,
  written: WrittenField,
  live: unknown,
  operation: Operation | undefined,
  modifiedAt: number | undefined,
): Verdict {
  if (live === undefined) return 'missing'
  if (written.withheld?.because === 'not_stored')
    return sameValue(live, written.withheld.value)
      ? 'equal'
      : isStillOurs(live, written.value)
        ? 'not_stored'
        : 'edited'
  if ('value' in written && isStillOurs(live, written.value)) return 'equal'
  if ('maybe' in written)
    return inDoubt(written).some((value) => isStillOurs(live, value)) ? 'equal' : 'in_doubt'
  const field = operation?.fields[name]
  const isAsBefore =
    field !== undefined && 'before' in field
      ? sameValue(live, field.before)
      : operation?.isCreated === true && isEmpty(live)
  // A person may well have put the old value back: only a record that has not changed since proves that nobody did.
  return isAsBefore && modifiedAt !== undefined && modifiedAt <= written.at ? 'not_stored' : 'edited'
}

/** CRMs tell instants as ISO text or as milliseconds. */
function instantOf(value: unknown): number | undefined {
  if (value === null || value === undefined || value === '') return undefined
  const at = /^\d+$/.test(String(value)) ? Number(value) : Date.parse(String(value).replace(/\+0000$/, 'Z'))
  return Number.isNaN(at) ? undefined : at
}

function count({ row, record, fields }: Compared, own: ObjectAudit): void {
  for (const { name, verdict, written, live } of fields) {
    own.fields[name] ??= { equal: 0, edited: 0, missing: 0, not_stored: 0, in_doubt: 0 }
    const nth = ++own.fields[name][verdict]
    if (verdict === 'equal' || nth > EXAMPLES) continue
    const value = written.withheld?.because === 'not_stored' ? written.withheld.value : written.value
    own.examples.push({ field: name, verdict, crmId: record.crmId, entity: row.entity, written: value, live })
  }
  if (fields.every(({ verdict }) => verdict === 'equal')) own.records.equal++
}

/** Several records with one value of a field by which existing records are found. */
async function findDuplicates(
  deps: EngineDeps,
  connection: Connection,
  compared: Compared[],
  own: ObjectAudit,
  signal: AbortSignal,
): Promise<void> {
  const { destination, object } = own
  const matchFields = new Set(
    deps
      .mappings()
      .filter((m) => m.destination === destination && m.object === object && m.mode !== 'off')
      .flatMap((m) => m.matchFields),
  )
  const ctx = contextOf(connection, { ...deps, signal })
  for (const field of matchFields) {
    const values = [
      ...new Set(
        compared.flatMap(({ record }) => {
          const value = record.fields[field]
          return isEmpty(value) ? [] : [String(value)]
        }),
      ),
    ]
    if (values.length === 0) continue
    const found = await connection.connector.destination!.find(ctx, {
      object,
      field,
      values,
      fields: [field],
    })
    const holders = new Map<string, Set<string>>()
    for (const record of found)
      for (const value of record.matched ?? [String(record.fields[field] ?? '')]) {
        const key = value.toLowerCase()
        holders.set(key, (holders.get(key) ?? new Set()).add(record.crmId))
      }
    for (const [value, crmIds] of holders) {
      if (crmIds.size < 2) continue
      own.duplicates.count++
      if (own.duplicates.examples.length < DUPLICATES)
        own.duplicates.examples.push({ field, value, crmIds: [...crmIds].sort() })
    }
  }
}

/** What the CRM holds is our starting point again, so that the next projection asks for the value once more. */
async function heal(deps: EngineDeps, compared: Compared[], own: ObjectAudit): Promise<Audit['healed']> {
  const now = deps.clock.now()
  const rows = compared.flatMap(({ row, fields }): WrittenFields[] => {
    const lost = fields.filter(({ verdict }) => verdict === 'not_stored')
    if (lost.length === 0) return []
    own.healed += lost.length
    const { destination, object, entity, externalId } = row
    const written = Object.fromEntries(
      lost.map(({ name, live, written: { operation } }) => [
        name,
        { value: live ?? null, at: now, operation },
      ]),
    )
    return [{ destination, object, entity, externalId, written }]
  })
  if (rows.length > 0) await deps.store.repair.heal(rows, now)
  return rows.map(({ destination, object, externalId }) => ({ destination, object, externalId }))
}
