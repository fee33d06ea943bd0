import { expect, test } from 'vitest'
import type { ProjectCommit, Standing } from '../../../src/engine/ports.ts'
import { absorb, type Current, project as commit, entity, NOW } from './builders.ts'

const DAY_NUMBER = 20_000
const NO_AMOUNTS = { mrr: {}, lifetime_paid: {}, open: {}, overdue: {} }
const standing = (more: Partial<Standing> = {}): Standing => ({
  children: 0,
  nodes: 1,
  total: { accounts: 1, customers: 0, subscriptions: 0, open_quotes: 0, ...NO_AMOUNTS },
  ...more,
})
const goldenOf = (id: string, golden: Record<string, unknown>): ProjectCommit['golden'][number] => ({
  id,
  golden,
  hash: 'h',
  stage: 'prospect',
})

export function describeStanding(current: Current): void {
  const dirty = async (kind: 'person' | 'account') =>
    (await current().project.nextDirty({ stage: 'project', kind, limit: 10, now: NOW }))
      .map(({ id }) => id)
      .sort()
  const place = async () => {
    const ids = ['acc_child', 'acc_middle', 'acc_top', 'acc_merged', 'per_1', 'per_2']
    await absorb(current(), { entities: ids.map((id) => entity(id)) })
    await absorb(current(), { merges: [{ from: 'acc_merged', to: 'acc_middle' }] })
    await commit(current(), {
      golden: [
        goldenOf('acc_child', { name: 'Child', $standing: standing() }),
        goldenOf('acc_middle', { name: 'Middle', domain: 'middle.example' }),
        goldenOf('acc_top', { name: 'سعر' }),
        goldenOf('per_1', { $employer: { candidates: ['acc_child', 'acc_top'], confidence: 0.6 } }),
        goldenOf('per_2', { $employer: { account: 'acc_child', method: 'city', confidence: 0.92 } }),
      ],
      standing: [
        // The claim names a node that stands elsewhere now.
        { id: 'acc_child', parent: 'acc_merged', nameKey: 'child', reviewDay: DAY_NUMBER },
        { id: 'acc_middle', parent: 'acc_top', reviewDay: DAY_NUMBER + 1 },
        { id: 'per_1', nameKey: 'child' },
        { id: 'per_2', nameKey: 'other' },
      ],
    })
    const { project } = current()
    for (const kind of ['person', 'account'] as const) {
      const items = await project.nextDirty({ stage: 'project', kind, limit: 10, now: NOW })
      await commit(current(), { dirtyDone: items })
    }
  }

  test('children and ancestors are found through merges, and a circle ends', async () => {
    await place()
    const { project } = current()
    expect(await project.childrenOf(['acc_middle', 'acc_top'])).toEqual(
      expect.arrayContaining([
        { parent: 'acc_middle', id: 'acc_child', standing: standing() },
        { parent: 'acc_top', id: 'acc_middle' },
      ]),
    )
    const above = await project.ancestors(['acc_merged'])
    expect(above).toEqual(
      expect.arrayContaining([
        { id: 'acc_middle', parent: 'acc_top', name: 'Middle', domain: 'middle.example' },
        { id: 'acc_top', name: 'سعر' },
      ]),
    )
    await commit(current(), { standing: [{ id: 'acc_top', parent: 'acc_child' }] })
    expect((await project.ancestors(['acc_child'])).map(({ id }) => id).sort()).toEqual([
      'acc_child',
      'acc_middle',
      'acc_top',
    ])
    expect(await project.golden(['acc_child'])).toMatchObject([
      { parent: 'acc_middle', nameKey: 'child', reviewDay: DAY_NUMBER },
    ])
  })

  test('accounts come up for review on their day', async () => {
    await place()
    expect(await current().project.markReviews(DAY_NUMBER - 1, 'backfill', NOW)).toBe(0)
    await current().project.markReviews(DAY_NUMBER, 'backfill', NOW)
    expect(await dirty('account')).toEqual(['acc_child'])
    await current().project.markReviews(DAY_NUMBER + 1, 'backfill', NOW)
    expect(await dirty('account')).toEqual(['acc_child', 'acc_middle'])
  })

  test('who has a name, and who waits for a company of that name', async () => {
    await place()
    const { project } = current()
    expect(await project.namesakes({ keys: ['child', 'nobody'], domains: [] })).toEqual([
      { id: 'acc_child', nameKey: 'child', name: 'Child' },
    ])
    await absorb(current(), {
      identifiers: [{ entityKind: 'account', kind: 'domain', value: 'middle.example', entity: 'acc_merged' }],
    })
    expect(await project.namesakes({ keys: [], domains: ['middle.example'] })).toEqual([
      { id: 'acc_middle', name: 'Middle', domain: 'middle.example' },
    ])
    const wake = { lane: 'lead', dueAt: NOW } as const
    await commit(current(), { workers: [{ keys: ['other'], accounts: [], ...wake }] })
    expect(await dirty('person')).toEqual(['per_2'])
    await commit(current(), { workers: [{ keys: [], accounts: ['acc_child'], ...wake }] })
    expect(await dirty('person')).toEqual(['per_1', 'per_2'])
  })

  test('who lives together is found by name, so many of each; whoever is somebody else now has left', async () => {
    await place()
    const { project } = current()
    await absorb(current(), { entities: [entity('per_3'), entity('per_4')] })
    await commit(current(), {
      golden: [
        goldenOf('per_3', { last_name: 'Weber', country: 'DE' }),
        goldenOf('per_4', { full_name: 'مريم' }),
      ],
      standing: ['per_3', 'per_4'].map((id) => ({ id, nameKey: 'household:1' })),
    })
    const weber = {
      id: 'per_3',
      key: 'household:1',
      golden: { first_name: null, last_name: 'Weber', full_name: null, country: 'DE' },
    }
    expect(await project.peopleNamed(['household:1', 'household:2'], 1)).toEqual([weber])
    expect(await project.peopleNamed(['household:1'], 9)).toMatchObject([weber, { id: 'per_4' }])
    expect(await project.householdsLeft(['per_3', 'per_4'])).toEqual([])
    await absorb(current(), { merges: [{ from: 'per_4', to: 'per_3' }] })
    expect(await project.peopleNamed(['household:1'], 9)).toEqual([weber])
    expect(await project.householdsLeft(['per_3'])).toEqual([{ id: 'per_4', key: 'household:1' }])
  })

  test('of companies that come together all who are concerned are marked', async () => {
    await place()
    await commit(current(), { golden: [{ ...goldenOf('per_2', {}), account: 'acc_middle' }] })
    await current().match.commit({
      now: NOW,
      records: [],
      gone: [],
      keysAdded: [],
      keysRemoved: [],
      again: [],
      judgements: [],
      withdrawn: [],
      restanding: { nodes: [], merged: [], hidden: [], changed: [], lost: [] },
      regrouped: { accounts: ['acc_middle'], lane: 'lead', dueAt: NOW },
      dirty: [],
      dirtyDone: [],
    })
    expect(await dirty('person')).toEqual(['per_2'])
    expect(await dirty('account')).toEqual(['acc_child', 'acc_top'])
  })

  test('whose employer is not sure is listed page by page', async () => {
    await place()
    const { project } = current()
    expect(await project.unsureEmployers({ limit: 5 })).toMatchObject([
      { id: 'per_1', employer: { candidates: ['acc_child', 'acc_top'], confidence: 0.6 } },
    ])
    expect(await project.unsureEmployers({ after: 'per_1', limit: 5 })).toEqual([])
  })
}
