import {
  type ConnectorContext,
  type CrmFields,
  type CrmValue,
  type ObjectSpec,
  RecordError,
  reportOf,
  type WriteOperation,
} from '#kit'
import type { Instant } from '#model'
import { type Decision, decide, isOurs } from './decide.ts'
import type { EngineDeps } from './deps.ts'
import { type ResolvedLink, resolveLinks } from './links.ts'
import { locksOf } from './locks.ts'
import type {
  ConflictRow,
  LiveRow,
  Operation,
  OperationField,
  OperationResult,
  ProjectionRow,
  RecordOf,
  RedirectRow,
  WriteCounts,
  WrittenField,
  WrittenFields,
} from './ports.ts'
import { linkKey } from './propose.ts'
import { conflictId, conflictOf, judge, judgedConflicts } from './quarantine.ts'
import { isStillOurs } from './same-value.ts'
import { mirroredObjects } from './streams.ts'
import { findTargets, type LookOptions, type Target } from './targets.ts'
import type { ActivityPayload } from './timeline.ts'
import { type FindUser, findUsersOf, withUsers } from './users.ts'

export interface ReadyOperation {
  operation: Operation
  write: WriteOperation
  /** Fields that are sent or confirmed, with before-images. */
  fields: Record<string, OperationField>
  /** Our shadow of the record before this write. */
  written: ProjectionRow['written']
  /** Conflicts that are over once it is written. */
  settles?: string[]
  /** The CRM was not asked about the record before: it may be gone. */
  isUnread?: boolean
  /** What it counts for the thresholds of continuous delivery; absent where nobody counts. */
  counts?: WriteCounts
  /** CRM ids of records that the write locks besides its own; absent where they are not known. */
  locks?: string[]
}

export interface Prepared {
  ready: ReadyOperation[]
  /** Operations that are finished without a write. */
  results: OperationResult[]
  live: LiveRow[]
  redirects: RedirectRow[]
  /** Fields that a person has to judge. */
  conflicts: ConflictRow[]
  /** Ids of conflicts that are over without a write. */
  settled: string[]
  /** Shadows of fields that were in doubt: the CRM was seen to hold neither what we had written nor what may have arrived. */
  doubtless: WrittenFields[]
  /** Records of which an edit is over that kept back more than this operation writes. */
  wake: RecordOf[]
}

type Ctx = ConnectorContext<Record<string, unknown>>

/** One field as the three-way decision saw it, for whoever wants to show it. */
export interface DecidedField {
  field: string
  policy: string
  /** file:line of the mapping. */
  from: string
  /** CRM value now; undefined where the record is new or the CRM did not tell. */
  live: unknown
  /** Last value that the CRM confirmed as ours; undefined where it confirmed none. */
  written: unknown
  after: unknown
  /** The e-mail of a user, where `after` is the user's id. */
  wanted?: unknown
  decision: Decision
  /** When somebody else changed our value of it, as far as that is known. */
  editedAt?: Instant
}

export interface PrepareOptions extends LookOptions {
  /** Changes nothing, not even deadlines; every record is read. */
  isDry?: boolean
  onDecision?: (operation: Operation, field: DecidedField) => void
}

/** Turns claimed operations into writes: references to CRM ids, adoption of existing records, three-way decision per field. */
export async function prepare(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  { isDry = false, isStrict = isDry, ahead, read, onDecision }: PrepareOptions = {},
): Promise<Prepared> {
  const destination = ctx.connection
  const spec = deps.connections.get(destination)!.connector.destination!.objects[object]!
  const prepared: Prepared = {
    ready: [],
    results: [],
    live: [],
    redirects: [],
    conflicts: [],
    settled: [],
    wake: [],
    doubtless: [],
  }
  const rows = await deps.store.project.projections(
    operations.map(({ entity }) => ({ destination, object, entity })),
  )
  const projections = new Map(rows.map((row) => [row.entity, row]))
  const { linked, parents } = await resolveLinks(deps, destination, object, operations, prepared)
  if (parents.length > 0 && !isDry) await deps.store.deliver.hasten(parents, deps.clock.now())

  if (operations[0]?.kind === 'activity') {
    for (const { operation, links } of linked)
      prepareActivity(spec, operation, links, projections.get(operation.entity), prepared)
    return prepared
  }
  const targets = await findTargets(
    deps,
    ctx,
    object,
    linked.map((l) => l.operation),
    projections,
    prepared,
    { isStrict, ...(ahead === undefined ? {} : { ahead }), ...(read ? { read } : {}) },
  )
  const judged = await judgedConflicts(deps, destination, object, targets)
  const stages = await stagesOf(deps, ctx, object, operations)
  const findUser = await findUsersOf(deps, ctx, operations)
  const isLinked = isDry ? () => undefined : await linksBefore(deps, ctx, object, linked, targets)
  const isRead = mirroredObjects(deps.connections.get(destination)!).has(object)
  const now = deps.clock.now()
  for (const { operation, links } of linked) {
    const target = targets.get(operation.id)
    if (!target) continue
    const projection = projections.get(operation.entity)
    prepareUpsert(
      { spec, operation, links, target, projection, judged, stages, findUser, isLinked, isRead, now },
      prepared,
      onDecision,
    )
  }
  return prepared
}

