import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RunRow } from '../../src/engine/ports.ts'
import { openStore } from '../../src/store/open-store.ts'
import { quietMoment } from '../support/machine.ts'
import { entryFile, inFolder, root } from '../support/processes.ts'
import { report } from '../support/report.ts'

const MOST_RUNS = 1_000

/**
 * What each connector's first read brings a second, of the year of the demo company and from its simulator in the same
 * process: how much a record costs depends on what its vendor asks for, from one call a page to one a record.
 */
export async function sources(): Promise<void> {
  await inFolder(async (folder) => {
    const others = await quietMoment()
    const demo = spawn(process.execPath, [join(root, entryFile()), 'demo', '--exit', '--json'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code] = await once(demo, 'close')
    if (code !== 0) throw new Error(`demo ended with ${code}`)
    for (const [connection, runs] of Map.groupBy(
      await pullsIn(folder),
      ({ scope }) => scope.split('/')[0]!,
    )) {
      const records = runs.reduce((sum, { counts }) => sum + (counts.records ?? 0), 0)
      const ms = runs.reduce(
        (sum, { startedAt, finishedAt }) => sum + (finishedAt ?? startedAt) - startedAt,
        0,
      )
      report({
        bench: 'sources',
        metric: `${connection}_records_read`,
        value: (1000 * records) / Math.max(ms, 1),
        unit: 'records/s',
        detail: { records, streams: runs.length, seconds: ms / 1000, others },
      })
    }
  })
}

async function pullsIn(folder: string): Promise<RunRow[]> {
  const store = await openStore(`file:${join(folder, 'data', 'demo', 'tributary.db')}`)
  const { items } = await store.inspect.runs({ kind: 'pull', limit: MOST_RUNS })
  await store.close()
  return items.filter(({ counts }) => (counts.records ?? 0) > 0)
}
