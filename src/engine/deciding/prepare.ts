import type { ConnectorContext } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { Operation } from '../ports.ts'
import { mirroredObjects } from '../reading/streams.ts'
import { linksBefore } from './before-images.ts'
import { resolveLinks } from './links.ts'
import { prepareActivity } from './prepare-activity.ts'
import { type DecidedField, prepareUpsert } from './prepare-upsert.ts'
import { nothingPrepared, type Prepared } from './prepared.ts'
import { judgedConflicts } from './quarantine.ts'
import { findTargets, type LookOptions } from './targets.ts'
import { findUsersOf } from './users.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

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
  const prepared = nothingPrepared()
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
    const known = { judged, stages, findUser, isLinked, isRead, now, prepared, onDecision }
    prepareUpsert({ spec, operation, links, target, projection, ...known })
  }
  return prepared
}

/** Order of the stages that these operations may move a record through. */
async function stagesOf(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
): Promise<Map<string, readonly string[]>> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  const fields = (api.objects[object]?.stages ?? []).filter((field) =>
    operations.some(({ fields: own }) => own[field] && own[field].policy !== 'always'),
  )
  const known = await Promise.all(
    fields.map(async (field) => [field, (await api.stagesOf?.(ctx, object, field)) ?? []] as const),
  )
  return new Map(known)
}
