import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../../src/engine/plan.ts'
import type { HubHelper } from '../support/hub.ts'
import { quietMoment } from '../support/machine.ts'
import {
  type CommandCost,
  type Helper,
  inFolder,
  runCommand,
  runScript,
  startHelper,
} from '../support/processes.ts'
import { report } from '../support/report.ts'
import { configText, SECRETS } from '../support/settings.ts'
import type { Simulators } from '../support/simulators.ts'

const CHANGES = 10_000
const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000)

interface PlanCost extends CommandCost {
  calls: number
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
      return [await measure(few, config, simulators), await measure(many, config, simulators)]
    }),
  )
  await simulators.stop()
  const { others, calls, cpuSeconds } = among
  const detail = { records: RECORDS, changes: CHANGES, calls, others }
  report({
    bench: 'plan',
    metric: 'changes_found_and_planned',
    value: among.seconds,
    unit: 's',
    baseline: alone.seconds,
    goal: '<= 10',
    meets: among.seconds <= 10,
    detail: { ...detail, cpu_s: cpuSeconds },
  })
  report({
    bench: 'plan',
    metric: 'cpu_per_planned_change',
    value: (1000 * cpuSeconds) / CHANGES,
    unit: 'ms',
    baseline: (1000 * alone.cpuSeconds) / CHANGES,
    detail,
  })
  report({
    bench: 'plan',
    metric: 'peak_memory',
    value: among.peakMb,
    unit: 'MB',
    baseline: alone.peakMb,
    goal: '<= 300',
    meets: among.peakMb <= 300,
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

/** `tributary plan`, from facts that have come in to the file, process start included. */
async function measure(folder: string, config: string, simulators: Helper<Simulators>): Promise<PlanCost> {
  const hub = await startHub(folder, config)
  await hub.ask.identify({ count: CHANGES, title: 'CEO' })
  await hub.ask.close()
  await hub.stop()
  const others = await quietMoment()
  const before = (await simulators.ask.held('salesforce')).calls
  const file = join(folder, 'plan.json')
  const cost = await runCommand(folder, config, ['plan', '--out', file])
  const calls = (await simulators.ask.held('salesforce')).calls - before
  const { operations } = JSON.parse(readFileSync(file, 'utf8')) as Plan
  const right = operations.filter((o) => o.fields.some((f) => f.field === 'Title' && f.after === 'CEO'))
  if (operations.length !== CHANGES || right.length !== CHANGES)
    throw new Error(`${operations.length} changes were planned, ${right.length} of them are about the title`)
  return { ...cost, calls, others }
}

const startHub = (folder: string, config: string) =>
  startHelper<HubHelper>('hub', { argument: { folder, config }, env: SECRETS, isHub: true })
