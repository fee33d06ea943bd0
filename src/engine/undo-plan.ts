import { ConfigError, type LiveRecord, RecordError } from '#kit'
import { type Connection, contextOf } from './connection.ts'
import { isStillOurs, sameValue } from './deciding/same-value.ts'
import type { EngineDeps } from './deps.ts'
import type { Operation, OperationField, ProjectionRow, RunOperation } from './ports.ts'

export interface UndoRequest {
  run: string
  /** Fields to take back; all where absent. */
  only?: string[]
  /** Also move records that the run created to the CRM's recycle bin. */
  deleteCreated?: boolean
}

export type KeptReason =
  /** A person or another tool has changed it since. */
  | 'edited_in_crm'
  /** A later operation of ours has written it. */
  | 'written_again'
  /** The CRM holds what it held before the run. */
  | 'already_back'
  /** What was there before was not known when it was written. */
  | 'no_before_image'
  /** The CRM's connector cannot take associations back. */
  | 'association'

export interface UndoField {
  field: string
  /** What the run wrote, as the CRM holds it. */
  wrote: unknown
  /** What the CRM holds now. */
  now: unknown
  /** What it held before the run; absent where that is not known. */
  back?: unknown
  /** The desired value that led to the write. */
  undoes: unknown
  decision: 'undo' | 'keep'
  reason?: KeptReason
  /** An association: `wrote`, `now` and `back` are CRM ids of records of this object, or null; `entity` is what we take for it. */
  link?: { object: string; entity: unknown }
}

interface UndoTarget {
  destination: string
  object: string
  entity: string
  externalId: string
  crmId: string
}

export interface UndoRecord extends UndoTarget {
  fields: UndoField[]
}

/** A record or timeline entry that the run created. */
export interface CreatedRecord extends UndoTarget {
  /** archive: it will be moved to the recycle bin. */
  decision: 'archive' | 'keep'
  /** Fields that a person has changed since; such a record is not archived. */
  edited: string[]
}

export interface UndoPlan {
  version: 1
  kind: 'undo'
  run: string
  createdAt: string
  records: UndoRecord[]
  created: CreatedRecord[]
  /** Records of the run that are gone from the CRM or were merged away. */
  gone: UndoTarget[]
  totals: { fields: number; kept: number; records: number; archive: number }
}

const CHUNK = 1_000
/** What a step of an undo in the background looks at. */
const PAGE = 400

/**
 * What taking back a run would do, against what the CRM holds now: a field goes back only where the CRM still holds what the
 * run wrote. Throws `request.not_found` for an unknown run.
 */
export async function planUndo(
  deps: EngineDeps,
  request: UndoRequest,
  signal: AbortSignal,
): Promise<UndoPlan> {
  const { run } = request
  const plan = emptyPlan(deps, run)
  let afterId: string | undefined
  let left: RunOperation[] = []
  for (;;) {
    const page = await deps.store.repair.operationsOf({ run, limit: CHUNK, ...(afterId ? { afterId } : {}) })
    if (page.length === 0) break
    afterId = page.at(-1)!.operation.id
    left.push(...page)
    // The last record may go on in the next page.
    const last = page.length < CHUNK ? undefined : recordOf(page.at(-1)!.operation)
    const whole = left.filter((own) => recordOf(own.operation) !== last)
    left = left.filter((own) => recordOf(own.operation) === last)
    await planRecords(deps, request, whole, plan, signal)
  }
  await planRecords(deps, request, left, plan, signal)
  if (!afterId && !(await deps.store.lookup.run(run)))
    throw new RecordError('request.not_found', `There is no run ${run}`, { at: { run } })
  plan.totals = totalsOf(plan)
  return plan
}

const emptyPlan = ({ clock }: EngineDeps, run: string): UndoPlan => ({
  version: 1,
  kind: 'undo',
  run,
  createdAt: new Date(clock.now()).toISOString(),
  records: [],
  created: [],
  gone: [],
  totals: { fields: 0, kept: 0, records: 0, archive: 0 },
})

function totalsOf({ records, created }: UndoPlan): UndoPlan['totals'] {
  const fields = records.flatMap((record) => record.fields)
  const undone = fields.filter((field) => field.decision === 'undo')
  return {
    fields: undone.length,
    kept: fields.length - undone.length,
    records: records.filter((r) => r.fields.some((f) => f.decision === 'undo')).length,
    archive: created.filter((record) => record.decision === 'archive').length,
  }
}

