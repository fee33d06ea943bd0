import { RecordError } from '#kit'
import type { EntityKind, InspectPort } from '../engine/ports.ts'

type EntityDetail = NonNullable<Awaited<ReturnType<InspectPort['entity']>>>

/** The entity that an id stands for today: the survivor where it was merged. Throws `request.not_found`. */
export async function findEntity(inspect: InspectPort, kind: EntityKind, id: string): Promise<EntityDetail> {
  const found = await inspect.entity(id)
  const survivor = found && found.root !== found.id ? await inspect.entity(found.root) : found
  if (survivor?.kind === kind) return survivor
  throw new RecordError('request.not_found', `There is no ${kind} ${id}`, { at: { [kind]: id } })
}
