import {
  type ConnectorContext,
  type CrmFields,
  type CrmValue,
  type LiveRecord,
  type ObjectSpec,
  RecordError,
  reportOf,
  type WriteOperation,
} from '#kit'
import { decide } from './decide.ts'
import type { EngineDeps } from './deps.ts'
import type { LiveRow, Operation, OperationField, OperationResult, ProjectionRow } from './ports.ts'
import { linkKey } from './propose.ts'
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

/** Turns claimed operations into writes: references to CRM ids, adoption of existing records, three-way decision per field. */
export async function prepare(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  { isDry = false }: { isDry?: boolean } = {},
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
    if (target) prepareUpsert(operation, links, target, projections.get(operation.entity), prepared)
  }
  return prepared
}

interface ResolvedLink {
  key: string
  field?: string
  object: string
  entity: string
  crmId: string
}

interface LinkedOperation {
  operation: Operation
  links: ResolvedLink[]
}

interface LinkedOperations {
  linked: LinkedOperation[]
  /** Parents that children are waiting for; their deadline is now. */
  parents: { destination: string; object: string; entity: string }[]
}

/** A child whose parent is still on its way waits for it; one whose parent will not come goes on without, or is held. */
async function resolveLinks(
  deps: EngineDeps,
  destination: string,
  object: string,
  operations: Operation[],
  prepared: Prepared,
): Promise<LinkedOperations> {
  const wanted = new Map<string, { destination: string; object: string; entity: string }>()
  for (const { links } of operations) {
    for (const link of links)
      wanted.set(`${link.object} ${link.entity}`, { destination, object: link.object, entity: link.entity })
  }
  if (wanted.size === 0)
    return { linked: operations.map((operation) => ({ operation, links: [] })), parents: [] }
  const roots = new Map(
    (await deps.store.absorb.rootsOf([...wanted.values()].map((w) => w.entity))).map((r) => [
      r.entity,
      r.root,
    ]),
  )
  const keyOf = (link: { object: string; entity: string }) =>
    `${link.object} ${roots.get(link.entity) ?? link.entity}`
  const keys = [...wanted.values()].map((w) => ({ ...w, entity: roots.get(w.entity) ?? w.entity }))
  const parents = new Map(
    (await deps.store.project.projections(keys)).map((row) => [`${row.object} ${row.entity}`, row]),
  )
  const missing = keys.filter((key) => !parents.get(`${key.object} ${key.entity}`)?.crmId)
  const open = new Map(
    missing.length > 0
      ? (await deps.store.deliver.open(missing)).map((o) => [`${o.object} ${o.entity}`, o.notBefore])
      : [],
  )
  const now = deps.clock.now()
  const hasten = new Map<string, { destination: string; object: string; entity: string }>()

  const linked: LinkedOperation[] = []
  for (const operation of operations) {
    const links: ResolvedLink[] = []
    let outcome: 'send' | 'wait' | 'hold' = 'send'
    let notBefore = now + PARENT_WAIT_MS
    for (const link of operation.links) {
      const crmId = parents.get(keyOf(link))?.crmId
      if (crmId)
        links.push({
          key: linkKey(link),
          object: link.object,
          entity: link.entity,
          crmId,
          ...(link.field ? { field: link.field } : {}),
        })
      else if (open.has(keyOf(link))) {
        outcome = 'wait'
        notBefore = Math.max(notBefore, open.get(keyOf(link))!)
        hasten.set(keyOf(link), {
          destination,
          object: link.object,
          entity: roots.get(link.entity) ?? link.entity,
        })
      } else if (link.onMiss === 'hold' && outcome === 'send') outcome = 'hold'
    }
    if (outcome === 'send') linked.push({ operation, links })
    else if (outcome === 'wait')
      prepared.results.push({ id: operation.id, outcome: 'retry', fields: {}, notBefore, isUncounted: true })
    else {
      const error = reportOf(
        new RecordError(
          'record.not_found',
          `${object} ${operation.externalId} waits for a record that is not in the CRM`,
        ),
      )
      prepared.results.push({ id: operation.id, outcome: 'held', fields: {}, error })
    }
  }
  return { linked, parents: [...hasten.values()] }
}

