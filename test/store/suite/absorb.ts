import { expect, test } from 'vitest'
import type { IdentifierKey } from '../../../src/engine/ports.ts'
import {
  absorb,
  type Current,
  contribution,
  document,
  ERROR,
  entity,
  invoice,
  mark,
  NOW,
  nextDirty,
  record,
} from './builders.ts'

const email = (value: string): IdentifierKey => ({ entityKind: 'person', kind: 'email', value })

export function describeAbsorb(current: Current): void {
  const store = (keys: string[]) =>
    current().intake.commitPage({
      connection: 'stripe-eu',
      stream: 'customers',
      records: keys.map((key) => record(key)),
      now: NOW,
    })

  test('identifiers lead to the node they were first seen on', async () => {
    await absorb(current(), {
      entities: [entity('per_1', { createdAt: NOW - 5 }), entity('per_2')],
      identifiers: [{ ...email('a@example.com'), entity: 'per_1' }],
    })
    await absorb(current(), { identifiers: [{ ...email('a@example.com'), entity: 'per_2' }] })
    expect(
      await current().absorb.findIdentifiers([email('a@example.com'), email('nobody@example.com')]),
    ).toEqual([{ ...email('a@example.com'), entity: 'per_1', root: 'per_1', rootCreatedAt: NOW - 5 }])
    const other: IdentifierKey = { entityKind: 'account', kind: 'domain', value: 'a@example.com' }
    expect(await current().absorb.findIdentifiers([other])).toEqual([])
  })

  test('the earliest stitch of an anonymous node wins, whatever came first', async () => {
    const stitch = (person: string, at: number) => ({
      a: 'anon',
      b: person,
      verdict: 'same' as const,
      by: 'stitch',
      at,
    })
    await absorb(current(), { judgements: [stitch('per_2', NOW), stitch('per_1', NOW + 1)] })
    expect(await current().absorb.firstStitches(['anon'])).toEqual([
      { anonymous: 'anon', person: 'per_2', at: NOW },
    ])
    await absorb(current(), { judgements: [stitch('per_2', NOW + 5)] })
    expect(await current().absorb.firstStitches(['anon'])).toMatchObject([{ person: 'per_2', at: NOW }])
    await absorb(current(), { judgements: [stitch('per_1', NOW - 1), stitch('per_2', NOW + 9)] })
    expect(await current().absorb.firstStitches(['anon', 'none'])).toEqual([
      { anonymous: 'anon', person: 'per_1', at: NOW - 1 },
    ])
    await absorb(current(), { judgements: [stitch('per_0', NOW - 1)] })
    expect(await current().absorb.firstStitches(['anon'])).toMatchObject([{ person: 'per_0' }])
  })

  test('absorbing replaces what the record said before', async () => {
    await store(['c1'])
    await absorb(current(), {
      records: [record('c1')],
      entities: [entity('per_1')],
      contributions: [
        contribution('c1', {
          attributes: { email: 'a@example.com', phone: null, title: '' },
          confidence: 0.5,
        }),
        contribution('c1', { slot: 'person:1', licence: 'CC-BY' }),
      ],
    })
    expect(await current().project.contributions(['per_1'])).toEqual([
      {
        ...contribution('c1', {
          attributes: { email: 'a@example.com', phone: null, title: '' },
          confidence: 0.5,
        }),
        root: 'per_1',
      },
      { ...contribution('c1', { slot: 'person:1', licence: 'CC-BY' }), root: 'per_1' },
    ])
    await absorb(current(), {
      records: [record('c1')],
      contributions: [contribution('c1', { attributes: { email: 'b@example.com' } })],
    })
    expect(await current().project.contributions(['per_1'])).toEqual([
      { ...contribution('c1', { attributes: { email: 'b@example.com' } }), root: 'per_1' },
    ])
  })

  test('a record that says nothing any more loses its contributions and documents, and its people become dirty', async () => {
    await store(['c1'])
    await absorb(current(), {
      records: [record('c1')],
      entities: [entity('per_1'), entity('acc_1')],
      contributions: [contribution('c1')],
      documents: [
        document(invoice('i1', { total: 10 }), { stream: 'customers', recordKey: 'c1', account: 'acc_1' }),
      ],
    })
    await absorb(current(), { records: [record('c1')] })
    expect(await current().project.contributions(['per_1'])).toEqual([])
    expect(await current().project.documentsById(['doc_invoice_i1'])).toEqual([])
    expect((await nextDirty(current())).map((item) => item.id)).toEqual(['per_1'])
    expect((await nextDirty(current(), { kind: 'account' })).map((item) => item.id)).toEqual(['acc_1'])
  })

  test('whoever a contribution leaves becomes dirty, whoever keeps it does not', async () => {
    await absorb(current(), { entities: [entity('per_1'), entity('per_2')] })
    await absorb(current(), { records: [record('c1')], contributions: [contribution('c1')] })
    await absorb(current(), {
      records: [record('c1')],
      contributions: [contribution('c1', { observedAt: NOW + 1 })],
    })
    expect(await nextDirty(current())).toEqual([])
    await absorb(current(), {
      records: [record('c1')],
      contributions: [contribution('c1', { entity: 'per_2' })],
      dirty: [mark('per_2')],
    })
    expect((await nextDirty(current())).map((item) => [item.id, item.lane])).toEqual([
      ['per_2', 'touchpoint'],
      ['per_1', 'backfill'],
    ])
    expect(await current().project.contributions(['per_1'])).toEqual([])
  })

  test('a dead record keeps what it said before', async () => {
    await store(['c1'])
    await absorb(current(), {
      records: [record('c1')],
      entities: [entity('per_1')],
      contributions: [contribution('c1')],
    })
    await absorb(current(), { dead: [{ ...record('c1'), error: ERROR }] })
    expect(await current().project.contributions(['per_1'])).toHaveLength(1)
    expect((await current().inspect.deadLetters({ limit: 5, stage: 'record' })).items).toEqual([
      {
        id: 'stripe-eu/customers/c1',
        stage: 'record',
        connection: 'stripe-eu',
        subject: 'customers/c1',
        error: ERROR,
        at: NOW,
      },
    ])
  })

  test('a record that changed while it was absorbed stays pending', async () => {
    await store(['c1', 'c2'])
    await absorb(current(), { records: [record('c1', { hash: 'older' }), record('c2')], dead: [] })
    expect((await current().intake.pendingRecords({ limit: 5 })).map((r) => r.key)).toEqual(['c1'])
  })

  test('contributions name the root of the account they place a person in', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('acc_1', { root: 'acc_2' }), entity('acc_2')],
      records: [record('c1')],
      contributions: [contribution('c1', { account: 'acc_1' })],
    })
    expect(await current().project.contributions(['per_1'])).toMatchObject([
      { account: 'acc_1', accountRoot: 'acc_2' },
    ])
  })

  test('a batch that fails leaves nothing behind', async () => {
    const broken = { ...entity('per_1'), kind: null as never }
    await store(['c1'])
    await expect(
      absorb(current(), {
        entities: [entity('per_0'), broken],
        records: [record('c1')],
        contributions: [contribution('c1', { entity: 'per_0' })],
        dirty: [mark('per_0')],
      }),
    ).rejects.toThrow()
    await expect(
      absorb(current(), {
        entities: [entity('per_0')],
        dirty: [mark('per_0'), { ...mark('x'), dueAt: null as never }],
      }),
    ).rejects.toThrow()
    expect(await current().absorb.rootsOf(['per_0', 'per_1'])).toEqual([])
    expect(await nextDirty(current())).toEqual([])
    expect(await current().intake.pendingRecords({ limit: 5 })).toHaveLength(1)
  })
}
