import { expect, test } from 'vitest'
import type { NewOperation } from '../../../src/engine/ports.ts'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  contribution,
  entity,
  finish,
  mark,
  NOW,
  nextDirty,
  operation,
  project,
  touchpoint,
} from './builders.ts'

export function describeMerges(current: Current): void {
  const people = () => absorb(current(), { entities: [entity('per_1'), entity('per_2'), entity('per_3')] })
  const projection = (id: string) => ({ ...CONTACT, entity: id, externalId: id, desiredHash: 'h' })
  const projections = (...ids: string[]) =>
    current().project.projections(ids.map((id) => ({ ...CONTACT, entity: id })))

  test('a merge moves every node of the merged root, also through a chain', async () => {
    await people()
    await absorb(current(), {
      merges: [
        { from: 'per_3', to: 'per_2' },
        { from: 'per_2', to: 'per_1' },
      ],
    })
    const roots = await current().absorb.rootsOf(['per_1', 'per_2', 'per_3'])
    expect(roots.map((r) => r.root)).toEqual(['per_1', 'per_1', 'per_1'])
    await absorb(current(), { entities: [entity('per_0')], merges: [{ from: 'per_1', to: 'per_0' }] })
    expect((await current().absorb.rootsOf(['per_3'])).map((r) => r.root)).toEqual(['per_0'])
  })

  test('facts stay on their node and are read through its root', async () => {
    await people()
    await absorb(current(), {
      contributions: [contribution('c1', { entity: 'per_2' })],
      touchpoints: [touchpoint('t', { person: 'per_2' })],
    })
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }] })
    expect(await current().project.contributions(['per_1'])).toMatchObject([
      { entity: 'per_2', root: 'per_1' },
    ])
    expect(await current().project.buckets({ kind: 'person', roots: ['per_1'] })).toMatchObject([
      { root: 'per_1', count: 1 },
    ])
    expect(await current().project.buckets({ kind: 'person', roots: ['per_2'] })).toEqual([])
  })

  test('the survivor is dirty and inherits the waiting work of the merged node', async () => {
    await people()
    await absorb(current(), { dirty: [mark('per_2', { stage: 'enrich', lane: 'lead', dueAt: NOW + 5 })] })
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }] })
    expect((await nextDirty(current())).map((item) => item.id)).toContain('per_1')
    const inherited = await nextDirty(current(), { stage: 'enrich' })
    expect(inherited.sort((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { id: 'per_1', lane: 'lead', dueAt: NOW + 5 },
      { id: 'per_2', lane: 'lead', dueAt: NOW + 5 },
    ])
  })

  test('the urgency of a merge is the one its caller gives', async () => {
    await people()
    await absorb(current(), {
      merges: [{ from: 'per_2', to: 'per_1' }],
      dirty: [mark('per_1', { lane: 'backfill', dueAt: NOW + 900 })],
    })
    expect(await nextDirty(current())).toMatchObject([{ id: 'per_1', lane: 'backfill', dueAt: NOW + 900 }])
  })

  test('re-rooting moves one node only', async () => {
    await absorb(current(), {
      entities: [
        entity('anon', { root: 'per_1' }),
        entity('per_1'),
        entity('node', { root: 'per_1' }),
        entity('per_2'),
      ],
    })
    await absorb(current(), { reroots: [{ entity: 'anon', from: 'per_1', to: 'per_2' }] })
    const roots = await current().absorb.rootsOf(['anon', 'node', 'per_1'])
    expect(Object.fromEntries(roots.map((r) => [r.entity, r.root]))).toEqual({
      anon: 'per_2',
      node: 'per_1',
      per_1: 'per_1',
    })
  })

  test('the timeline of the survivor is looked at anew', async () => {
    await people()
    await project(current(), {
      projections: [
        { ...projection('per_1'), loggedSeq: 7 },
        { ...projection('per_3'), loggedSeq: 8 },
      ],
    })
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }] })
    const rows = await projections('per_1', 'per_3')
    expect(Object.fromEntries(rows.map((row) => [row.entity, row.loggedSeq]))).toEqual({ per_1: 0, per_3: 8 })
  })

  test('who loses a node is looked at anew, and activities of theirs that were not sent are proposed again', async () => {
    const TASK = { destination: 'sf', object: 'Task' }
    const entry = (id: string, on: string, more: Partial<NewOperation> = {}) =>
      operation(id, {
        ...TASK,
        entity: id,
        externalId: id,
        kind: 'activity',
        links: [{ object: 'Contact', entity: on, onMiss: 'hold' }],
        ...more,
      })
    const logged = (id: string) => ({ ...TASK, entity: id, externalId: id, desiredHash: 'h' })
    await people()
    await absorb(current(), {
      entities: [entity('anon', { root: 'per_1' }), entity('visitor')],
      dirty: [mark('per_1')],
    })
    const [item] = await nextDirty(current())
    await project(current(), {
      projections: [
        { ...projection('per_1'), loggedSeq: 7 },
        { ...projection('per_2'), loggedSeq: 8 },
        { ...projection('per_3'), loggedSeq: 9 },
        ...['day 1', 'day 2', 'day 3', 'sent'].map(logged),
      ],
      operations: [entry('sent', 'per_1')],
    })
    await claim(current(), TASK)
    await finish(current(), [{ id: 'sent', outcome: 'done', fields: {} }])
    await project(current(), {
      operations: [
        entry('day 1', 'per_1'),
        entry('day 2', 'per_2'),
        entry('day 3', 'per_3'),
        operation('fields', { entity: 'per_1' }),
      ],
    })
    await absorb(current(), {
      reroots: [
        { entity: 'anon', from: 'per_1', to: 'per_2' },
        // Nobody's until now.
        { entity: 'visitor', from: 'visitor', to: 'per_2' },
      ],
      dirty: [mark('per_1'), mark('per_2')],
    })
    await project(current(), { projections: [{ ...projection('per_1'), loggedSeq: 7 }], dirtyDone: [item!] })
    const rows = await projections('per_1', 'per_2', 'per_3')
    expect(Object.fromEntries(rows.map((row) => [row.entity, row.loggedSeq]))).toEqual({
      per_1: 0,
      per_2: 0,
      per_3: 9,
    })
    expect((await claim(current(), TASK)).map((o) => o.id).sort()).toEqual(['day 2', 'day 3'])
    expect((await claim(current())).map((o) => o.id)).toEqual(['fields'])
    const entries = await current().project.projections(
      ['day 1', 'day 2', 'day 3', 'sent'].map((id) => ({ ...TASK, entity: id })),
    )
    expect(Object.fromEntries(entries.map((row) => [row.entity, row.desiredHash]))).toEqual({
      'day 1': undefined,
      'day 2': 'h',
      'day 3': 'h',
      sent: 'h',
    })
  })

  test('a merge during projecting is not forgotten by the commit that follows', async () => {
    await people()
    await absorb(current(), { dirty: [mark('per_1')] })
    const [item] = await nextDirty(current())
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }], dirty: [mark('per_1')] })
    await project(current(), { projections: [{ ...projection('per_1'), loggedSeq: 50 }], dirtyDone: [item!] })
    expect(await projections('per_1')).toMatchObject([{ loggedSeq: 0 }])
    const [again] = await nextDirty(current())
    await project(current(), {
      projections: [{ ...projection('per_1'), loggedSeq: 60 }],
      dirtyDone: [again!],
    })
    expect(await projections('per_1')).toMatchObject([{ loggedSeq: 60 }])
    expect(await nextDirty(current())).toEqual([])
  })

  test('the CRM record of a merged node passes to a survivor without one, with what is on its way to it', async () => {
    await people()
    await project(current(), {
      projections: [projection('per_2')],
      operations: [operation('op', { entity: 'per_2' })],
    })
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }] })
    expect(await projections('per_1', 'per_2')).toMatchObject([{ entity: 'per_1', externalId: 'per_2' }])
    const [claimed] = await claim(current())
    expect(claimed).toMatchObject({ id: 'op', entity: 'per_1', externalId: 'per_2' })
    await finish(current(), [{ id: 'op', outcome: 'done', crmId: '003A', fields: {} }])
    expect(await projections('per_1', 'per_2')).toMatchObject([{ entity: 'per_1', crmId: '003A' }])
  })

  test('of several merged records the survivor takes the one that is in the CRM already', async () => {
    await people()
    await project(current(), {
      projections: [projection('per_2'), projection('per_3')],
      operations: [operation('op', { entity: 'per_3' })],
    })
    await claim(current())
    await finish(current(), [{ id: 'op', outcome: 'done', crmId: '003C', fields: {} }])
    await absorb(current(), {
      merges: [
        { from: 'per_2', to: 'per_1' },
        { from: 'per_3', to: 'per_1' },
      ],
    })
    expect(await projections('per_1')).toMatchObject([{ externalId: 'per_3', crmId: '003C' }])
  })

  test('a merge never makes a second record where both sides were about to be written', async () => {
    await people()
    await project(current(), {
      projections: [projection('per_1'), projection('per_2')],
      operations: [operation('op1'), operation('op2', { entity: 'per_2' })],
    })
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }] })
    expect((await claim(current())).map((o) => o.externalId)).toEqual(['per_1'])
  })

  test('what was projected before a merge and committed after it makes no second record', async () => {
    await people()
    await project(current(), { projections: [projection('per_2')] })
    await absorb(current(), { merges: [{ from: 'per_2', to: 'per_1' }] })
    await project(current(), {
      projections: [projection('per_1'), projection('per_2')],
      operations: [operation('op1'), operation('op2', { entity: 'per_2' })],
    })
    expect((await claim(current())).map((o) => [o.entity, o.externalId])).toEqual([['per_1', 'per_2']])
    expect(await projections('per_1', 'per_2')).toMatchObject([{ entity: 'per_1', externalId: 'per_2' }])
  })

  test('a person keeps belonging to an account that was merged', async () => {
    await absorb(current(), { entities: [entity('per_1'), entity('acc_1'), entity('acc_2')] })
    await project(current(), {
      golden: [{ id: 'per_1', golden: {}, hash: 'h', account: 'acc_1', stage: 'lead' }],
    })
    await absorb(current(), { merges: [{ from: 'acc_1', to: 'acc_2' }] })
    expect(await current().absorb.rootsOf(['per_1'])).toEqual([
      { entity: 'per_1', root: 'per_1', account: 'acc_2' },
    ])
    expect(await current().project.golden(['per_1'])).toMatchObject([{ account: 'acc_2' }])
  })
}
