import { expect, test } from 'vitest'
import type { HygieneReport } from '../../../src/engine/hygiene/index.ts'
import type { Current } from './builders.ts'

const report = (destination: string, more: Partial<HygieneReport> = {}): HygieneReport => ({
  destination,
  at: '2026-11-20T12:00:00.000Z',
  records: 4,
  clean: 3,
  grade: 0.75,
  without: [],
  objects: [],
  checks: [],
  notCompared: [{ rule: 'phone', keys: 1, records: 400 }],
  ...more,
})

export function describeHygieneReports(current: Current): void {
  test('the last report of each CRM is kept', async () => {
    const { hygieneReports } = current()
    expect(await hygieneReports.list()).toEqual([])
    expect(await hygieneReports.get('salesforce')).toBeUndefined()
    await hygieneReports.keep(report('salesforce'))
    await hygieneReports.keep(report('hubspot', { without: ['email'] }))
    await hygieneReports.keep(report('salesforce', { clean: 4, grade: 1 }))
    expect(await hygieneReports.get('salesforce')).toEqual(report('salesforce', { clean: 4, grade: 1 }))
    const { at, records } = report('')
    expect(await hygieneReports.list()).toEqual([
      { destination: 'hubspot', at, records, clean: 3, grade: 0.75, without: ['email'] },
      { destination: 'salesforce', at, records, clean: 4, grade: 1, without: [] },
    ])
  })
}
