import { expect, test } from 'vitest'
import { type Current, ERROR, NOW } from './builders.ts'

const change = (crmId: string) => ({
  run: 'run_1',
  destination: 'crm',
  object: 'Contact',
  crmId,
  kind: 'standardise' as const,
  fields: { Phone: { before: '030 12', after: null } },
})

export function describeCrmChanges(current: Current): void {
  test('changes of a CRM are known before they are sent, and by run and order afterwards', async () => {
    const { crmChanges } = current()
    const seqs = await crmChanges.begin([change('a'), change('b'), change('c')], NOW)
    expect(seqs).toHaveLength(3)
    await crmChanges.begin([{ ...change('x'), run: 'run_2' }], NOW)
    await crmChanges.finish([{ seq: seqs[0]! }, { seq: seqs[1]!, error: ERROR }])
    const first = await crmChanges.ofRun({ run: 'run_1', limit: 1 })
    expect(first).toEqual([{ ...change('a'), seq: seqs[0], state: 'done', at: NOW }])
    // Refused ones changed nothing; one whose answer was lost may have.
    const rest = await crmChanges.ofRun({ run: 'run_1', limit: 10, after: first[0]!.seq })
    expect(rest.map(({ crmId, state }) => [crmId, state])).toEqual([['c', 'sending']])
    expect(await crmChanges.begin([], NOW)).toEqual([])
  })
}
