import type { EngineDeps } from '../deps.ts'

const EVERY_MS = 10 * 60_000
const LOOKED = 'edits:lapsed'
/** By store: most turns of the loop ask nobody. */
const lookedAt = new WeakMap<object, number>()

/**
 * Records on which the time of a person's edit (`edits_hold`) has ended since the last look are projected again: what was
 * wanted meanwhile is written without waiting for news.
 */
export async function wakeLapsedEdits(deps: EngineDeps): Promise<void> {
  const { store, clock } = deps
  const now = clock.now()
  const holds = holdsOf(deps)
  if (holds.length === 0 || now - (lookedAt.get(store) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return
  const since = Number((await store.control.getSetting(LOOKED)) ?? 0)
  for (const own of holds) await store.watch.wakeLapsed({ ...own, since, until: now })
  await store.control.setSetting(LOOKED, String(now))
  lookedAt.set(store, now)
}

/** By object of a CRM: for how long edits of its fields hold, where not for ever. */
function holdsOf(deps: EngineDeps) {
  const groups = Map.groupBy(
    deps.mappings().filter((m) => m.mode !== 'off' && deps.connections.has(m.destination)),
    ({ destination, object }) => JSON.stringify([destination, object]),
  )
  return [...groups.values()].flatMap((mappings) => {
    const fields = mappings.flatMap((m) => m.fields)
    const holds = Object.fromEntries(
      fields.flatMap(({ name, holdMs }) => (holdMs === undefined ? [] : [[name, holdMs]])),
    )
    const { destination, object } = mappings[0]!
    return Object.keys(holds).length > 0 ? [{ destination, object, holds }] : []
  })
}
