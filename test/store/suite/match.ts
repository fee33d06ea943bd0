import { expect, test } from 'vitest'
import type { MatchCommit, MatchRow, Restanding } from '../../../src/engine/ports.ts'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  contribution,
  DAY,
  entity,
  finish,
  mark,
  NOW,
  nextDirty,
  operation,
  project,
} from './builders.ts'

const NOBODY: Restanding = { nodes: [], merged: [], hidden: [], changed: [], lost: [] }
const row = (id: string, keys: number[], more: Partial<MatchRow> = {}): MatchRow => ({
  entity: id,
  values: { family_name: 'مريم “x”' },
  keys,
  shared: [],
  judgedBy: '1:abc',
  ...more,
})
const keysOf = (rows: MatchRow[]) => rows.flatMap(({ entity, keys }) => keys.map((key) => ({ key, entity })))

/** per_2 is judged to be per_1. */
const TOGETHER: Restanding = {
  nodes: [
    { entity: 'per_1', root: 'per_1', base: 'per_1' },
    { entity: 'per_2', root: 'per_1', base: 'per_2' },
  ],
  merged: [{ from: 'per_2', to: 'per_1' }],
  hidden: [{ from: 'per_2', to: 'per_1' }],
  changed: ['per_1'],
  lost: ['per_2'],
}
const APART: Restanding = {
  nodes: [
    { entity: 'per_1', root: 'per_1' },
    { entity: 'per_2', root: 'per_2' },
  ],
  merged: [],
  hidden: [],
  changed: ['per_1', 'per_2'],
  lost: ['per_1'],
}