type Stages = Map<string, readonly string[]>

/** Order of the stages that these operations may move a record through. */
async function stagesOf(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
): Promise<Stages> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  const fields = (api.objects[object]?.stages ?? []).filter((field) =>
    operations.some(({ fields: own }) => own[field] && own[field].policy !== 'always'),
  )
  const known = await Promise.all(
    fields.map(async (field) => [field, (await api.stagesOf?.(ctx, object, field)) ?? []] as const),
  )
  return new Map(known)
}

interface Preparation {
  spec: ObjectSpec
  operation: Operation
  links: ResolvedLink[]
  target: Target
  projection: ProjectionRow | undefined
  judged: Map<string, ConflictRow>
  stages: Stages
  findUser: FindUser
  isLinked: IsLinked
  /** Records of the object are pulled as well. */
  isRead: boolean
  now: Instant
}

function prepareUpsert(
  {
    spec,
    operation: asked,
    links,
    target,
    projection,
    judged,
    stages,
    findUser,
    isLinked,
    isRead,
    now,
  }: Preparation,
  prepared: Prepared,
  onDecision: PrepareOptions['onDecision'],
): void {
  const { operation, missed, held } = withUsers(asked, findUser)
  for (const { field: name, miss } of missed) {
    const { after, policy, from, user } = asked.fields[name]!
    onDecision?.(asked, {
      field: name,
      policy,
      from,
      live: target.live?.[name],
      written: projection?.written[name]?.value,
      after,
      decision: { action: user === 'hold' ? 'hold' : 'skip', reason: miss },
    })
  }
  if (held) {
    prepared.results.push({ id: asked.id, outcome: 'held', fields: {}, error: reportOf(held) })
    return
  }
  const isNew = target.crmId === undefined
  const fields: Record<string, OperationField> = {}
  const values: CrmFields = {}
  const settles: string[] = []
  const doubtless: Record<string, WrittenField> = {}
  const references = new Map(links.map((link) => [link.key, link]))
  for (const [name, field] of Object.entries(operation.fields)) {
    const reference = references.get(name)
    if (reference) {
      if (reference.field) values[reference.field] = reference.crmId
      fields[name] = reference.field
        ? { ...field, sent: reference.crmId, ...beforeReference(target, reference.field) }
        : { ...field, sent: reference.crmId, ...beforeLink(isLinked(target.crmId, reference), reference) }
      continue
    }
    if (operation.links.some((link) => linkKey(link) === name)) continue
    const after = field.after as CrmValue
    const live = target.live?.[name]
    const editedAt = target.edited?.[name]
    const isEdited = editedAt !== undefined && editedAt !== null
    const met: ConflictRow | undefined = target.crmId
      ? judged.get(conflictId({ ...operation, crmId: target.crmId, field: name }))
      : undefined
    const decision = judge(
      decide({
        policy: field.policy,
        after,
        written: projection?.written[name],
        live,
        isNew,
        ...(target.isUnread ? { isUnseen: true } : {}),
        ...(isEdited && field.holdMs !== undefined
          ? { edit: { ageMs: now - editedAt, holdsMs: field.holdMs } }
          : {}),
        ...(stages.has(name) ? { stages: stages.get(name)! } : {}),
        ...('expected' in field ? { expected: field.expected } : {}),
      }),
      met,
      { ours: after, theirs: live },
    )
    onDecision?.(operation, {
      field: name,
      policy: field.policy,
      from: field.from,
      live,
      written: projection?.written[name]?.value,
      after,
      decision,
      ...(field.wanted === undefined ? {} : { wanted: field.wanted }),
      ...(isEdited ? { editedAt } : {}),
    })
    const isWritten = decision.action === 'write'
    const before = projection?.written[name]
    // The CRM holds it already, by an earlier attempt of ours: that is confirmed now. Where the CRM is read as a source, we
    // may say so because somebody there has said so, and it stays theirs.
    const isConfirmed =
      decision.action === 'skip' &&
      decision.reason === 'unchanged' &&
      before !== undefined &&
      (!isRead || isOurs(live, before))
    if (isWritten) values[name] = after
    else if (!isConfirmed) {
      const settled = withoutDoubt(projection?.written[name], live)
      if (settled) doubtless[name] = settled
    }
    if (isWritten || isConfirmed)
      fields[name] = {
        ...field,
        ...beforeOf(target, name),
        ...(isConfirmed ? beforeDoubt(projection?.written[name]) : {}),
      }
    if (decision.action === 'hold') {
      const { crmId } = target
      if (crmId)
        prepared.conflicts.push(
          conflictOf(
            { operation, crmId, name, live, written: projection?.written[name], now },
            decision.reason,
          ),
        )
    } else if (met && isWritten) settles.push(met.id)
    else if (met && decision.action === 'skip' && decision.reason !== 'kept') prepared.settled.push(met.id)
  }
  if (projection && Object.keys(doubtless).length > 0) {
    const { destination, object, entity, externalId } = projection
    prepared.doubtless.push({ destination, object, entity, externalId, written: doubtless })
  }
  const associations = links.filter((link) => !link.field).map(({ object, crmId }) => ({ object, crmId }))
  const hasWork = isNew || target.adopt || Object.keys(values).length > 0 || associations.length > 0
  if (!hasWork) {
    prepared.results.push({
      id: operation.id,
      outcome: 'skipped',
      fields,
      ...(target.crmId ? { crmId: target.crmId } : {}),
    })
    return
  }
  const locks = locksOf(spec, values, { isNew, live: target.live })
  prepared.ready.push({
    operation: asked,
    fields,
    written: projection?.written ?? {},
    ...(locks ? { locks } : {}),
    ...(settles.length > 0 ? { settles } : {}),
    ...(target.isUnread ? { isUnread: true } : {}),
    write: {
      id: operation.id,
      externalId: operation.externalId,
      fields: values,
      ...(target.crmId ? { crmId: target.crmId } : {}),
      ...(target.adopt ? { adopt: true } : {}),
      ...(associations.length > 0 ? { links: associations } : {}),
    },
  })
}

