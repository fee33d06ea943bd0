import * as z from 'zod'
import { batchError, type ItemError, invalid, invalidValues, notFound, Refusal } from './errors.ts'
import { type Collection, findBy, findRecord, type Portal, propertyOf, release } from './portal.ts'
import type { StoredRecord } from './types.ts'
import { type Change, check, commit, unknownProperties, type Version } from './write.ts'

const MAX_INPUTS = 100
const MAX_WITH_HISTORY = 50

const writeInput = z.object({
  id: z.string().min(1).optional(),
  idProperty: z.string().optional(),
  objectWriteTraceId: z.string().optional(),
  properties: z.record(z.string(), z.string()).default({}),
})
type WriteInput = z.output<typeof writeInput>
const writeBody = z.object({ inputs: z.array(writeInput).min(1) })
const readBody = z.object({
  inputs: z.array(z.object({ id: z.string() })).min(1),
  properties: z.array(z.string()).default([]),
  propertiesWithHistory: z.array(z.string()).default([]),
  idProperty: z.string().optional(),
})

export type Mode = 'upsert' | 'create' | 'update'

interface Answer {
  status: 200 | 201 | 207
  body: Record<string, unknown>
}

/** Writes a batch. With a trace id on every input failures are per item (207); without, one failure refuses all. */
export function writeBatch(
  portal: Portal,
  collection: Collection,
  mode: Mode,
  json: unknown,
  version: Version,
): Answer {
  const { inputs } = parse(writeBody, json)
  limit(inputs.length)
  const unknown = unknownProperties(
    collection,
    inputs.map((input) => input.properties),
  )
  if (unknown.length > 0) throw new Refusal(invalidValues(unknown))
  requireKeys(portal, collection, mode, inputs)
  const traces = new Set(inputs.map((input) => input.objectWriteTraceId))
  const isPerItem =
    inputs.every((input) => input.objectWriteTraceId) && inputs.every((input) => input.idProperty !== 'email')
  if (isPerItem && traces.size < inputs.length)
    throw new Refusal(invalid('objectWriteTraceId must be unique within a batch'))
  if (!isPerItem) refuseAllForOne(portal, collection, mode, inputs, version)

  const results: Record<string, unknown>[] = []
  const errors: ReturnType<typeof batchError>[] = []
  for (const input of inputs) {
    const change = plan(portal, collection, mode, input, version)
    if (!('values' in change)) {
      errors.push(batchError(change, input.objectWriteTraceId))
      continue
    }
    const record = commit(portal, collection, change)
    results.push({
      ...render(record, Object.keys(change.values), collection),
      ...(mode === 'upsert' ? { new: change.record === undefined } : {}),
      ...(input.objectWriteTraceId ? { objectWriteTraceId: input.objectWriteTraceId } : {}),
    })
  }
  const status = errors.length > 0 ? 207 : mode === 'create' ? 201 : 200
  return { status, body: envelope(portal, results, errors) }
}

function refuseAllForOne(
  portal: Portal,
  collection: Collection,
  mode: Mode,
  inputs: WriteInput[],
  version: Version,
): void {
  const emails = new Set<string>()
  for (const input of inputs) {
    const change = plan(portal, collection, mode, input, version)
    if (!('values' in change)) throw new Refusal(change)
    const { email } = change.values
    if (collection.object !== 'contacts' || !email) continue
    if (emails.has(email)) throw new Refusal(invalid(`Duplicate email ${email} in batch input`))
    emails.add(email)
  }
}

function plan(
  portal: Portal,
  collection: Collection,
  mode: Mode,
  input: WriteInput,
  version: Version,
): Change | ItemError {
  const record = mode === 'create' ? undefined : locate(collection, input)
  if (mode === 'update' && !record) return notFound(collection.object, [input.id!])
  const key = mode === 'upsert' && !record ? { [input.idProperty!]: input.id! } : {}
  return check(portal, collection, record, { ...key, ...input.properties }, version)
}

const locate = (collection: Collection, { id, idProperty }: WriteInput): StoredRecord | undefined =>
  idProperty ? findBy(collection, idProperty, id!) : findRecord(collection, id!)

function requireKeys(portal: Portal, collection: Collection, mode: Mode, inputs: WriteInput[]): void {
  if (mode === 'create') return
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { id, idProperty } of inputs) {
    if (id === undefined || (mode === 'upsert' && !idProperty)) {
      throw new Refusal(invalid(`Invalid input JSON: ${id === undefined ? 'id' : 'idProperty'} is required`))
    }
    if (idProperty && !collection.unique.has(idProperty)) {
      throw new Refusal(
        invalid(
          `Unable to perform update/upsert by non-unique ${collection.object} property ${idProperty} in portal ID ${portal.id}`,
        ),
      )
    }
    const target = locate(collection, { id, idProperty, properties: {} })
    const keys = [`${idProperty ?? ''} ${id}`, ...(target ? [`= ${target.id}`] : [])]
    if (keys.some((key) => seen.has(key))) repeated.add(id)
    for (const key of keys) seen.add(key)
  }
  if (repeated.size === 0) return
  const ids = [...repeated]
  throw new Refusal(
    invalid(`Duplicate IDs found in batch input: [${ids.join(', ')}]. IDs must be unique`, { ids }),
  )
}

