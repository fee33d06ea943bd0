import { dayOf } from '#model'
import type { EngineDeps } from './deps.ts'

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
}
