import {
  type Finding,
  HYGIENE_PLAN_VERSION,
  type HygienePlan,
  HygienePlanner,
  type HygieneReport,
  type HygieneRequest,
  hygiene,
  noTotals,
} from '../../src/engine/hygiene/index.ts'
import { openScratch } from '../../src/store/open-scratch.ts'
import { createWorld, START, type World, type WorldOptions } from '../engine/support.ts'
import type { Clock } from './company.ts'
import { type Seeder, seedHubspot, seedSalesforce } from './seeder.ts'

export const SIGNAL = new AbortController().signal
export type Crm = 'salesforce' | 'hubspot'

/** A hub and a CRM whose past is written with a clock of its own; a Salesforce that takes leads without company. */
export async function seeded(
  crm: Crm,
  more: WorldOptions = {},
): Promise<{ w: World; s: Seeder; clock: Clock }> {
  const w = await createWorld({ use: [crm], salesforce: { personAccounts: true }, ...more })
  const clock = { now: START, end: START }
  w.clock.now = () => clock.now
  const s =
    crm === 'salesforce'
      ? seedSalesforce(w.sandboxes.salesforce)
      : seedHubspot(w.sandboxes.hubspot, () => clock.now)
  return { w, s, clock }
}

export interface Looked {
  report: HygieneReport
  findings: Finding[]
  /** "check object id", each once, in order. */
  keys: string[]
  plan: HygienePlan
}

/** What `tributary hygiene --out` does. */
export async function look(w: World, destination: Crm, more: Partial<HygieneRequest> = {}): Promise<Looked> {
  const findings: Finding[] = []
  const operations: HygienePlan['operations'] = []
  const scratch = await openScratch(':memory:')
  const planner = new HygienePlanner(scratch)
  const report = await hygiene(
    w.engine.deps,
    { destination, ...more },
    {
      signal: SIGNAL,
      scratch,
      onFinding(finding) {
        findings.push(finding)
        planner.note(finding)
      },
      onRecord: (record, found) => void operations.push(...planner.ofRecord(record, found)),
      onPause: planner.settle,
    },
  )
  for await (const late of planner.conclude(w.engine.deps, destination, SIGNAL)) operations.push(...late)
  await scratch.close()
  const totals = noTotals()
  for (const { kind } of operations) totals[kind]++
  return {
    report,
    findings,
    keys: [...new Set(findings.map(({ check, object, crmId }) => `${check} ${object} ${crmId}`))].sort(),
    plan: {
      version: HYGIENE_PLAN_VERSION,
      kind: 'hygiene',
      destination,
      createdAt: report.at,
      operations,
      totals,
    },
  }
}
