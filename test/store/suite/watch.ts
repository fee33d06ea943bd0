import { expect, test } from 'vitest'
import type { ConflictRow, FeedRow, LiveRow } from '../../../src/engine/ports.ts'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  entity,
  finish,
  NOW,
  nextDirty,
  operation,
  project,
} from './builders.ts'

export function describeWatch(current: Current): void {
  const feed = (more: Partial<FeedRow> = {}): FeedRow => ({ ...CONTACT, since: NOW, ...more })
  const seen = (crmId: string, fields: Record<string, unknown>, more: Partial<LiveRow> = {}): LiveRow => ({
    ...CONTACT,
    crmId,
    fields,
    seenAt: NOW,
    ...more,
  })
  const commit = (
    live: LiveRow[],
    more: Partial<Parameters<ReturnType<Current>['watch']['commit']>[0]> = {},
  ) => current().watch.commit({ now: NOW, feed: feed(), live, redirects: [], ...more })
  const note = (live: LiveRow[]) =>
    current().deliver.finish({ now: NOW, results: [], deliveries: [], live, redirects: [] })
  const live = async (crmId: string) => (await current().deliver.live([{ ...CONTACT, crmId }]))[0]

  test('how far a feed has come is kept as it was given', async () => {
    await commit([], { feed: feed({ page: '{"from":1}', beganAt: NOW, newest: NOW - 5 }) })
    await commit([], { feed: feed({ object: 'Lead', polledAt: NOW, deletionsAt: NOW }) })
    expect(await current().watch.feeds('sf')).toEqual([
      feed({ page: '{"from":1}', beganAt: NOW, newest: NOW - 5 }),
      feed({ object: 'Lead', polledAt: NOW, deletionsAt: NOW }),
    ])
    await commit([], { feed: feed({ since: NOW + 9, polledAt: NOW }) })
    expect((await current().watch.feeds('sf'))[0]).toEqual(feed({ since: NOW + 9, polledAt: NOW }))
  })

  test('the poll replaces what is known of a record; reads and writes add to it', async () => {
    await commit([seen('1', { Title: 'CTO', City: null, Phone: '0', Score: 0, Ok: false })])
    await note([seen('1', { Title: 'CEO', Näme: 'سعر "x"' }, { seenAt: NOW + 1 })])
    expect(await live('1')).toEqual(
      seen(
        '1',
        { Title: 'CEO', City: null, Phone: '0', Score: 0, Ok: false, Näme: 'سعر "x"' },
        {
          seenAt: NOW + 1,
          edited: {},
        },
      ),
    )
    await commit([seen('1', { Title: 'COO' }, { seenAt: NOW + 2, modifiedAt: NOW - 7 })])
    expect(await live('1')).toEqual(
      seen('1', { Title: 'COO' }, { seenAt: NOW + 2, modifiedAt: NOW - 7, edited: {} }),
    )
  })

  test('of a record that was written while the poll looked, nothing is relied on', async () => {
    await note([seen('1', { Title: 'CEO' }, { seenAt: NOW + 1 })])
    await commit([seen('1', { Title: 'CTO', City: 'Pune' })])
    expect(await live('1')).toMatchObject({ fields: {}, seenAt: NOW + 1 })
  })

  test('edits are kept until they are over', async () => {
    await commit([seen('1', { Title: 'x' }, { edited: { Title: NOW - 9, City: NOW - 8 } })])
    await note([seen('1', { Title: 'ours' }, { seenAt: NOW + 1, edited: { Title: null } })])
    expect((await live('1'))?.edited).toEqual({ City: NOW - 8 })
  })

  test('a deletion is known until the record is seen again', async () => {
    await commit([seen('1', {}, { deletedAt: NOW - 1 })])
    expect((await live('1'))?.deletedAt).toBe(NOW - 1)
    await commit([seen('1', { Title: 'x' }, { seenAt: NOW + 1 })])
    expect(await live('1')).not.toHaveProperty('deletedAt')
  })

  test('what was seen before a feed began is forgotten', async () => {
    await note([seen('1', { Title: 'x' }), { ...seen('2', { Title: 'y' }), object: 'Lead' }])
    await commit([seen('3', { Title: 'z' })], { isFirst: true })
    const keys = ['1', '3'].map((crmId) => ({ ...CONTACT, crmId }))
    const rows = await current().deliver.live([...keys, { ...CONTACT, object: 'Lead', crmId: '2' }])
    expect(rows.map((row) => row.crmId).sort()).toEqual(['2', '3'])
  })

  test('a converted record leads to another object, through merges on both sides', async () => {
    const lead = { destination: 'sf', object: 'Lead' }
    await commit([], {
      redirects: [
        { ...lead, from: 'L1', to: 'L2', reason: 'merged' },
        { ...lead, from: 'L2', to: 'C1', toObject: 'Contact', reason: 'converted' },
        { destination: 'sf', object: 'Contact', from: 'C1', to: 'C2', reason: 'merged' },
      ],
    })
    expect(await current().deliver.redirects([{ ...lead, crmId: 'L1' }])).toEqual([
      { ...lead, from: 'L1', to: 'C2', toObject: 'Contact' },
    ])
  })

  test('shadows are found by CRM id', async () => {
    await project(current(), { operations: [operation('op1'), operation('op2', { entity: 'per_2' })] })
    await claim(current())
    await finish(current(), [{ id: 'op1', outcome: 'done', crmId: '003A', fields: {} }])
    expect(await current().watch.shadows([{ ...CONTACT, crmId: '003A' }])).toMatchObject([
      { entity: 'per_1', crmId: '003A' },
    ])
    expect(await current().watch.shadows([{ ...CONTACT, object: 'Lead', crmId: '003A' }])).toEqual([])
  })

  const conflict = (field: string, more: Partial<ConflictRow> = {}): ConflictRow => ({
    ...CONTACT,
    id: `cf_${field}`,
    entity: 'per_1',
    crmId: '003A',
    field,
    ours: 'CEO',
    theirs: null,
    from: 'contact.yaml:9',
    reason: 'edited_in_crm',
    operation: 'op1',
    state: 'open',
    at: NOW,
    ...more,
  })
  const meet = (conflicts: ConflictRow[], settled: string[] = []) =>
    current().deliver.finish({
      now: NOW,
      results: [],
      deliveries: [],
      live: [],
      redirects: [],
      conflicts,
      settled,
    })
  const open = async () => (await current().quarantine.list({ limit: 10 })).items

  test('conflicts are listed oldest first, page by page, until they are settled', async () => {
    await meet([
      conflict('Title', { at: NOW + 1, written: { deep: [1] } }),
      conflict('City'),
      conflict('Phone', { at: NOW + 2, written: null }),
    ])
    const first = await current().quarantine.list({ limit: 2 })
    expect(first.items).toEqual([
      conflict('City'),
      conflict('Title', { at: NOW + 1, written: { deep: [1] } }),
    ])
    const second = await current().quarantine.list({ limit: 2, after: first.next! })
    expect(second).toEqual({ items: [conflict('Phone', { at: NOW + 2, written: null })] })
    await meet([], ['cf_City'])
    expect((await open()).map((row) => row.field)).toEqual(['Title', 'Phone'])
  })

  test('a decision takes a conflict off the list; other values ask anew', async () => {
    await meet([conflict('Title')])
    expect(
      await current().quarantine.decide({ id: 'cf_Title', state: 'kept', now: NOW + 1, dueAt: NOW + 1 }),
    ).toMatchObject({ state: 'kept', decidedAt: NOW + 1 })
    expect(await open()).toEqual([])
    expect(await current().quarantine.of([{ ...CONTACT, crmId: '003A' }])).toMatchObject([{ state: 'kept' }])
    await meet([conflict('Title', { ours: 'COO', at: NOW + 5 })])
    expect(await open()).toEqual([conflict('Title', { ours: 'COO', at: NOW + 5 })])
  })

  test('accepting has the record projected anew, where its entity stands by now', async () => {
    await absorb(current(), { entities: [entity('per_1'), entity('per_2')] })
    await project(current(), {
      operations: [],
      projections: [{ ...CONTACT, entity: 'per_1', externalId: 'per_1', desiredHash: 'h' }],
    })
    await absorb(current(), { merges: [{ from: 'per_1', to: 'per_2' }] })
    for (const mark of await nextDirty(current()))
      await project(current(), { operations: [], dirtyDone: [mark] })
    await meet([conflict('Title')])
    await current().quarantine.decide({ id: 'cf_Title', state: 'accepted', now: NOW + 1, dueAt: NOW + 1 })
    expect((await nextDirty(current())).map((mark) => mark.id)).toEqual(['per_2'])
    expect(await current().project.projections([{ ...CONTACT, entity: 'per_2' }])).toMatchObject([
      { externalId: 'per_1' },
    ])
    const [row] = await current().project.projections([{ ...CONTACT, entity: 'per_2' }])
    expect(row).not.toHaveProperty('desiredHash')
  })

  test('a decision about nothing says so', async () => {
    expect(
      await current().quarantine.decide({ id: 'cf_none', state: 'accepted', now: NOW, dueAt: NOW }),
    ).toBeUndefined()
    expect(await nextDirty(current())).toEqual([])
  })

  describeWaking(current)
}