/** Whether a record was associated with another one before; undefined where nobody has looked. */
type IsLinked = (crmId: string | undefined, link: ResolvedLink) => boolean | undefined

const beforeLink = (wasLinked: boolean | undefined, { crmId }: ResolvedLink): { before?: unknown } =>
  wasLinked === undefined ? {} : { before: wasLinked ? crmId : null }

/** What a new record is associated with was not; of the others the CRM is asked, so that an undo takes back only ours. */
async function linksBefore(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  linked: { operation: Operation; links: ResolvedLink[] }[],
  targets: ReadonlyMap<string, Target>,
): Promise<IsLinked> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  const wanted = new Map<string, Set<string>>()
  for (const { operation, links } of linked) {
    const crmId = targets.get(operation.id)?.crmId
    for (const link of links)
      if (!link.field && crmId) wanted.set(link.object, (wanted.get(link.object) ?? new Set()).add(crmId))
  }
  const found = new Set<string>()
  const isRead = api.links !== undefined
  for (const [to, crmIds] of isRead ? wanted : []) {
    for (const [from, others] of await api.links!.read(ctx, { object, to, crmIds: [...crmIds] }))
      for (const { crmId } of others) found.add(`${from} ${to} ${crmId}`)
  }
  return (crmId, link) =>
    crmId === undefined ? false : isRead ? found.has(`${crmId} ${link.object} ${link.crmId}`) : undefined
}

/** References are not always looked at: what was not read was not empty. */
const beforeReference = ({ live, seen }: Target, name: string): { before?: unknown } => {
  const fields = live && name in live ? live : seen?.fields
  return fields && name in fields ? { before: fields[name] ?? null } : {}
}

/** The CRM holds something else: what may have arrived is gone, whether or not it ever had. Nothing where no doubt was, or is left. */
function withoutDoubt(written: WrittenField | undefined, live: unknown): WrittenField | undefined {
  if (!written || !('maybe' in written) || !('value' in written)) return undefined
  if (live === undefined || isStillOurs(live, written.maybe)) return undefined
  const { maybe: _, ...certain } = written
  return certain
}

/** Before an attempt whose answer was lost the CRM held what it had confirmed. */
const beforeDoubt = (written: WrittenField | undefined): { before?: unknown } =>
  written && 'maybe' in written && 'value' in written ? { before: written.value } : {}

/** What the CRM held: read just now, or as it was last seen. Nothing where it was never seen. */
function beforeOf({ live, seen }: Target, name: string): { before?: unknown } {
  if (live) return { before: live[name] ?? null }
  return seen && name in seen.fields ? { before: seen.fields[name] ?? null } : {}
}

function prepareActivity(
  spec: ObjectSpec,
  operation: Operation,
  links: ResolvedLink[],
  projection: ProjectionRow | undefined,
  prepared: Prepared,
): void {
  const payload = operation.activity as unknown as ActivityPayload
  const on = links.find(
    (link) => link.entity === payload.on.entity && (link.was ?? link.object) === payload.on.object,
  )
  if (!on || !spec.activity) {
    const error = reportOf(new RecordError('record.invalid', `${operation.object} cannot hold activities`))
    prepared.results.push({ id: operation.id, outcome: 'dead', fields: {}, error })
    return
  }
  const { fields, links: associations } = spec.activity({
    ...payload,
    externalId: operation.externalId,
    on: { object: on.object, crmId: on.crmId },
  })
  const locks = locksOf(spec, fields, { isNew: true, live: undefined })
  prepared.ready.push({
    operation,
    written: {},
    ...(locks ? { locks } : {}),
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, after]) => [
        name,
        { after, policy: 'always', from: operation.fields.subject!.from },
      ]),
    ),
    write: {
      id: operation.id,
      externalId: operation.externalId,
      fields,
      ...(projection?.crmId ? { crmId: projection.crmId } : {}),
      ...(associations ? { links: associations } : {}),
    },
  })
}
