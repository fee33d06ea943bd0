import type { ConnectorContext } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { WrittenField } from '../ports.ts'
import type { LinkedOperation, ResolvedLink } from './links.ts'
import type { Target } from './targets.ts'

/** What the CRM held before a write, so that the write can be taken back. Absent where nobody knows. */
export interface BeforeImage {
  before?: unknown
}

/** Of a field: read just now, or as it was last seen. Nothing where it was never seen. */
export function beforeOf({ live, seen }: Target, name: string): BeforeImage {
  if (live) return { before: live[name] ?? null }
  return seen && name in seen.fields ? { before: seen.fields[name] ?? null } : {}
}

/** Of an attempt whose answer was lost: what the CRM had confirmed. */
export const beforeDoubt = (written: WrittenField | undefined): BeforeImage =>
  written && 'maybe' in written && 'value' in written ? { before: written.value } : {}

/** Of a reference. These are not always looked at: what was not read was not empty. */
export const beforeReference = ({ live, seen }: Target, name: string): BeforeImage => {
  const fields = live && name in live ? live : seen?.fields
  return fields && name in fields ? { before: fields[name] ?? null } : {}
}

/** Whether a record was associated with another one before; undefined where nobody has looked. */
export type IsLinked = (crmId: string | undefined, link: ResolvedLink) => boolean | undefined

/** Of an association. */
export const beforeLink = (wasLinked: boolean | undefined, { crmId }: ResolvedLink): BeforeImage =>
  wasLinked === undefined ? {} : { before: wasLinked ? crmId : null }

/** What a new record is associated with was not; of the others the CRM is asked, so that an undo takes back only ours. */
export async function linksBefore(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  linked: LinkedOperation[],
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
