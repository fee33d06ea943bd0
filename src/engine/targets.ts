import { type ConnectorContext, type CrmFields, type LiveRecord, RecordError, reportOf } from '#kit'
import type { EngineDeps } from './deps.ts'
import type { Operation, ProjectionRow } from './ports.ts'
import type { Prepared } from './prepare.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

/** The CRM record an operation is for: ours, adopted, or none yet. */
export interface Target {
  crmId?: string
  adopt: boolean
  live: CrmFields | undefined
}

export async function findTargets(
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
