import type { Engine } from '../engine.ts'
import { type DrainOptions, drain } from '../schedule.ts'
import { isPaused } from '../sending/pause.ts'

const SHORTEST_WAIT_MS = 250

/**
 * For whoever wants to see the end: sends everything, and waits for the bulk jobs that carry it. Stopped by its signal,
 * jobs go on at the CRM, and whoever runs next reads their results.
 */
export async function drainWithJobs(engine: Engine, options: DrainOptions): Promise<void> {
  const { store, clock, connections } = engine.deps
  const destinations = [...connections.values()].filter((c) => c.connector.destination?.bulk)
  for (;;) {
    await drain(engine, options)
    if (options.signal.aborted || destinations.length === 0) return
    // A CRM that is out of reach is not waited for.
    const open = destinations.filter((c) => !isPaused(c, clock.now()))
    const jobs = (await Promise.all(open.map((c) => store.bulk.open(c.name)))).flat()
    if (jobs.length === 0) return
    const next = Math.min(...jobs.map((job) => job.notBefore))
    await clock.sleep(Math.max(next - clock.now(), SHORTEST_WAIT_MS), options.signal).catch(() => {})
  }
}