export function describeMatch(current: Current): void {
  const commit = (more: Partial<MatchCommit>) =>
    current().match.commit({
      now: NOW,
      records: [],
      gone: [],
      keysAdded: [],
      keysRemoved: [],
      again: [],
      judgements: [],
      withdrawn: [],
      restanding: NOBODY,
      dirty: [],
      dirtyDone: [],
      ...more,
    })
  const save = (...rows: MatchRow[]) => commit({ records: rows, keysAdded: keysOf(rows) })
  const people = () => absorb(current(), { entities: ['per_1', 'per_2', 'per_3'].map((id) => entity(id)) })
  const projections = (...ids: string[]) =>
    current().project.projections(ids.map((id) => ({ ...CONTACT, entity: id })))
  const projection = (id: string) => ({ ...CONTACT, entity: id, externalId: id, desiredHash: 'h' })
  const thinks = (a: string, b: string, score: number) => ({
    a,
    b,
    by: 'model',
    verdict: score >= 0.99 ? ('same' as const) : ('unsure' as const),
    score,
    at: NOW,
  })

  test('whoever shares a key is found by it, no more than are asked for', async () => {
    const big = 2 ** 53 - 1
    await save(row('per_1', [big, 7]), row('per_2', [big]), row('per_3', [big, 8], { shared: ['phone'] }))
    const found = (limit: number, keys = [big, 7, 9], except = ['per_2']) =>
      current().match.neighbours({ keys, limit, except })
    const all = await found(10)
    expect(all.members).toEqual(
      new Map([
        [big, ['per_1', 'per_2', 'per_3']],
        [7, ['per_1']],
        [9, []],
      ]),
    )
    expect(all.others).toEqual([
      { entity: 'per_1', values: { family_name: 'مريم “x”' }, shared: [] },
      { entity: 'per_3', values: { family_name: 'مريم “x”' }, shared: ['phone'] },
    ])
    expect(await found(10, [])).toEqual({ members: new Map(), others: [] })
    expect(await current().match.records(['per_3', 'per_4'])).toEqual([
      row('per_3', [big, 8], { shared: ['phone'] }),
    ])
  })

  test('of a key that too many share, nobody is read', async () => {
    await save(row('per_1', [5, 7]), row('per_2', [5]), row('per_3', [5, 8]))
    const { members, others } = await current().match.neighbours({ keys: [5, 7, 8], limit: 2, except: [] })
    expect(members.get(5)).toHaveLength(2)
    expect(others.map(({ entity }) => entity)).toEqual(['per_1', 'per_3'])
    const { others: fewer } = await current().match.neighbours({ keys: [5, 8], limit: 2, except: [] })
    expect(fewer.map(({ entity }) => entity)).toEqual(['per_3'])
  })

  test('what is known of people is read at once: where they stand, what was judged, and what is said of bases', async () => {
    await people()
    const score = 1 / 3
    await absorb(current(), {
      contributions: [contribution('1', { entity: 'per_1' }), contribution('2', { entity: 'per_2' })],
    })
    await save(row('per_2', [1]), row('per_3', [1]))
    await commit({ restanding: TOGETHER, judgements: [thinks('per_2', 'per_3', score)] })
    const found = await current().match.subjects('person', ['per_2'])
    expect(found.nodes.map(({ id, root }) => [id, root]).sort()).toEqual([
      ['per_1', 'per_1'],
      ['per_2', 'per_1'],
    ])
    expect(found.judgements.map(({ a, b, score: held }) => [a, b, held])).toEqual([['per_2', 'per_3', score]])
    expect(found.records).toEqual([row('per_2', [1])])
    expect(found.contributions.map(({ key, base, root }) => [key, base, root])).toEqual([
      ['2', 'per_2', 'per_1'],
    ])
    expect(await current().match.subjects('person', ['per_9'])).toEqual({
      nodes: [],
      judgements: [],
      records: [],
      contributions: [],
    })
  })

  test('a record that changes has its new keys, one that is gone has none', async () => {
    await save(row('per_1', [1, 2]), row('per_2', [1]))
    await commit({
      records: [row('per_1', [2, 3])],
      keysAdded: [{ key: 3, entity: 'per_1' }],
      keysRemoved: [
        { key: 1, entity: 'per_1' },
        { key: 1, entity: 'per_2' },
      ],
      gone: ['per_2'],
      again: ['per_1'],
    })
    const { members } = await current().match.neighbours({ keys: [1, 2, 3], limit: 10, except: [] })
    expect([...members.values()]).toEqual([[], ['per_1'], ['per_1']])
    expect(await current().match.records(['per_1', 'per_2'])).toEqual([
      row('per_1', [2, 3], { judgedBy: '' }),
    ])
  })

  test('facts are of the base that they were recorded for, whoever stands together', async () => {
    await people()
    await absorb(current(), {
      contributions: [contribution('1', { entity: 'per_1' }), contribution('2', { entity: 'per_2' })],
    })
    await commit({ restanding: TOGETHER })
    const said = await current().match.contributions('person', [{ base: 'per_2', root: 'per_1' }])
    expect(said.map(({ key, base, root }) => [key, base, root])).toEqual([['2', 'per_2', 'per_1']])
    expect((await current().project.contributions(['per_1'])).map(({ key }) => key).sort()).toEqual([
      '1',
      '2',
    ])
    expect(await current().absorb.rootsOf(['per_2'])).toEqual([
      { entity: 'per_2', root: 'per_1', base: 'per_2' },
    ])
    await commit({ restanding: APART })
    expect(await current().absorb.rootsOf(['per_1', 'per_2'])).toEqual([
      { entity: 'per_1', root: 'per_1' },
      { entity: 'per_2', root: 'per_2' },
    ])
  })

  test('identifiers tell the base, and its age', async () => {
    await absorb(current(), {
      entities: [entity('per_1', { createdAt: NOW - DAY }), entity('per_2', { createdAt: NOW - 5 })],
      identifiers: [{ entityKind: 'person', kind: 'email', value: 'b@example.com', entity: 'per_2' }],
    })
    await commit({ restanding: TOGETHER })
    const key = { entityKind: 'person' as const, kind: 'email' as const, value: 'b@example.com' }
    expect(await current().absorb.findIdentifiers([key])).toEqual([
      { ...key, entity: 'per_2', root: 'per_1', base: 'per_2', rootCreatedAt: NOW - 5 },
    ])
  })

  test('the area of a root holds its nodes and what was judged of them, from either end', async () => {
    await people()
    await absorb(current(), {
      entities: [entity('anon', { root: 'per_2' })],
      judgements: [
        thinks('per_1', 'per_2', 0.7),
        { a: 'per_2', b: 'per_3', by: 'person', verdict: 'different', at: NOW },
        { a: 'anon', b: 'per_2', by: 'stitch', verdict: 'same', at: NOW },
      ],
    })
    const { nodes, judgements } = await current().match.area(['per_2'])
    expect(nodes.map(({ id, base, isPinned }) => [id, base, isPinned]).sort()).toEqual([
      ['anon', 'per_2', false],
      ['per_2', 'per_2', false],
    ])
    expect(
      judgements.map(({ a, b, by, verdict, score, rootB }) => [a, b, by, verdict, score, rootB]).sort(),
    ).toEqual([
      ['per_1', 'per_2', 'model', 'unsure', 0.7, 'per_2'],
      ['per_2', 'per_3', 'person', 'different', undefined, 'per_3'],
    ])
  })

  test('pairs that nobody judged are listed, the most probable first, page by page', async () => {
    await people()
    await project(current(), {
      golden: [{ id: 'per_1', golden: { email: 'a@x.co' }, hash: 'h', stage: 'lead' }],
    })
    await absorb(current(), {
      judgements: [
        thinks('per_1', 'per_2', 0.6),
        thinks('per_1', 'per_3', 0.995),
        thinks('per_2', 'per_3', 0.8),
      ],
    })
    const first = await current().match.pairs({ limit: 2 })
    expect(first.items.map(({ a, b, verdict, score }) => [a, b, verdict, score])).toEqual([
      ['per_1', 'per_3', 'same', 0.995],
      ['per_2', 'per_3', 'unsure', 0.8],
    ])
    expect(first.items[0]).toMatchObject({ goldenA: { email: 'a@x.co' }, goldenB: {}, at: NOW })
    const second = await current().match.pairs({ limit: 2, after: first.next! })
    expect(second).toMatchObject({ items: [{ a: 'per_1', b: 'per_2' }] })
    expect(second.next).toBeUndefined()

    await current().match.judge({ pairs: [{ a: 'per_2', b: 'per_3', verdict: 'different' }], now: NOW })
    await commit({ withdrawn: [{ a: 'per_1', b: 'per_3' }] })
    expect((await current().match.pairs({ limit: 9 })).items).toMatchObject([{ a: 'per_1', b: 'per_2' }])
    await current().match.judge({ pairs: [{ a: 'per_2', b: 'per_3' }], now: NOW })
    expect((await current().match.pairs({ limit: 9 })).items).toHaveLength(2)
    await commit({ restanding: TOGETHER })
    expect((await current().match.pairs({ limit: 9 })).items).toMatchObject([{ a: 'per_2', b: 'per_3' }])
  })

  test("a person's word marks both, and is taken back without taking back the model's", async () => {
    await people()
    await absorb(current(), { judgements: [thinks('per_1', 'per_2', 0.7)] })
    await current().match.judge({ pairs: [{ a: 'per_1', b: 'per_2', verdict: 'same' }], now: NOW })
    const marks = await nextDirty(current(), { stage: 'match' })
    expect(marks.map(({ id, lane }) => [id, lane]).sort()).toEqual([
      ['per_1', 'lead'],
      ['per_2', 'lead'],
    ])
    const said = async () => (await current().match.area(['per_1'])).judgements.map(({ by }) => by).sort()
    expect(await said()).toEqual(['model', 'person'])
    await current().match.judge({ pairs: [{ a: 'per_1', b: 'per_2' }], now: NOW })
    expect(await said()).toEqual(['model'])
  })

  test('everybody who is known is marked, page by page', async () => {
    await people()
    const golden = (id: string, isVisitor: boolean) => ({
      id,
      golden: {},
      hash: 'h',
      stage: 'lead',
      isVisitor,
    })
    await project(current(), {
      golden: [golden('per_1', false), golden('per_2', true), golden('per_3', false)],
    })
    const page = (after?: string) =>
      current().match.markAll({ kind: 'person', limit: 1, now: NOW, dueAt: NOW, ...(after ? { after } : {}) })
    const first = await page()
    expect(first).toBe('per_1')
    expect(await page(await page(first))).toBeUndefined()
    expect((await nextDirty(current(), { stage: 'match' })).map(({ id }) => id).sort()).toEqual([
      'per_1',
      'per_3',
    ])
  })

  test('a CRM record goes to whom somebody is judged to be, and back to whom it was made for', async () => {
    await people()
    await project(current(), {
      projections: [projection('per_2')],
      operations: [operation('op', { entity: 'per_2' })],
    })
    await claim(current())
    await finish(current(), [{ id: 'op', outcome: 'done', crmId: '003B', fields: {} }])
    await commit({ restanding: TOGETHER })
    expect(await projections('per_1', 'per_2')).toMatchObject([
      { entity: 'per_1', externalId: 'per_2', crmId: '003B' },
    ])
    await project(current(), {
      projections: [{ ...projection('per_1'), externalId: 'per_2' }],
      operations: [operation('op2', { entity: 'per_1', externalId: 'per_2' })],
    })
    await commit({ restanding: APART })
    const [back, ...others] = await projections('per_1', 'per_2')
    expect(back).toMatchObject({ entity: 'per_2', externalId: 'per_2', crmId: '003B', loggedSeq: 0 })
    expect(back!.desiredHash).toBeUndefined()
    expect(others).toEqual([])
    expect((await claim(current())).map((o) => [o.entity, o.externalId])).toEqual([['per_2', 'per_2']])
  })

  test('who lost their record in the CRM to another merge gets a new one', async () => {
    await people()
    await project(current(), {
      projections: [projection('per_1'), projection('per_2')],
      operations: [operation('op1'), operation('op2', { entity: 'per_2' })],
    })
    await claim(current())
    const done = (id: string, crmId: string) => ({ id, outcome: 'done' as const, crmId, fields: {} })
    await finish(current(), [done('op1', '003A'), done('op2', '003B')])
    await commit({ restanding: TOGETHER })
    await current().deliver.finish({
      now: NOW,
      results: [],
      deliveries: [],
      live: [],
      redirects: [{ ...CONTACT, from: '003B', to: '003A', reason: 'merged' }],
    })
    await commit({ restanding: APART })
    const rows = await projections('per_1', 'per_2')
    expect(rows.map(({ entity, crmId }) => [entity, crmId])).toEqual([
      ['per_1', '003A'],
      ['per_2', undefined],
    ])
  })

  test('where both are in the CRM each keeps their record, and one of them rests meanwhile', async () => {
    await people()
    await project(current(), {
      projections: [projection('per_1'), projection('per_2')],
      operations: [operation('op1'), operation('op2', { entity: 'per_2' })],
    })
    await commit({ restanding: TOGETHER })
    expect((await claim(current())).map((o) => o.externalId)).toEqual(['per_1'])
    await commit({ restanding: APART })
    const rows = await projections('per_1', 'per_2')
    expect(rows.map(({ entity, externalId, desiredHash }) => [entity, externalId, desiredHash])).toEqual([
      ['per_1', 'per_1', undefined],
      ['per_2', 'per_2', undefined],
    ])
  })

  test('whoever holds other nodes than before is projected anew; what waited for the hidden one waits for the shown', async () => {
    await people()
    await absorb(current(), { dirty: [mark('per_2', { stage: 'enrich', lane: 'lead' })] })
    await commit({ restanding: TOGETHER, dirty: [mark('per_3', { stage: 'match' })] })
    expect((await nextDirty(current())).map(({ id }) => id)).toEqual(['per_1'])
    expect((await nextDirty(current(), { stage: 'enrich' })).map(({ id }) => id).sort()).toContain('per_1')
    expect((await nextDirty(current(), { stage: 'match' })).map(({ id }) => id)).toEqual(['per_3'])
    await commit({ restanding: APART, dirtyDone: await nextDirty(current(), { stage: 'match' }) })
    expect((await nextDirty(current())).map(({ id }) => id).sort()).toEqual(['per_1', 'per_2'])
    expect(await nextDirty(current(), { stage: 'match' })).toEqual([])
  })

  test('identifiers join bases of people who are judged to be others as well', async () => {
    await people()
    await absorb(current(), { entities: [entity('anon', { root: 'per_3' })] })
    await commit({ restanding: TOGETHER })
    await absorb(current(), {
      merges: [{ from: 'per_3', to: 'per_1' }],
      rebases: [{ from: 'per_3', to: 'per_2', roots: ['per_3', 'per_1'] }],
    })
    const rows = await current().absorb.rootsOf(['anon', 'per_1', 'per_2', 'per_3'])
    expect(rows.map(({ entity, root, base }) => [entity, root, base]).sort()).toEqual([
      ['anon', 'per_1', 'per_2'],
      ['per_1', 'per_1', 'per_1'],
      ['per_2', 'per_1', 'per_2'],
      ['per_3', 'per_1', 'per_2'],
    ])
    await absorb(current(), { reroots: [{ entity: 'anon', from: 'per_1', to: 'per_1' }] })
    expect(await current().absorb.rootsOf(['anon'])).toEqual([
      { entity: 'anon', root: 'per_1', base: 'per_1' },
    ])
  })

  test('who loses what a record said of them is compared anew', async () => {
    await people()
    const record = { connection: 'stripe-eu', stream: 'customers', key: '1', hash: 'h' }
    await absorb(current(), { contributions: [contribution('1', { entity: 'per_1' })] })
    await absorb(current(), { records: [record], isMatching: true })
    expect((await nextDirty(current(), { stage: 'match' })).map(({ id }) => id)).toEqual(['per_1'])
  })
}
