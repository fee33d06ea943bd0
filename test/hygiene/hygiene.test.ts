import { expect, test } from 'vitest'
import { type Finding, type HygieneRequest, hygiene } from '../../src/engine/hygiene/index.ts'
import { createWorld, START, type World } from '../engine/support.ts'
import { type Clock, seedClean } from './company.ts'
import { plantDefects } from './defects.ts'
import { type Seeder, seedHubspot, seedSalesforce } from './seeder.ts'

const SIGNAL = new AbortController().signal
type Crm = 'salesforce' | 'hubspot'

async function seeded(crm: Crm): Promise<{ w: World; s: Seeder; clock: Clock }> {
  const w = await createWorld({ use: [crm] })
  const clock = { now: START, end: START }
  // The CRM's past is written with a clock of its own.
  w.clock.now = () => clock.now
  const s =
    crm === 'salesforce'
      ? seedSalesforce(w.sandboxes.salesforce)
      : seedHubspot(w.sandboxes.hubspot, () => clock.now)
  return { w, s, clock }
}

async function look(w: World, destination: Crm, more: Partial<HygieneRequest> = {}) {
  const findings: Finding[] = []
  const report = await hygiene(
    w.engine.deps,
    { destination, ...more },
    { signal: SIGNAL, onFinding: (finding) => void findings.push(finding) },
  )
  return {
    report,
    findings,
    keys: [...new Set(findings.map(({ check, object, crmId }) => `${check} ${object} ${crmId}`))].sort(),
  }
}

test.each<Crm>(['salesforce', 'hubspot'])('%s: a clean CRM has no issue, in any script', async (crm) => {
  const { w, s, clock } = await seeded(crm)
  seedClean(s, clock)
  clock.now = clock.end
  const { report, findings } = await look(w, crm)
  expect(findings).toEqual([])
  expect(report).toMatchObject({ grade: 1, records: crm === 'salesforce' ? 72 : 60 })
})

test.each<Crm>(['salesforce', 'hubspot'])(
  '%s: every planted defect is found, and nothing else',
  async (crm) => {
    const { w, s, clock } = await seeded(crm)
    const made = seedClean(s, clock)
    const planted = plantDefects(s, clock, made)
    clock.now = clock.end
    const { report, keys } = await look(w, crm)
    expect(keys).toEqual([...planted.expected].sort())
    const flawed = new Set(planted.expected.map((key) => key.split(' ').slice(1).join(' ')))
    expect(report.records - report.clean).toBe(flawed.size)
    expect(report.grade).toBeCloseTo(report.clean / report.records, 10)
  },
)
