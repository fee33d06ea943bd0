import { type ConnectorContext, type CrmFields, type LiveRecord, RecordError, reportOf } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { LiveRow, Operation, OperationResult, ProjectionRow } from '../ports.ts'
import { unsent } from '../sending/pause.ts'
import { editsOf } from './edits.ts'
import { look, valueFields, type Wanted } from './live-values.ts'
import type { Prepared } from './prepared.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

/** The CRM record an operation is for: ours, adopted, or none yet. */
export interface Target {
  crmId?: string
  adopt: boolean
  /** What the CRM holds, as far as it matters; undefined where the record is new or was not looked at. */
  live: CrmFields | undefined
  /** What it held when it was last seen, for before-images of a record that was not looked at. */
  seen?: LiveRow
  /** Field → when somebody else changed our value of it. */
  edited?: LiveRow['edited']
  /** The CRM was not asked about this record just now: it may be gone. */
  isUnread?: boolean
}

/** Current values of records by CRM id, as a destination's `read`. */
export type ReadRecords = (request: {
  object: string
  crmIds: string[]
  fields: string[]
}) => Promise<LiveRecord[]>

export interface LookOptions {
  /** Tells what the CRM holds, instead of its API. */
  read?: ReadRecords
  /** Records are read, whatever the mappings say. */
  isStrict?: boolean
  /** Operations of the object that wait behind these. */
  ahead?: number
}

export async function findTargets(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  projections: Map<string, ProjectionRow>,
  prepared: Prepared,
  options: LookOptions = {},
): Promise<Map<string, Target>> {
  const fieldNames = [
    ...new Set(operations.flatMap((o) => Object.keys(o.fields).filter((name) => !name.startsWith('→')))),
  ]
  const targets = new Map<string, Target>()
  const known = operations.filter((o) => projections.get(o.entity)?.crmId)
  if (known.length > 0) await findKnown(deps, ctx, object, known, projections, targets, prepared, options)
  const unknown = operations.filter((o) => !projections.get(o.entity)?.crmId)
  await adopt(
    deps,
    ctx,
    object,
    await withoutSuccessors(deps, ctx, object, unknown, prepared),
    fieldNames,
    targets,
    prepared,
  )
  return targets
}