const PARENT_WAIT_MS = 500

/** The CRM record an operation is for: ours, adopted, or none yet. */
interface Target {
  crmId?: string
  adopt: boolean
  live: CrmFields | undefined
}

async function findTargets(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
  projections: Map<string, ProjectionRow>,
  prepared: Prepared,
): Promise<Map<string, Target>> {
  const destination = ctx.connection
  const fieldNames = [
    ...new Set(operations.flatMap((o) => Object.keys(o.fields).filter((name) => !name.startsWith('→')))),
  ]
  const targets = new Map<string, Target>()
  const crmIdOf = (o: Operation) => projections.get(o.entity)?.crmId
  const known = operations.filter(crmIdOf)
  if (known.length > 0) {
    const api = deps.connections.get(destination)!.connector.destination!
    const crmIds = [...new Set(known.map((o) => crmIdOf(o)!))]
    const records = new Map(
      (await api.read(ctx, { object, crmIds, fields: fieldNames })).map((r) => [r.crmId, r]),
    )
    // Merged away: the survivor is what is written to. A record of another kind (a converted lead) answers nothing here.
    const survivors = [...new Set([...records.values()].flatMap((r) => r.movedTo ?? []))]
    const moved =
      survivors.length > 0 ? await api.read(ctx, { object, crmIds: survivors, fields: fieldNames }) : []
    const survivorById = new Map(moved.map((r) => [r.crmId, r]))
    for (const operation of known) {
      const crmId = crmIdOf(operation)!
      const found = records.get(crmId)
      const live = found?.movedTo ? survivorById.get(found.movedTo) : found
      if (!live) {
        const error = reportOf(
          new RecordError(
            'record.not_found',
            `${object} ${crmId} was deleted or converted in the CRM; it is not created again`,
          ),
        )
        prepared.results.push({ id: operation.id, outcome: 'held', fields: {}, error })
        continue
      }
      if (live.crmId !== crmId)
        prepared.redirects.push({ destination, object, from: crmId, to: live.crmId, reason: 'merged' })
      targets.set(operation.id, { crmId: live.crmId, adopt: false, live: live.fields })
      prepared.live.push({
        destination,
        object,
        crmId: live.crmId,
        fields: live.fields,
        seenAt: deps.clock.now(),
      })
    }
  }
  await adopt(
    deps,
    ctx,
    object,
    operations.filter((o) => !crmIdOf(o)),
    fieldNames,
    targets,
    prepared,
  )
  return targets
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
      const byValue = Map.groupBy(found, (r) => String(r.fields[field] ?? '').toLowerCase())
      for (const operation of group) {
        const candidates = (byValue.get(operation.match[rule]!.value.toLowerCase()) ?? []).filter(
          (r) => !r.externalId || r.externalId === operation.externalId,
        )
        if (candidates.length === 0) continue
        const choice = choose(candidates, operation.onMultiple)
        if (choice)
          targets.set(operation.id, {
            crmId: choice.crmId,
            adopt: choice.externalId !== operation.externalId,
            live: choice.fields,
          })
        else {
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

function choose(candidates: LiveRecord[], onMultiple: Operation['onMultiple']): LiveRecord | undefined {
  if (candidates.length === 1) return candidates[0]
  if (onMultiple === 'quarantine') return undefined
  // CRM ids grow with time in both CRMs; length first, because HubSpot's are numbers.
  const sorted = [...candidates].sort(
    (a, b) => a.crmId.length - b.crmId.length || (a.crmId < b.crmId ? -1 : 1),
  )
  return onMultiple === 'oldest' ? sorted[0] : sorted.at(-1)
}

function prepareUpsert(
  operation: Operation,
  links: ResolvedLink[],
  target: Target,
  projection: ProjectionRow | undefined,
  prepared: Prepared,
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
