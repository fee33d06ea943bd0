import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EndlessCrm } from '../support/endless-crm.ts'
import { quietMoment } from '../support/machine.ts'
import { type CommandCost, inFolder, runCommand, startHelper } from '../support/processes.ts'
import { report } from '../support/report.ts'
import { configText } from '../support/settings.ts'

const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000)
/** The baseline: what grows with the records is what differs from it. */
const FEW = Math.min(RECORDS, 100_000)

/** Exit code of a CRM that is not in order. */
const HAS_ISSUES = 1

interface ScanCost extends CommandCost {
  issues: number
  operations: number
  others: number
}

/** `tributary hygiene` of a CRM as large as asked for, with list and plan, process start included. */
export async function hygiene(): Promise<void> {
  const few = await measure(FEW)
  const many = RECORDS === FEW ? few : await measure(RECORDS)
  const { issues, operations, others } = many
  const detail = { records: RECORDS, issues, operations, others }
  report({
    bench: 'hygiene',
    metric: 'peak_memory',
    value: many.peakMb,
    unit: 'MB',
    baseline: few.peakMb,
    goal: '<= 300',
    meets: many.peakMb <= 300,
    detail,
  })
  report({
    bench: 'hygiene',
    metric: 'cpu_per_1000_records',
    value: many.cpuSeconds / (RECORDS / 1000),
    unit: 's',
    baseline: few.cpuSeconds / (FEW / 1000),
    detail: { ...detail, seconds: many.seconds },
  })
}

async function measure(records: number): Promise<ScanCost> {
  const crm = await startHelper<EndlessCrm>('endless-crm', { argument: { records } })
  const url = await crm.ask.url()
  const config = configText(['salesforce'], { stripe: url, hubspot: url, salesforce: url })
  const others = await quietMoment()
  const cost = await inFolder(async (folder) => {
    const [plan, list] = [join(folder, 'plan.json'), join(folder, 'issues.jsonl')]
    const args = ['hygiene', 'salesforce', '--out', plan, '--list', list]
    const spent = await runCommand(folder, config, args, [HAS_ISSUES])
    return { ...spent, issues: linesOf(list), operations: linesOf(plan) - 2, others }
  })
  await crm.stop()
  return cost
}

const linesOf = (file: string): number => {
  let lines = 0
  for (const byte of readFileSync(file)) if (byte === 10) lines++
  return lines
}