/** One page of the plan for one object, and where the next one begins; absent after the last one. */
export async function planUndoPage(
  deps: EngineDeps,
  request: UndoRequest,
  { of, afterId }: { of: { destination: string; object: string }; afterId?: string },
  signal: AbortSignal,
): Promise<{ plan: UndoPlan; afterId?: string }> {
  const plan = emptyPlan(deps, request.run)
  for (let limit = PAGE; ; limit *= 2) {
    const rows = await deps.store.repair.operationsOf({
      run: request.run,
      of,
      limit,
      ...(afterId ? { afterId } : {}),
    })
    const isLast = rows.length < limit
    // The last record may go on in the next page.
    const cut = isLast ? undefined : recordOf(rows.at(-1)!.operation)
    const whole = rows.filter((own) => recordOf(own.operation) !== cut)
    if (whole.length === 0 && !isLast) continue
    await planRecords(deps, request, whole, plan, signal)
    plan.totals = totalsOf(plan)
    return { plan, ...(isLast ? {} : { afterId: whole.at(-1)!.operation.id }) }
  }
}

const recordOf = ({ destination, object, externalId }: Operation): string =>
  `${destination} ${object} ${externalId}`

interface Written {
  target: UndoTarget
  projection: ProjectionRow
  isCreated: boolean
  operations: string[]
  fields: Map<string, { first: OperationField; last: OperationField }>
}

async function planRecords(
  deps: EngineDeps,
  request: UndoRequest,
  rows: RunOperation[],
  plan: UndoPlan,
  signal: AbortSignal,
): Promise<void> {
  const records = [...Map.groupBy(rows, (row) => recordOf(row.operation)).values()].flatMap(fold)
  const groups = Map.groupBy(records, ({ target }) => `${target.destination} ${target.object}`)
  for (const group of groups.values()) {
    const { destination, object } = group[0]!.target
    const connection = deps.connections.get(destination)
    const api = connection?.connector.destination
    if (!connection || !api?.objects[object])
      throw new ConfigError(
        'config.unknown_connection',
        `The run wrote to ${destination} ${object}, which is not configured any more`,
      )
    const fields = [
      ...new Set(group.flatMap((own) => [...own.fields.keys()].filter((f) => !f.startsWith('→')))),
    ]
    const crmIds = group.map(({ target }) => target.crmId)
    const live = await api.read(contextOf(connection, { ...deps, signal }), { object, crmIds, fields })
    const liveBy = new Map(live.map((record) => [record.crmId, record]))
    const links = await linksOf(deps, connection, group, signal)
    for (const own of group)
      planRecord(request, own, liveBy.get(own.target.crmId), links, plan, api.archive !== undefined)
  }
}

/** Several operations of a run on one record are one change: from before the first to after the last. */
function fold(rows: RunOperation[]): Written[] {
  const { operation, projection } = rows[0]!
  if (!projection?.crmId || operation.kind === 'archive') return []
  const fields: Written['fields'] = new Map()
  for (const { operation: own } of rows) {
    // Of timeline entries only that they were created counts.
    if (own.kind !== 'upsert') continue
    for (const [name, field] of Object.entries(own.fields)) {
      // One association does not take the place of another one.
      const key = name.startsWith('→') ? `${name} ${linkedTo(field)}` : name
      fields.set(key, { first: fields.get(key)?.first ?? field, last: field })
    }
  }
  const { destination, object, externalId } = operation
  return [
    {
      target: { destination, object, entity: projection.entity, externalId, crmId: projection.crmId },
      projection,
      isCreated: rows.some((row) => row.operation.isCreated),
      operations: rows.map((row) => row.operation.id),
      fields,
    },
  ]
}

function planRecord(
  { only, deleteCreated = false }: UndoRequest,
  own: Written,
  live: LiveRecord | undefined,
  links: LinkNow | undefined,
  plan: UndoPlan,
  canArchive: boolean,
): void {
  const { target } = own
  if (!live || live.movedTo) {
    plan.gone.push(target)
    return
  }
  const fields = [...own.fields]
    .filter(([name]) => only === undefined || only.includes(name.split(' ')[0]!))
    .map(([name, field]) =>
      name.startsWith('→') ? planLink(name, field, own, links) : planField(name, field, own, live),
    )
  if (own.isCreated) {
    const edited = fields.filter((f) => f.reason === 'edited_in_crm').map((f) => f.field)
    const mayGo = canArchive && deleteCreated && only === undefined && edited.length === 0
    plan.created.push({ ...target, decision: mayGo ? 'archive' : 'keep', edited })
  } else if (fields.length > 0) plan.records.push({ ...target, fields })
}

