import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HubHelper } from '../support/hub.ts'
import { type Memory, quietMoment } from '../support/machine.ts'
import { inFolder, runScript, startHelper } from '../support/processes.ts'
import { report } from '../support/report.ts'
import { configText, SECRETS } from '../support/settings.ts'
import type { Simulators } from '../support/simulators.ts'

const CHANGES = 10_000
const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000)

interface PlanCost {
  projectMs: number
  planMs: number
  cpuMs: number
  planned: number
  calls: number
  memory: Memory
  others: number
}

/**
 * Finding and planning ten thousand changes: among themselves (the baseline), then among a million synced records. The
 * million are copies of the ten thousand in the hub's database; in the CRM are those that change.
 */
export async function plan(): Promise<void> {
  const simulators = await startHelper<Simulators>('simulators')
  const config = configText(['website', 'salesforce'], await simulators.ask.urls())
  const [alone, among] = await inFolder(async (few) =>
    inFolder(async (many): Promise<[PlanCost, PlanCost]> => {
      await sync(few, config)
      copyFileSync(databaseIn(few), databaseIn(many))
      await runScript('multiply', { database: databaseIn(many), copies: RECORDS / CHANGES - 1 })
      return [await measure(few, config), await measure(many, config)]
    }),
  )
  await simulators.stop()
  const { others, calls } = among
  const detail = { records: RECORDS, changes: CHANGES, calls, others }
  const seconds = ({ projectMs, planMs }: PlanCost) => (projectMs + planMs) / 1000
  report({
    bench: 'plan',
    metric: 'changes_found_and_planned',
    value: seconds(among),
    unit: 's',
    baseline: seconds(alone),
    goal: '<= 10',
    meets: seconds(among) <= 10,
    detail: { ...detail, project_ms: among.projectMs, plan_ms: among.planMs },
  })
  report({
    bench: 'plan',
    metric: 'cpu_per_planned_change',
    value: among.cpuMs / among.planned,
    unit: 'ms',
    baseline: alone.cpuMs / alone.planned,
    detail,
  })
  report({
    bench: 'plan',
    metric: 'peak_memory',
    value: among.memory.peak,
    unit: 'MB',
    baseline: alone.memory.peak,
    goal: '<= 300',
    meets: among.memory.peak <= 300,
    detail,
  })
}

const databaseIn = (folder: string): string => join(folder, 'tributary.db')

/** Ten thousand people who have looked at a page and are in the CRM. */
async function sync(folder: string, config: string): Promise<void> {
  const hub = await startHub(folder, config)
  await hub.ask.setup()
  await hub.ask.identify({ count: CHANGES, title: 'CTO' })
  await hub.ask.view({ count: CHANGES })
  await hub.ask.drain()
  await hub.ask.close()
  await hub.stop()
}

/** In a process that has done nothing else. */
async function measure(folder: string, config: string): Promise<PlanCost> {
  const hub = await startHub(folder, config)
  await hub.ask.identify({ count: CHANGES, title: 'CEO' })
  const others = await quietMoment()
  const projected = await hub.ask.project()
  const { planned, wrong, calls, ...cost } = await hub.ask.plan({ title: 'CEO' })
  if (planned !== CHANGES || wrong > 0)
    throw new Error(`${planned} changes were planned, ${wrong} of them are not about the title`)
  const memory = await hub.ask.memory()
  await hub.stop()
  return {
    projectMs: projected.wallMs,
    planMs: cost.wallMs,
    cpuMs: projected.cpuMs + cost.cpuMs,
    planned,
    calls,
    memory,
    others,
  }
}

const startHub = (folder: string, config: string) =>
  startHelper<HubHelper>('hub', { argument: { folder, config }, env: SECRETS, isHub: true })