export function readBatch(portal: Portal, collection: Collection, json: unknown): Answer {
  const { inputs, properties, propertiesWithHistory, idProperty } = parse(readBody, json)
  limit(inputs.length)
  if (propertiesWithHistory.length > 0 && inputs.length > MAX_WITH_HISTORY)
    throw new Refusal(
      invalid(
        `The maximum number of inputs with property history is ${MAX_WITH_HISTORY}, but ${inputs.length} were given`,
      ),
    )
  if (idProperty && !collection.unique.has(idProperty))
    throw new Refusal(invalid(`Property ${idProperty} is not unique`))
  const missing: string[] = []
  const found = new Map<string, StoredRecord>()
  for (const { id } of inputs) {
    const record = idProperty ? findBy(collection, idProperty, id) : findRecord(collection, id)
    if (record) found.set(record.id, record)
    else missing.push(id)
  }
  const errors = missing.length > 0 ? [batchError(notFound(collection.object, missing))] : []
  const results = [...found.values()].map((record) => ({
    ...render(record, properties, collection),
    ...(propertiesWithHistory.length > 0
      ? { propertiesWithHistory: historyOf(record, propertiesWithHistory) }
      : {}),
  }))
  return { status: errors.length > 0 ? 207 : 200, body: envelope(portal, results, errors) }
}

/** Newest first; the simulator keeps the history of deal stages only. */
const historyOf = (record: StoredRecord, names: string[]): Record<string, unknown[]> =>
  Object.fromEntries(
    names.map((name) => [
      name,
      name === 'dealstage'
        ? [...(record.stages ?? [])].reverse().map(({ value, timestamp }) => ({
            value,
            timestamp: new Date(timestamp).toISOString(),
            sourceType: 'CRM_UI',
            sourceId: 'userId:1',
          }))
        : [],
    ]),
  )

export function archiveBatch(portal: Portal, collection: Collection, json: unknown): void {
  const { inputs } = parse(readBody, json)
  limit(inputs.length)
  for (const { id } of inputs) archive(portal, collection, id)
}

export function archive(portal: Portal, collection: Collection, id: string): void {
  const record = findRecord(collection, id)
  if (!record) return
  release(collection, record)
  record.archivedAt = portal.now()
  portal.writes.archived++
}

/** A record in an answer: what was asked for (unknown names are left out) and what HubSpot always adds. */
export function render(
  record: StoredRecord,
  names: string[],
  collection: Collection,
): Record<string, unknown> {
  const created = new Date(record.createdAt).toISOString()
  const updated = new Date(record.updatedAt).toISOString()
  const modified = collection.object === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'
  const properties: Record<string, string | null> = {
    createdate: created,
    hs_object_id: record.id,
    [modified]: updated,
  }
  for (const name of names)
    if (collection.properties.has(name))
      properties[name] = collection.calculated(record, name) ?? propertyOf(record, name)
  return {
    id: record.id,
    properties,
    createdAt: created,
    updatedAt: updated,
    archived: record.archivedAt !== undefined,
    ...(record.archivedAt === undefined ? {} : { archivedAt: new Date(record.archivedAt).toISOString() }),
  }
}

function envelope(portal: Portal, results: unknown[], errors: unknown[]): Record<string, unknown> {
  const at = new Date(portal.now()).toISOString()
  return {
    status: 'COMPLETE',
    results: shuffle(results),
    startedAt: at,
    completedAt: at,
    ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
  }
}

/** HubSpot does not promise the order of results, so that of the inputs is never kept. Same input, same order. */
function shuffle<T>(items: T[]): T[] {
  const out = items.reverse()
  let seed = out.length
  for (let i = out.length - 1; i > 0; i--) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    const j = seed % (i + 1)
    const held = out[i]!
    out[i] = out[j]!
    out[j] = held
  }
  return out
}

function limit(count: number): void {
  if (count <= MAX_INPUTS) return
  throw new Refusal(
    invalid(
      `The maximum number of inputs supported in a batch request is ${MAX_INPUTS}, but ${count} were given`,
    ),
  )
}

export function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Refusal(invalid(`Invalid input JSON on ${issue?.path.join('.') || 'line 1'}: ${issue?.message}`))
}
