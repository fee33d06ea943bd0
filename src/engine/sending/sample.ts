import type { EngineDeps } from '../deps.ts'
import type { Operation } from '../ports.ts'

/** How many records each version of a mapping has had read back, as far as that matters; by store. */
const counts = new WeakMap<object, Map<string, number>>()

/**
 * Of the operations that a CRM accepted, those that are read back: all of the first ones of a mapping version, for that is
 * when a field turns out to be the wrong one, and a sample of the rest. Chosen by id, so that a repetition chooses the same.
 */
export async function toReadBack(deps: EngineDeps, operations: Operation[]): Promise<string[]> {
  const { first, share } = deps.verify
  const chosen: string[] = []
  const known = counts.get(deps.store) ?? new Map<string, number>()
  counts.set(deps.store, known)
  const upserts = operations.filter(({ kind }) => kind === 'upsert')
  for (const [version, group] of Map.groupBy(upserts, ({ mapping = '', object }) => `${mapping} ${object}`)) {
    const setting = `verified:${version}`
    const before =
      first === 0 ? 0 : (known.get(version) ?? Number((await deps.store.control.getSetting(setting)) ?? 0))
    const fresh = Math.max(0, Math.min(group.length, first - before))
    chosen.push(...group.slice(0, fresh).map(({ id }) => id))
    chosen.push(
      ...group
        .slice(fresh)
        .map(({ id }) => id)
        .filter((id) => placeOf(id) < share),
    )
    if (fresh > 0) await deps.store.control.setSetting(setting, String(before + fresh))
    known.set(version, before + fresh)
  }
  return chosen
}

/** Ids end in hex digits of a hash: evenly spread between 0 and 1. */
const placeOf = (id: string): number => Number.parseInt(id.slice(-8), 16) / 2 ** 32
