import type { EngineDeps } from '../deps.ts'
import { hashJson, hashText } from '../hash.ts'
import { classifierOf } from '../projecting/classify.ts'

const CHUNK = 5_000

/**
 * A changed mapping file, or another rule whom to believe, concerns every entity of its kind: they are marked dirty in chunks, so that projecting stays
 * bounded. Remembers the hash of what was last marked, so that a restart marks nothing.
 */
export async function refreshMappings(deps: EngineDeps): Promise<number> {
  const { store, clock, lanes } = deps
  let marked = 0
  for (const kind of ['account', 'person', 'quote'] as const) {
    const key = `mappings:${kind}`
    const texts = deps
      .mappings()
      .filter((m) => m.from === kind)
      .map((m) => `${m.destination} ${m.object} ${m.hash}`)
    const survivorship = kind === 'quote' ? undefined : deps.survivorship?.[kind]
    if (survivorship) texts.push(`survivorship ${hashJson(survivorship)}`)
    // Every account is classified anew by changed rules.
    const rules = kind === 'account' ? classifierOf(deps) : undefined
    if (rules) texts.push(`classify ${rules.hash}`)
    const hash = hashText(texts.sort().join('\n'))
    const before = await store.control.getSetting(key)
    if (before === hash) continue
    if (before !== undefined) {
      let after: string | undefined
      do {
        after = await store.project.markAll({
          kind,
          limit: CHUNK,
          lane: 'backfill',
          dueAt: clock.now() + lanes.backfill,
          ...(after !== undefined ? { after } : {}),
        })
        marked += after === undefined ? 0 : CHUNK
      } while (after !== undefined)
    }
    await store.control.setSetting(key, hash)
  }
  return marked
}
