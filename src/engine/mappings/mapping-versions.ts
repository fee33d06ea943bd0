import type { CompiledMapping } from '../../mapping/types.ts'
import type { EngineDeps } from '../deps.ts'

/** Hashes that a store is known to hold. */
const kept = new WeakMap<object, Set<string>>()

/** Keeps the texts of mappings that are about to ask for writes, so that a write can be explained when they have changed. */
export async function keepMappings(deps: EngineDeps, mappings: CompiledMapping[]): Promise<void> {
  const known = kept.get(deps.store) ?? new Set()
  kept.set(deps.store, known)
  const fresh = mappings.filter(({ hash }) => !known.has(hash))
  if (fresh.length === 0) return
  const seenAt = deps.clock.now()
  await deps.store.control.saveMappings(
    fresh.map(({ hash, file, destination, object, text }) => ({
      hash,
      file,
      destination,
      object,
      seenAt,
      text,
    })),
  )
  for (const { hash } of fresh) known.add(hash)
}
