import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { memoryOf, quietMoment } from '../support/machine.ts'
import { inFolder, root, startHub } from '../support/processes.ts'
import { median, report } from '../support/report.ts'
import { configText } from '../support/settings.ts'

const ROUNDS = 5
/** Nobody answers there: starting must not depend on a vendor. */
const NOWHERE = {
  stripe: 'http://127.0.0.1:9',
  salesforce: 'http://127.0.0.1:9',
  hubspot: 'http://127.0.0.1:9',
}

/** From spawning the process to the first answer of /healthz, with a new database and with one that exists; size on disk. */
export async function start(): Promise<void> {
  const config = configText(['website', 'stripe', 'salesforce', 'hubspot'], NOWHERE)
  const fresh: number[] = []
  const again: number[] = []
  const memory: number[] = []
  const others: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await inFolder(async (folder) => {
      others.push(await quietMoment())
      for (const times of [fresh, again]) {
        const started = performance.now()
        const hub = await startHub(folder, config)
        const { status } = await fetch(`http://127.0.0.1:${hub.port}/healthz`)
        if (status !== 200) throw new Error(`/healthz answered ${status}`)
        times.push(performance.now() - started)
        if (times === again) memory.push(memoryOf(hub.pid).rss)
        await hub.stop()
      }
    })
  }
  const seconds = (times: number[]) => median(times) / 1000
  for (const [metric, times] of [
    ['ready_new_database', fresh],
    ['ready_existing_database', again],
  ] as const) {
    report({
      bench: 'start',
      metric,
      value: seconds(times),
      unit: 's',
      goal: '<= 2',
      meets: seconds(times) <= 2,
      detail: { others: median(others) },
    })
  }
  report({ bench: 'start', metric: 'rss_after_start', value: median(memory), unit: 'MB' })
  const { production, all } = installedSize()
  report({
    bench: 'start',
    metric: 'install_size',
    value: production,
    unit: 'MB',
    detail: { with_dev_dependencies: all, packages: 'node_modules without dev dependencies, and dist' },
  })
}

/** What `npm install --omit=dev` leaves on disk, told from the lock file, and what a whole install does. */
function installedSize(): { production: number; all: number } {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  let production = sizeOf(join(root, 'dist'))
  let all = production
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    const folder = join(root, path)
    if (path === '' || !existsSync(folder)) continue
    // Packages inside packages are entries of their own.
    const size = sizeOf(folder, 'node_modules')
    all += size
    if (!dev && !devOptional) production += size
  }
  return { production: production / 1e6, all: all / 1e6 }
}

function sizeOf(folder: string, except?: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === except ? sum : sum + sizeOf(path)
    return entry.isFile() ? sum + statSync(path).size : sum
  }, 0)
}
