import { RecordError, reportOf } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { Operation, ProjectionRow } from '../ports.ts'
import { linkKey } from '../projecting/propose.ts'
import type { Prepared } from './prepared.ts'

const PARENT_WAIT_MS = 500
/** A parent that waits for a person is not looked for twice a second. */
const HELD_WAIT_MS = 60_000

export interface ResolvedLink {
  key: string
  field?: string
  object: string
  entity: string
  crmId: string
  /** Object that the operation names, where its record has become one of `object`. */
  was?: string
}

export interface LinkedOperation {
  operation: Operation
  links: ResolvedLink[]
}

interface LinkedOperations {
  linked: LinkedOperation[]
  /** Parents that children are waiting for; their deadline is now. */
  parents: { destination: string; object: string; entity: string }[]
}

/** A child whose parent is still on its way waits for it; one whose parent will not come goes on without, or is held. */
export async function resolveLinks(
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
  const heirs = await heirsOf(deps, destination, [...parents.values()])
  const missing = keys.filter((key) => !parents.get(`${key.object} ${key.entity}`)?.crmId)
  const open = new Map(
    missing.length > 0
      ? (await deps.store.deliver.open(missing)).map((o) => [`${o.object} ${o.entity}`, o.notBefore])
      : [],
  )
  // Another process may have sent a parent between the two looks.
  const settled = missing.filter((key) => !open.has(`${key.object} ${key.entity}`))
  if (settled.length > 0)
    for (const row of await deps.store.project.projections(settled))
      parents.set(`${row.object} ${row.entity}`, row)
  const held = new Set(
    open.size > 0 ? (await deps.store.thresholds.holds(destination)).map((hold) => hold.object) : [],
  )
  const now = deps.clock.now()
  const hasten = new Map<string, { destination: string; object: string; entity: string }>()

  const linked: LinkedOperation[] = []
  for (const operation of operations) {
    const links: ResolvedLink[] = []
    let outcome: 'send' | 'wait' | 'hold' = 'send'
    let notBefore = now + PARENT_WAIT_MS
    for (const link of operation.links) {
      const heir = heirs.get(keyOf(link))
      const crmId = heir?.crmId ?? parents.get(keyOf(link))?.crmId
      if (crmId)
        links.push({
          key: linkKey(link),
          object: heir?.object ?? link.object,
          entity: link.entity,
          crmId,
          ...(heir ? { was: link.object } : {}),
          ...(link.field ? { field: link.field } : {}),
        })
      else if (open.has(keyOf(link))) {
        outcome = 'wait'
        notBefore = Math.max(
          notBefore,
          open.get(keyOf(link))!,
          held.has(link.object) ? now + HELD_WAIT_MS : 0,
        )
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

/** What became of parents that were converted, by the object and entity that they were. */
async function heirsOf(
  deps: EngineDeps,
  destination: string,
  parents: ProjectionRow[],
): Promise<Map<string, { object: string; crmId: string }>> {
  const { objects } = deps.connections.get(destination)!.connector.destination!
  const keys = parents
    .filter((row) => row.retired === 'converted')
    .flatMap(({ object, entity }) =>
      Object.keys(objects)
        .filter((name) => objects[name]!.succeeds === object)
        .map((heir) => ({ destination, object: heir, entity })),
    )
  if (keys.length === 0) return new Map()
  const rows = await deps.store.project.projections(keys)
  return new Map(
    rows.flatMap(({ object, entity, crmId }) =>
      crmId ? [[`${objects[object]!.succeeds} ${entity}`, { object, crmId }]] : [],
    ),
  )
}
