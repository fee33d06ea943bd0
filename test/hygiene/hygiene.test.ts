import { expect, test } from 'vitest'
import { CHECKS } from '../../src/hygiene/index.ts'
import { seedClean } from './company.ts'
import { plantDefects } from './defects.ts'
import { type Crm, look, seeded } from './world.ts'

test.each<Crm>(['salesforce', 'hubspot'])('%s: a clean CRM has no issue, in any script', async (crm) => {
  const { w, s, clock } = await seeded(crm)
  seedClean(s, clock)
  clock.now = clock.end
  const { report, findings, plan } = await look(w, crm)
  expect(findings).toEqual([])
  expect(plan.operations).toEqual([])
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
    const counted = report.checks.flatMap(({ check, object, count }) =>
      Array(count).fill(`${check} ${object}`),
    )
    expect(counted.sort()).toEqual(keys.map((key) => key.split(' ').slice(0, 2).join(' ')).sort())
  },
)

/** What no record of the CRM can have, and why. */
const IMPOSSIBLE: Record<Crm, string[]> = {
  salesforce: [
    // Required fields.
    'missing.name account',
    'missing.name deal',
    'missing.last_name contact',
    'missing.last_name lead',
    'missing.owner account',
    'missing.owner contact',
    'missing.owner lead',
    'missing.owner deal',
    'missing.close_at deal',
    // Who wants no mail is sent none.
    'mail.opted_out contact',
    'mail.opted_out lead',
  ],
  // The only list of a deal is that of stages: one that holds deals cannot be taken away.
  hubspot: ['value.not_in_list deal'],
}

test.each<Crm>(['salesforce', 'hubspot'])(
  '%s: every check that a record of a kind can fail is planted in one',
  async (crm) => {
    const { s, clock } = await seeded(crm)
    const { expected } = plantDefects(s, clock, seedClean(s, clock))
    const kindOf = new Map(s.kinds.map((kind) => [s.objectOf(kind), kind]))
    const planted = expected.map((key) => {
      const [check, object] = key.split(' ')
      return `${check} ${kindOf.get(object!)}`
    })
    const possible = Object.entries(CHECKS).flatMap(([check, { of }]) =>
      of.filter((kind) => s.kinds.includes(kind)).map((kind) => `${check} ${kind}`),
    )
    expect([...new Set(planted), ...IMPOSSIBLE[crm]].sort()).toEqual(possible.sort())
  },
)

test('only the checks that are asked for are made, by name or family', async () => {
  const { w, s, clock } = await seeded('salesforce')
  const made = seedClean(s, clock)
  plantDefects(s, clock, made)
  clock.now = clock.end
  const families = async (more: object) =>
    [...new Set((await look(w, 'salesforce', more)).findings.map(({ check }) => check))].sort()
  expect(await families({ only: ['duplicate', 'email.role'] })).toEqual([
    'duplicate.certain',
    'duplicate.possible',
    'email.role',
  ])
  const without = await families({ without: ['duplicate', 'missing'] })
  expect(without.filter((check) => /^duplicate|^missing/.test(check))).toEqual([])
  expect(without.length).toBeGreaterThan(20)
  await expect(look(w, 'salesforce', { only: ['emial.role'] })).rejects.toMatchObject({ code: 'cli.usage' })
})

test('a faster decay makes more people stale', async () => {
  const { w, s, clock } = await seeded('salesforce')
  seedClean(s, clock)
  clock.now = clock.end
  const stale = async (yearlyDecay: number) =>
    (await look(w, 'salesforce', { only: ['person.stale'], settings: { yearlyDecay } })).findings.length
  expect(await stale(0.25)).toBe(0)
  // Everybody was made 120 days ago; those who were called ten days ago are still believed.
  expect(await stale(0.9)).toBe(36 + 12 - 12)
})

test('how far fields are filled, and which of them nobody uses', async () => {
  const { w, s, clock } = await seeded('salesforce')
  const made = seedClean(s, clock)
  w.sandboxes.salesforce.edit('Contact', made.contacts[0]![0], { Department: 'Works' })
  clock.now = clock.end
  const { fields } = (await look(w, 'salesforce', { fields: true })).report
  const of = (field: string) => fields!.find((use) => use.object === 'Contact' && use.field === field)
  expect(of('Email')).toMatchObject({ records: 36, filled: 36, rate: 1, isMapped: false })
  expect(of('Email')).not.toHaveProperty('advice')
  expect(of('Department')).toMatchObject({ filled: 1, advice: 'drop', newest: '2026-07-23T12:00:00.000Z' })
  expect(of('HasOptedOutOfEmail')).toMatchObject({ filled: 0, advice: 'drop' })
  expect(of('LastName')).not.toHaveProperty('advice')
})
