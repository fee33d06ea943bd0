import { dayOf } from '#model'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import { quotaOf } from './quota.ts'

const counted = new WeakMap<object, { calls: number; failures: number }>()

/** Adds the calls made since the last time to the per-day counters, which outlive the process. */
export async function rememberUsage(deps: EngineDeps): Promise<void> {
  const day = dayOf(deps.clock.now())
  const rows = []
  for (const { name, http } of deps.connections.values()) {
    const before = counted.get(http) ?? { calls: 0, failures: 0 }
    const { calls, failures } = http.usage
    if (calls === before.calls && failures === before.failures) continue
    rows.push({ connection: name, day, calls: calls - before.calls, failures: failures - before.failures })
    counted.set(http, { calls, failures })
  }
  if (rows.length > 0) await deps.store.control.addUsage(rows)
  await rememberLimits(deps)
}

const limitOf = (connection: string): string => `limit:${connection}`
/** By configuration, which in a Worker outlives the engines of single invocations. */
const remembered = new WeakMap<object, number>()

/** The daily limit that a CRM last told, also to another process; undefined before its first answer. */
export async function knownLimit({ store }: EngineDeps, connection: Connection): Promise<number | undefined> {
  const told = quotaOf(connection)?.limit
  if (told !== undefined) return told
  const kept = await store.control.getSetting(limitOf(connection.name))
  return kept === undefined ? undefined : Number(kept)
}

async function rememberLimits({ connections, store }: EngineDeps): Promise<void> {
  for (const connection of connections.values()) {
    const limit = quotaOf(connection)?.limit
    if (limit === undefined || remembered.get(connection.config) === limit) continue
    await store.control.setSetting(limitOf(connection.name), String(limit))
    remembered.set(connection.config, limit)
  }
}
