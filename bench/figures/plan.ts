import type { PlanArgument, PlanCost } from '../support/plan-scale.ts'
import { inFolder, runScript } from '../support/processes.ts'
import { report } from '../support/report.ts'

const CHANGES = 10_000
const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000)

/** Finding and planning ten thousand changes: among themselves (the baseline), then among a million synced records. */
export async function plan(): Promise<void> {
  const alone = await measure(CHANGES)
  const among = await measure(RECORDS)
  const detail = { records: RECORDS, changes: CHANGES, calls: among.calls }
  const seconds = (cost: PlanCost) => (cost.projectMs + cost.planMs) / 1000
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
    value: among.peakMb,
    unit: 'MB',
    baseline: alone.peakMb,
    goal: '<= 300',
    meets: among.peakMb <= 300,
    detail,
  })
}

async function measure(records: number): Promise<PlanCost> {
  return await inFolder(async (folder) => {
    const argument = { folder, records, changes: CHANGES }
    await runScript('plan-scale', { ...argument, step: 'fill' } satisfies PlanArgument)
    return JSON.parse(
      await runScript('plan-scale', { ...argument, step: 'plan' } satisfies PlanArgument),
    ) as PlanCost
  })
}
