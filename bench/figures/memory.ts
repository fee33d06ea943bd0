import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Memory, memoryOf } from '../support/machine.ts'
import {
  inFolder,
  runLoad,
  runScript,
  type Server,
  setUpCrm,
  startHelper,
  startHub,
} from '../support/processes.ts'
import { report } from '../support/report.ts'
import { configText } from '../support/settings.ts'
import type { Simulators } from '../support/simulators.ts'

const FEW = 10_000
const MANY = 1_000_000
const EVENTS = 5_000
const PAGES = ['/', '/people', '/api/people?limit=50', '/api/touchpoints?limit=50', '/metrics']

/** Memory of the hub after some work on a small and on a large database: it must not grow with what is stored. */
export async function memory(): Promise<void> {
  const few = await measure(FEW)
  const many = await measure(MANY)
  report({
    bench: 'memory',
    metric: 'rss_at_10000_touchpoints',
    value: few.peak,
    unit: 'MB',
    goal: '<= 256',
    meets: few.peak <= 256,
    detail: { rss_in_the_end: few.rss, database_mb: few.database },
  })
  report({
    bench: 'memory',
    metric: 'rss_at_1000000_touchpoints',
    value: many.peak,
    unit: 'MB',
    baseline: few.peak,
    goal: '<= 256',
    meets: many.peak <= 256,
    detail: { rss_in_the_end: many.rss, database_mb: many.database },
  })
}

/** Fills a database, then serves events, pages and deliveries from it. */
async function measure(touchpoints: number): Promise<Memory & { database: number }> {
  return inFolder(async (folder) => {
    const file = join(folder, 'tributary.db')
    await runScript('fill', { database: `file:${file}`, touchpoints })
    const simulators = await startHelper<Simulators>('simulators')
    const connections = configText(['website', 'salesforce'], await simulators.ask.urls())
    const config = `${connections}lanes: { touchpoint: 1s, lead: 1s }\n`
    await setUpCrm(folder, config, 'salesforce')
    const hub = await startHub(folder, config)
    const { failures } = await runLoad({
      port: hub.port,
      kind: 'page',
      batchSize: 100,
      inFlight: 8,
      count: EVENTS / 100,
    })
    if (failures > 0) throw new Error(`${failures} batches were not answered 2xx`)
    for (const path of PAGES) await read(hub, path)
    await untilIdle(hub)
    const used = { ...memoryOf(hub.pid), database: statSync(file).size / 1e6 }
    await hub.stop()
    await simulators.stop()
    return used
  })
}

async function read({ port }: Server, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`)
  return text
}

async function untilIdle(hub: Server): Promise<void> {
  for (let i = 0; i < 240; i++) {
    const depths = [...(await read(hub, '/metrics')).matchAll(/^tributary_queue_depth\{[^}]*\} (\d+)$/gm)]
    if (depths.length > 0 && depths.every(([, depth]) => depth === '0')) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('the hub did not get through its work in two minutes')
}