/** Records with what we wrote to them, of which nobody has anything to do. */
function describeWaking(current: Current): void {
  const shadows = async (...people: string[]) => {
    const store = current()
    await absorb(store, { entities: people.map((id) => entity(`per_${id}`)) })
    await project(store, {
      operations: people.map((id) => operation(`op_${id}`, { entity: `per_${id}` })),
    })
    await finish(
      store,
      (await claim(store)).map(({ id, entity: person }) => ({
        id,
        outcome: 'done',
        crmId: `003_${person}`,
        fields: {},
      })),
    )
  }
  const see = (person: string, edited: Record<string, number | null>) =>
    current().deliver.finish({
      now: NOW,
      results: [],
      deliveries: [],
      redirects: [],
      live: [{ ...CONTACT, crmId: `003_per_${person}`, fields: {}, seenAt: NOW, edited }],
    })
  const woken = async () => (await nextDirty(current(), { kind: 'person' })).map(({ id }) => id).sort()

  test('an edit lapses between two looks, by the time that its field holds', async () => {
    await shadows('a', 'b', 'c', 'd')
    await see('a', { Title: NOW - 100, Phone: null })
    await see('b', { Title: NOW - 300 })
    await see('c', { Phone: NOW - 100 })
    await see('d', { Title: null })
    const look = (since: number, until: number) =>
      current().watch.wakeLapsed({ ...CONTACT, holds: { Title: 100, City: 5 }, since, until })
    await look(NOW - 300, NOW - 1)
    expect(await woken()).toEqual(['per_b'])
    await look(NOW - 1, NOW)
    expect(await woken()).toEqual(['per_a', 'per_b'])
  })

  test('who is woken is compared anew, also when a feed begins and nobody watched before', async () => {
    await shadows('a', 'b')
    await see('a', { Title: NOW - 100 })
    await current().watch.commit({
      now: NOW,
      feed: { ...CONTACT, since: NOW },
      isFirst: true,
      live: [],
      redirects: [],
    })
    expect(await woken()).toEqual(['per_a'])
    await current().watch.commit({
      now: NOW,
      feed: { ...CONTACT, since: NOW },
      live: [],
      redirects: [],
      wake: [{ ...CONTACT, entity: 'per_b' }],
    })
    expect(await woken()).toEqual(['per_a', 'per_b'])
  })
}