const sentOf = (field: OperationField): unknown => ('sent' in field ? field.sent : field.after)

function planField(
  field: string,
  { first, last }: { first: OperationField; last: OperationField },
  { projection, operations }: Written,
  live: LiveRecord,
): UndoField {
  const wrote = sentOf(last)
  const now = live.fields[field] ?? null
  const base = {
    field,
    wrote,
    now,
    undoes: last.wanted ?? last.after,
    ...('before' in first ? { back: first.before } : {}),
  }
  const keep = (reason: KeptReason): UndoField => ({ ...base, decision: 'keep', reason })
  if (!isStillOurs(now, wrote)) {
    if ('before' in first && sameValue(now, first.before)) return keep('already_back')
    const since = projection.written[field]
    const isLater = since !== undefined && !operations.includes(since.operation)
    return keep(isLater && isStillOurs(now, since.value) ? 'written_again' : 'edited_in_crm')
  }
  if (!('before' in first)) return keep('no_before_image')
  if (sameValue(first.before, wrote)) return keep('already_back')
  return { ...base, decision: 'undo' }
}

/** The record at the other end, whether the association was made or taken away. */
const linkedTo = (field: OperationField): unknown =>
  sentOf(field) ?? ('before' in field ? field.before : null)

/** What a record is associated with now; `isLabelled` where people have given it a meaning of their own. */
type LinkNow = (from: string, object: string, to: string) => { isLabelled: boolean } | undefined

async function linksOf(
  deps: EngineDeps,
  connection: Connection,
  group: Written[],
  signal: AbortSignal,
): Promise<LinkNow | undefined> {
  const { links } = connection.connector.destination!
  if (!links) return undefined
  const { object } = group[0]!.target
  const wanted = new Map<string, string[]>()
  for (const { target, fields } of group)
    for (const name of fields.keys()) {
      const to = objectOfLink(name)
      if (to) wanted.set(to, [...(wanted.get(to) ?? []), target.crmId])
    }
  const found = new Map<string, { isLabelled: boolean }>()
  const ctx = contextOf(connection, { ...deps, signal })
  for (const [to, crmIds] of wanted)
    for (const [from, others] of await links.read(ctx, { object, to, crmIds }))
      for (const other of others) found.set(`${from} ${to} ${other.crmId}`, other)
  return (from, to, crmId) => found.get(`${from} ${to} ${crmId}`)
}

const objectOfLink = (name: string): string | undefined => /^→(\S+)/.exec(name)?.[1]

function planLink(
  key: string,
  { first, last }: { first: OperationField; last: OperationField },
  { target, projection, operations }: Written,
  linkNow: LinkNow | undefined,
): UndoField {
  const object = objectOfLink(key)!
  const field = `→${object}`
  const wrote = sentOf(last) ?? null
  const other = String(linkedTo(last))
  const held = linkNow?.(target.crmId, object, other)
  const undoes = last.wanted ?? last.after
  const base: Omit<UndoField, 'decision'> = {
    field,
    wrote,
    now: held ? other : null,
    undoes,
    // Taken away, our shadow forgets it; put back, it is again what the undo had taken away.
    link: { object, entity: wrote === null ? last.undoes : null },
    ...('before' in first ? { back: first.before } : {}),
  }
  const keep = (reason: KeptReason): UndoField => ({ ...base, decision: 'keep', reason })
  if (!linkNow) return keep('association')
  if (!('before' in first)) return keep('no_before_image')
  const isAsWritten = wrote === null ? !held : held !== undefined
  if (sameValue(first.before, wrote) || !isAsWritten) return keep('already_back')
  if (held?.isLabelled) return keep('edited_in_crm')
  const since = projection.written[field]
  if (since && !operations.includes(since.operation) && sameValue(since.value, last.after))
    return keep('written_again')
  return { ...base, decision: 'undo' }
}
