import type { EngineDeps } from '../deps.ts'
import { hashParts } from '../hash.ts'
import type { RunRow } from '../ports.ts'

const HOUR_MS = 3_600_000

/** The window that is open per destination, by store. */
const open = new WeakMap<object, Map<string, { from: number; run: string }>>()

/**
 * The run that continuous delivery belongs to now: one per destination and hour, the same in all processes, so that
 * everything that was written can be named and taken back.
 */
export async function runOfNow(deps: EngineDeps, destination: string): Promise<string> {
  const from = Math.floor(deps.clock.now() / HOUR_MS) * HOUR_MS
  const known = open.get(deps.store) ?? new Map<string, { from: number; run: string }>()
  open.set(deps.store, known)
  const held = known.get(destination)
  if (held?.from === from) return held.run
  const run = `run_${hashParts('deliver', destination, String(from))}`
  const { control, lookup } = deps.store
  const setting = `deliver:${destination}`
  const before = await control.getSetting(setting)
  if (before !== run) {
    await closeWindow(deps, before)
    if (!(await lookup.run(run))) await control.saveRun(windowOf(run, destination, from))
    await control.setSetting(setting, run)
  }
  known.set(destination, { from, run })
  return run
}

const windowOf = (id: string, destination: string, from: number): RunRow => ({
  id,
  kind: 'deliver',
  scope: destination,
  startedAt: from,
  state: 'running',
  counts: {},
})

async function closeWindow(deps: EngineDeps, id: string | undefined): Promise<void> {
  const row = id === undefined ? undefined : await deps.store.lookup.run(id)
  if (row?.state !== 'running') return
  const counts = await deps.store.inspect.outcomes(row.id)
  await deps.store.control.saveRun({ ...row, state: 'done', finishedAt: row.startedAt + HOUR_MS, counts })
}
