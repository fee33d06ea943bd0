import type { EngineDeps } from '../deps.ts'
import { hashJson } from '../hash.ts'
import type { EntityKind } from '../ports.ts'
import { currentModel } from './match-model.ts'

const CHUNK = 5_000
const KEYS = { person: 'matching', account: 'matching account' } as const satisfies Record<EntityKind, string>

/**
 * Another mode, or a model that judges otherwise, concerns everybody: they are marked in chunks and looked at when nothing
 * more urgent is to do. Remembers what was last marked for, so that a restart marks nothing.
 */
export async function refreshMatching(deps: EngineDeps): Promise<number> {
  return (await refresh(deps, 'account')) + (await refresh(deps, 'person'))
}

async function refresh(deps: EngineDeps, kind: EntityKind): Promise<number> {
  const { store, clock, lanes, matching } = deps
  const whom = deps.survivorship?.[kind]
  const values = whom ? ` ${hashJson(whom)}` : ''
  const rules = matching.mode === 'off' ? 'off' : `${matching.mode} ${currentModel(kind).version}${values}`
  const before = await store.control.getSetting(KEYS[kind])
  if (before === rules) return 0
  let marked = 0
  // Where nobody was ever looked for there is nothing to take back.
  if (rules !== 'off' || before !== undefined) {
    const now = clock.now()
    let after: string | undefined
    do {
      after = await store.match.markAll({
        kind,
        limit: CHUNK,
        now,
        dueAt: now + lanes.backfill,
        ...(after !== undefined ? { after } : {}),
      })
      marked += after === undefined ? 0 : CHUNK
    } while (after !== undefined)
  }
  await store.control.setSetting(KEYS[kind], rules)
  return marked
}
