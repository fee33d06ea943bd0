import type { CompiledMapping } from '../../mapping/types.ts'
import { RECORD_SLOT } from '../absorbing/mirror.ts'
import type { EngineDeps } from '../deps.ts'
import type { ProjectionRow } from '../ports.ts'
import type { Subject } from './propose.ts'

/** From which records something is known, and whether it is more than that the record is there. */
export interface KnownFrom {
  connection: string
  stream: string
  key: string
  slot: string
  isSaying: boolean
}

export interface CrmKnows {
  /** Entities of which this CRM is not told anything: it would hear its own words, or hold somebody twice. */
  silent: Set<string>
  /** Entity → its record there, which is known by id and not written to yet. */
  records: Map<string, string>
}

/**
 * What a CRM that is read as a source knows of these subjects by itself. People, companies and quotes that nobody else
 * tells anything about are not written back to it; nobody who has a record there gets a second one, whatever its e-mail.
 */
export async function crmKnows(
  deps: EngineDeps,
  mapping: CompiledMapping,
  subjects: Subject[],
  projections: Map<string, ProjectionRow>,
): Promise<CrmKnows> {
  const { destination, object } = mapping
  const known: CrmKnows = { silent: new Set(), records: new Map() }
  const connector = deps.connections.get(destination)?.connector
  const concerned = subjects.filter(({ knownFrom = [] }) =>
    knownFrom.some(({ connection }) => connection === destination),
  )
  if (concerned.length === 0) return known
  const succeeds = (successor: string) => connector?.destination?.objects[successor]?.succeeds

  // Enrichers answer what was asked about the CRM's own values.
  const isOther = (connection: string) =>
    connection !== destination && !deps.connections.get(connection)?.connector.enricher

  const alone: string[] = []
  for (const { entity, knownFrom = [] } of concerned) {
    if (knownFrom.every(({ connection, isSaying }) => !isSaying || !isOther(connection))) alone.push(entity)
    if (projections.get(entity)?.crmId !== undefined) continue
    const own = recordsOf(deps, destination, knownFrom)
    // A person who is a contact there is no lead any more, whatever anybody else may think.
    if (own.some((record) => succeeds(record.object) === object)) known.silent.add(entity)
    const crmId = choose(
      own.filter((record) => record.object === object).map((record) => record.crmId),
      mapping.onMultiple,
    )
    if (crmId !== undefined) known.records.set(entity, crmId)
  }
  const keys = [...known.records.values()].map((crmId) => ({ destination, object, crmId }))
  for (const { crmId, entity } of keys.length > 0 ? await deps.store.watch.shadows(keys) : []) {
    const claimant = [...known.records].find(([, id]) => id === crmId)?.[0]
    // We have been writing there of somebody else: a second record would be the same one again.
    if (claimant !== undefined && claimant !== entity) {
      known.records.delete(claimant)
      known.silent.add(claimant)
    }
  }
  if (alone.length > 0) {
    const kind = mapping.from
    const heard = new Set(
      kind === 'quote'
        ? []
        : await deps.store.project.heardElsewhere({ kind, roots: alone, connection: destination }),
    )
    for (const entity of alone) if (!heard.has(entity)) known.silent.add(entity)
  }
  return known
}

/** Records of a connection that are there as of now; not those that were merged or converted away. */
function recordsOf(
  deps: EngineDeps,
  destination: string,
  knownFrom: KnownFrom[],
): { object: string; crmId: string }[] {
  const streams = deps.connections.get(destination)?.connector.streams ?? {}
  return knownFrom.flatMap(({ connection, stream, key, slot }) => {
    const object = connection === destination ? streams[stream]?.mirror?.object : undefined
    return object !== undefined && slot.endsWith(`:${RECORD_SLOT}`) ? [{ object, crmId: key }] : []
  })
}

/** Several are left to the mapping's match rules where a person is to decide. */
function choose(crmIds: string[], onMultiple: CompiledMapping['onMultiple']): string | undefined {
  if (crmIds.length <= 1) return crmIds[0]
  if (onMultiple === 'quarantine') return undefined
  const sorted = [...crmIds].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  return onMultiple === 'oldest' ? sorted[0] : sorted.at(-1)
}