/** Our own records, through the redirects of the CRM: a record that was merged away is written where it went. */
async function findKnown(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  known: Operation[],
  projections: Map<string, ProjectionRow>,
  targets: Map<string, Target>,
  prepared: Prepared,
  { isStrict = false, ahead = 0, read: readRecords }: LookOptions,
): Promise<void> {
  const destination = ctx.connection
  const api = deps.connections.get(destination)!.connector.destination!
  const idOf = (operation: Operation) => projections.get(operation.entity)!.crmId!
  const keys = [...new Set(known.map(idOf))].map((crmId) => ({ destination, object, crmId }))
  const redirects = new Map((await deps.store.deliver.redirects(keys)).map((r) => [r.from, r]))
  const wanted = known.flatMap((operation): Wanted[] => {
    const { written } = projections.get(operation.entity)!
    const crmId = idOf(operation)
    const way = redirects.get(crmId)
    if (!way?.toObject || way.toObject === object) return [{ operation, written, crmId: way?.to ?? crmId }]
    prepared.results.push(converted(operation, object, crmId, way.toObject, way.to))
    return []
  })
  if (wanted.length === 0) return
  const { asked, isKept, read, readAt, rows, fresh } = await look(deps, ctx, object, wanted, {
    isStrict,
    ahead,
    read: readRecords ?? ((request) => api.read(ctx, request)),
  })
  // Merged away since: the survivor is what is written to. A converted lead has its survivor among the contacts.
  const survivors = [...read.values()].flatMap((r) => (isElsewhere(r, object) ? [] : (r.movedTo ?? [])))
  const moved =
    survivors.length > 0
      ? await api.read(ctx, {
          object,
          crmIds: [...new Set(survivors)],
          fields: [...new Set(wanted.flatMap(({ operation }) => valueFields(operation)))],
        })
      : []
  const survivorById = new Map(moved.map((r) => [r.crmId, r]))
  for (const { operation, written, crmId } of wanted) {
    const row = rows.get(crmId)
    if (!asked.has(crmId)) {
      const live = fresh.has(crmId) ? (row!.fields as CrmFields) : undefined
      targets.set(operation.id, {
        crmId,
        adopt: false,
        live,
        isUnread: true,
        ...(row ? { seen: row } : {}),
        ...(row?.edited ? { edited: row.edited } : {}),
      })
      continue
    }
    const found = read.get(crmId)
    const live = found?.movedTo ? survivorById.get(found.movedTo) : found
    if (found?.movedTo && isElsewhere(found, object)) {
      prepared.results.push(converted(operation, object, crmId, found.movedToObject!, found.movedTo))
      prepared.redirects.push(redirectTo(destination, object, found))
      continue
    }
    if (!live) {
      const where = found?.movedTo ? `is ${object} ${found.movedTo} now` : 'was deleted'
      prepared.results.push(gone(operation, `${object} ${crmId} ${where} in the CRM`))
      continue
    }
    const projection = projections.get(operation.entity)!
    // A record that we have never written, or the survivor of a merge, does not carry our key yet.
    const isUnwritten = !Object.values(projection.written).some((field) => 'value' in field)
    const isForeign = live.crmId !== crmId || isUnwritten
    const isOthers = live.externalId !== undefined && live.externalId !== operation.externalId
    if (isUnwritten && isOthers) {
      prepared.results.push(notOurs(operation, object, live))
      continue
    }
    if (live.crmId !== crmId)
      prepared.redirects.push({ destination, object, from: crmId, to: live.crmId, reason: 'merged' })
    const before = live.crmId === crmId ? row : undefined
    const edited = editsOf({ fields: live.fields, seenAt: readAt, at: readAt }, written, before)
    targets.set(operation.id, {
      crmId: live.crmId,
      adopt: isForeign && live.externalId === undefined,
      live: live.fields,
      edited: { ...before?.edited, ...edited },
    })
    // What this operation does not write may have waited for an edit that is over.
    const isOver = Object.entries(edited).some(([field, at]) => at === null && !(field in operation.fields))
    if (isOver) prepared.wake.push({ destination, object, entity: operation.entity })
    const isNews = Object.entries(edited).some(([field, at]) => (before?.edited?.[field] ?? null) !== at)
    if (isKept || isNews)
      prepared.live.push({
        destination,
        object,
        crmId: live.crmId,
        fields: live.fields,
        seenAt: readAt,
        edited,
      })
  }
}

const isElsewhere = ({ movedToObject }: LiveRecord, object: string): boolean =>
  movedToObject !== undefined && movedToObject !== object

const redirectTo = (destination: string, object: string, { crmId, movedTo, movedToObject }: LiveRecord) => ({
  destination,
  object,
  from: crmId,
  to: movedTo!,
  toObject: movedToObject!,
  reason: 'converted',
})

const converted = (
  { id }: Operation,
  object: string,
  from: string,
  toObject: string,
  to: string,
): OperationResult => ({
  id,
  outcome: 'skipped',
  fields: {},
  error: reportOf(
    new RecordError('record.converted', `${object} ${from} was converted to ${toObject} ${to} in the CRM`),
  ),
})

const notOurs = ({ id }: Operation, object: string, { crmId, externalId }: LiveRecord): OperationResult => ({
  id,
  outcome: 'held',
  fields: {},
  error: reportOf(
    new RecordError(
      'record.duplicate',
      `${object} ${crmId} carries the external id ${externalId} of another record`,
    ),
  ),
})

const gone = ({ id }: Operation, what: string): OperationResult => ({
  id,
  outcome: 'held',
  fields: {},
  error: reportOf(new RecordError('record.not_found', `${what}; it is not created again`)),
})

/**
 * Whoever is to be created may be there already: as what became of a record of another object. That is noted, and the
 * operation comes again as one for a known record; answers the others.
 */
