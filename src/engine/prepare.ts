import {
  type ConnectorContext,
  type CrmFields,
  type CrmValue,
  type ObjectSpec,
  RecordError,
  reportOf,
  type WriteOperation,
} from '#kit'
import { type Decision, decide } from './decide.ts'
import type { EngineDeps } from './deps.ts'
import { type ResolvedLink, resolveLinks } from './links.ts'
import type { LiveRow, Operation, OperationField, OperationResult, ProjectionRow } from './ports.ts'
import { linkKey } from './propose.ts'
import { findTargets, type Target } from './targets.ts'
import type { ActivityPayload } from './timeline.ts'

export interface ReadyOperation {
  operation: Operation
  write: WriteOperation
  /** Fields that are sent or confirmed, with before-images. */
  fields: Record<string, OperationField>
  /** Our shadow of the record before this write. */
  written: ProjectionRow['written']
}

export interface Prepared {
  ready: ReadyOperation[]
  /** Operations that are finished without a write. */
  results: OperationResult[]
  live: LiveRow[]
  redirects: { destination: string; object: string; from: string; to: string; reason: string }[]
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
  decision: Decision
}

export interface PrepareOptions {
  /** Changes nothing, not even deadlines. */
  isDry?: boolean
  onDecision?: (operation: Operation, field: DecidedField) => void
}

/** Turns claimed operations into writes: references to CRM ids, adoption of existing records, three-way decision per field. */
export async function prepare(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  { isDry = false, onDecision }: PrepareOptions = {},
): Promise<Prepared> {
  const destination = ctx.connection
  const spec = deps.connections.get(destination)!.connector.destination!.objects[object]!
  const prepared: Prepared = { ready: [], results: [], live: [], redirects: [] }
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
  )
  for (const { operation, links } of linked) {
    const target = targets.get(operation.id)
    if (target)
      prepareUpsert(operation, links, target, projections.get(operation.entity), prepared, onDecision)
  }
  return prepared
}

function prepareUpsert(
  operation: Operation,
  links: ResolvedLink[],
  target: Target,
  projection: ProjectionRow | undefined,
  prepared: Prepared,
  onDecision: PrepareOptions['onDecision'],
): void {
  const isNew = target.crmId === undefined
  const fields: Record<string, OperationField> = {}
  const values: CrmFields = {}
  let isHeld = false
  const references = new Map(links.map((link) => [link.key, link]))
  for (const [name, field] of Object.entries(operation.fields)) {
    const reference = references.get(name)
    if (reference) {
      if (reference.field) values[reference.field] = reference.crmId
      fields[name] = field
      continue
    }
    if (operation.links.some((link) => linkKey(link) === name)) continue
    const after = field.after as CrmValue
    const decision = decide({
      policy: field.policy,
      after,
      written: projection?.written[name],
      live: target.live?.[name],
      isNew,
    })
    onDecision?.(operation, {
      field: name,
      policy: field.policy,
      from: field.from,
      live: target.live?.[name],
      written: projection?.written[name]?.value,
      after,
      decision,
    })
    const isWritten = decision.action === 'write'
    // The CRM holds it already, by an earlier attempt of ours: that is confirmed now.
    const isConfirmed =
      decision.action === 'skip' && decision.reason === 'unchanged' && projection?.written[name] !== undefined
    if (isWritten) values[name] = after
    if (isWritten || isConfirmed)
      fields[name] = { ...field, ...(target.live ? { before: target.live[name] ?? null } : {}) }
    isHeld ||= decision.action === 'hold'
  }
  const associations = links.filter((link) => !link.field).map(({ object, crmId }) => ({ object, crmId }))
  const hasWork = isNew || target.adopt || Object.keys(values).length > 0 || associations.length > 0
  if (!hasWork) {
    prepared.results.push({
      id: operation.id,
      outcome: isHeld ? 'held' : 'skipped',
      fields: isHeld ? {} : fields,
      ...(target.crmId ? { crmId: target.crmId } : {}),
    })
    return
  }
  prepared.ready.push({
    operation,
    fields,
    written: projection?.written ?? {},
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

function prepareActivity(
  spec: ObjectSpec,
  operation: Operation,
  links: ResolvedLink[],
  projection: ProjectionRow | undefined,
  prepared: Prepared,
): void {
  const payload = operation.activity as unknown as ActivityPayload
  const on = links.find((link) => link.entity === payload.on.entity && link.object === payload.on.object)
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
  prepared.ready.push({
    operation,
    written: {},
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