async function withoutSuccessors(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  prepared: Prepared,
): Promise<Operation[]> {
  const destination = ctx.connection
  const api = deps.connections.get(destination)!.connector.destination!
  const { succeeds } = api.objects[object]!
  if (!succeeds || operations.length === 0) return operations
  const before = await deps.store.project.projections(
    operations.map(({ entity }) => ({ destination, object: succeeds, entity })),
  )
  const crmIds = new Map(
    before.flatMap((row) => (row.crmId && !row.retired ? [[row.entity, row.crmId]] : [])),
  )
  if (crmIds.size === 0) return operations
  const records = await api.read(ctx, { object: succeeds, crmIds: [...crmIds.values()], fields: [] })
  const moved = new Map(records.filter((r) => r.movedToObject === object).map((r) => [r.crmId, r]))
  return operations.filter((operation) => {
    const record = moved.get(crmIds.get(operation.entity) ?? '')
    if (!record) return true
    prepared.redirects.push(redirectTo(destination, succeeds, record))
    prepared.results.push(unsent(operation, deps.clock.now()))
    return false
  })
}

/** Looks for records that people or other tools created, by the mapping's match rules in their order. */
async function adopt(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  fieldNames: string[],
  targets: Map<string, Target>,
  prepared: Prepared,
): Promise<void> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  let left = operations
  // A record nobody owns is adopted once, also where several of ours match it.
  const taken = new Set<string>()
  for (let rule = 0; left.some((o) => o.match[rule]); rule++) {
    const asking = left.filter((o) => o.match[rule])
    for (const [field, group] of Map.groupBy(asking, (o) => o.match[rule]!.field)) {
      const values = [...new Set(group.map((o) => o.match[rule]!.value))]
      const found = await api.find(ctx, {
        object,
        field,
        values,
        fields: [...new Set([...fieldNames, field])],
      })
      const byValue = groupByValue(found, field)
      for (const operation of group) {
        const candidates = (byValue.get(operation.match[rule]!.value.toLowerCase()) ?? []).filter((r) =>
          r.externalId ? r.externalId === operation.externalId : !taken.has(r.crmId),
        )
        if (candidates.length === 0) continue
        const choice = choose(candidates, operation.onMultiple)
        const isOwn = candidates.some((r) => r.externalId === operation.externalId)
        if (operation.mode === 'insert' && !isOwn) {
          const error = reportOf(
            new RecordError(
              'record.exists',
              `${object} ${candidates.map((r) => r.crmId).join(', ')} has ${field} ${operation.match[rule]!.value} already; mode insert leaves it as it is`,
            ),
          )
          const crmId = choice ? { crmId: choice.crmId } : {}
          prepared.results.push({ id: operation.id, outcome: 'skipped', fields: {}, error, ...crmId })
        } else if (choice) {
          taken.add(choice.crmId)
          targets.set(operation.id, {
            crmId: choice.crmId,
            adopt: choice.externalId !== operation.externalId,
            live: choice.fields,
          })
        } else {
          const ids = candidates.map((r) => r.crmId).join(', ')
          const error = reportOf(
            new RecordError(
              'record.ambiguous',
              `${candidates.length} ${object} records match ${field} ${operation.match[rule]!.value}: ${ids}`,
            ),
          )
          prepared.results.push({ id: operation.id, outcome: 'held', fields: {}, error })
          targets.delete(operation.id)
        }
      }
    }
    const settled = new Set([...targets.keys(), ...prepared.results.map((r) => r.id)])
    left = left.filter((o) => !settled.has(o.id))
  }
  for (const operation of left) {
    if (operation.mode === 'update')
      prepared.results.push({ id: operation.id, outcome: 'skipped', fields: {} })
    else targets.set(operation.id, { adopt: false, live: undefined })
  }
}

/** By every value that found a record: an e-mail may be the second one of a contact. */
function groupByValue(found: LiveRecord[], field: string): Map<string, LiveRecord[]> {
  const byValue = new Map<string, LiveRecord[]>()
  for (const record of found) {
    for (const value of record.matched ?? [String(record.fields[field] ?? '')]) {
      const key = value.toLowerCase()
      byValue.set(key, [...(byValue.get(key) ?? []), record])
    }
  }
  return byValue
}

function choose(candidates: LiveRecord[], onMultiple: Operation['onMultiple']): LiveRecord | undefined {
  if (candidates.length === 1) return candidates[0]
  if (onMultiple === 'quarantine') return undefined
  // CRM ids grow with time in both CRMs; length first, because HubSpot's are numbers.
  const sorted = [...candidates].sort(
    (a, b) => a.crmId.length - b.crmId.length || (a.crmId < b.crmId ? -1 : 1),
  )
  return onMultiple === 'oldest' ? sorted[0] : sorted.at(-1)
}
