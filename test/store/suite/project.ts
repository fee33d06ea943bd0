import { expect, test } from 'vitest'
import type { Quote } from '../../../src/model/documents.ts'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  contribution,
  document,
  entity,
  invoice,
  mark,
  NOW,
  nextDirty,
  operation,
  project,
  record,
  touchpoint,
} from './builders.ts'

const quote = (key: string): Quote => ({
  type: 'quote',
  key,
  currency: 'EUR',
  status: 'sent',
  total: { amount: 100, currency: 'EUR' },
  created_at: NOW,
})

export function describeProject(current: Current): void {
  const pending = () => current().deliver.peek({ destination: 'sf', limit: 100 })
  const key = { ...CONTACT, entity: 'per_1' }

  test('what records have said is read back, of no others', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('acc_1')],
      contributions: [
        contribution('cus_1', { account: 'acc_1', observedAt: NOW - 5 }),
        contribution('cus_1', { slot: 'person:1', attributes: { title: 'عنوان' } }),
        contribution('cus_2'),
      ],
    })
    const key = { connection: 'stripe-eu', stream: 'customers', key: 'cus_1' }
    const said = await current().absorb.said([key, { ...key, key: 'cus_9' }, { ...key, stream: 'others' }])
    expect(said.map(({ slot, attributes, observedAt }) => [slot, attributes, observedAt]).sort()).toEqual([
      ['person:0', { email: 'a@example.com' }, NOW - 5],
      ['person:1', { title: 'عنوان' }, NOW],
    ])
  })

  test('who was heard of elsewhere: people by their nodes, companies also by their people', async () => {
    await absorb(current(), {
      entities: [
        ...['per_1', 'per_2', 'per_3', 'acc_1', 'acc_2'].map((id) => entity(id)),
        entity('per_4', { root: 'per_1' }),
      ],
      touchpoints: [
        touchpoint('tp_1', { person: 'per_4', connection: 'website' }),
        touchpoint('tp_2', { person: 'per_2', connection: 'sf' }),
        touchpoint('tp_3', { person: 'per_3', account: 'acc_2', connection: 'sf' }),
      ],
    })
    await project(current(), {
      golden: [{ id: 'per_1', golden: {}, hash: 'h', stage: 'lead', account: 'acc_1' }],
    })
    const heard = (kind: 'person' | 'account', roots: string[]) =>
      current().project.heardElsewhere({ kind, roots, connection: 'sf' })
    expect(await heard('person', ['per_1', 'per_2', 'per_3'])).toEqual(['per_1'])
    expect(await heard('account', ['acc_1', 'acc_2'])).toEqual(['acc_1'])
  })

  test('a record known by id is adopted once, and not where somebody else has it', async () => {
    await absorb(current(), { entities: [entity('per_1'), entity('per_2')] })
    const adopted = { ...CONTACT, entity: 'per_1', externalId: 'per_1', crmId: '003A' }
    await project(current(), { adopted: [adopted], operations: [operation('op_1')] })
    await project(current(), { adopted: [{ ...adopted, crmId: '003B' }] })
    await project(current(), { adopted: [{ ...adopted, entity: 'per_2', externalId: 'per_2' }] })
    const rows = await current().project.projections([key, { ...CONTACT, entity: 'per_2' }])
    expect(rows.map(({ entity: own, crmId }) => [own, crmId])).toEqual([['per_1', '003A']])
  })

  test('dirty marks come most urgent lane first, then oldest', async () => {
    await absorb(current(), { now: NOW, dirty: [mark('per_1', { lane: 'backfill' }), mark('per_2')] })
    await absorb(current(), {
      now: NOW + 1,
      dirty: [mark('per_3'), mark('acc_1'), mark('per_4', { stage: 'enrich' })],
    })
    expect((await nextDirty(current())).map((item) => [item.id, item.since])).toEqual([
      ['per_2', NOW],
      ['per_3', NOW + 1],
      ['per_1', NOW],
    ])
    expect(await nextDirty(current(), { limit: 1 })).toHaveLength(1)
  })

  test('marking again keeps one mark with its age and the greater urgency', async () => {
    await absorb(current(), { dirty: [mark('per_1', { lane: 'backfill', dueAt: NOW + 9 })] })
    await absorb(current(), { now: NOW + 1, dirty: [mark('per_1', { lane: 'lead', dueAt: NOW + 50 })] })
    expect(await nextDirty(current())).toMatchObject([
      { id: 'per_1', lane: 'lead', dueAt: NOW + 9, since: NOW },
    ])
  })

  test('a mark renewed while it was worked on survives', async () => {
    await absorb(current(), { dirty: [mark('per_1'), mark('per_2')] })
    const items = await nextDirty(current())
    await absorb(current(), { dirty: [mark('per_1')] })
    await project(current(), { dirtyDone: items })
    expect((await nextDirty(current())).map((item) => item.id)).toEqual(['per_1'])
  })

  test('a mark deleted and made anew is not taken for the old one', async () => {
    await absorb(current(), { dirty: [mark('per_1')] })
    const items = await nextDirty(current())
    await project(current(), { dirtyDone: items })
    await absorb(current(), { dirty: [mark('per_1')] })
    await project(current(), { dirtyDone: items })
    expect(await nextDirty(current())).toHaveLength(1)
  })

  test('a lane is behind while something of it waits to be absorbed or projected', async () => {
    const isBehind = () => current().project.isBehind('backfill')
    await absorb(current(), { dirty: [mark('per_1'), mark('per_2', { lane: 'backfill', stage: 'enrich' })] })
    expect(await isBehind()).toBe(false)
    await absorb(current(), { dirty: [mark('per_3', { lane: 'backfill' })] })
    expect(await isBehind()).toBe(true)
    await project(current(), { dirtyDone: await nextDirty(current()) })
    expect(await isBehind()).toBe(false)
    await current().intake.commitPage({
      connection: 'stripe-eu',
      stream: 'customers',
      records: [record('cus_9', { lane: 'backfill' })],
      now: NOW,
    })
    expect(await isBehind()).toBe(true)
  })

  test('delayed marks wait for their time', async () => {
    await absorb(current(), { dirty: [mark('per_1', { notBefore: NOW + 10 }), mark('per_2')] })
    expect((await nextDirty(current())).map((item) => item.id)).toEqual(['per_2'])
    const later = await nextDirty(current(), { now: NOW + 10 })
    expect(later.map((item) => [item.id, item.notBefore])).toEqual(
      expect.arrayContaining([['per_1', NOW + 10]]),
    )
    await absorb(current(), { dirty: [mark('per_1')] })
    expect((await nextDirty(current())).map((item) => item.id).sort()).toEqual(['per_1', 'per_2'])
  })

  test('projecting waits for young enrichment, not for delayed', async () => {
    const enrich = (id: string, more = {}) => mark(id, { stage: 'enrich', ...more })
    await absorb(current(), {
      now: NOW - 100,
      dirty: [mark('per_1'), mark('per_2'), mark('per_3'), enrich('per_1')],
    })
    await absorb(current(), { now: NOW, dirty: [enrich('per_2'), enrich('per_3', { notBefore: NOW + 900 })] })
    const items = await nextDirty(current(), { waitForEnrich: NOW - 50 })
    expect(items.map((item) => item.id)).toEqual(['per_1', 'per_3'])
  })

  test('projecting waits for enrichment that is looked at again before it is old, not for what is put off longer', async () => {
    const putOff = (id: string, notBefore: number) => ({
      ...mark(id, { stage: 'enrich' }),
      since: NOW - 20,
      notBefore,
    })
    await absorb(current(), { dirty: [mark('per_1'), mark('per_2')] })
    await current().enrich.commit({
      now: NOW,
      rows: [],
      records: [],
      dirtyDone: [],
      dirty: [],
      putOff: [putOff('per_1', NOW + 30), putOff('per_2', NOW + 31)],
    })
    const waiting = { now: NOW, waitForEnrich: NOW - 50 }
    expect((await nextDirty(current(), waiting)).map((item) => item.id)).toEqual(['per_2'])
    const later = { now: NOW + 30, waitForEnrich: NOW - 20 }
    expect((await nextDirty(current(), later)).map((item) => item.id)).toEqual(['per_1', 'per_2'])
  })

  test('a mark that was renewed meanwhile is put off all the same, and keeps its age until somebody marks it', async () => {
    const enrich = mark('per_1', { stage: 'enrich' })
    await absorb(current(), { now: NOW - 20, dirty: [enrich] })
    const renewed = { ...enrich, since: NOW - 20, notBefore: NOW + 30 }
    const nothing = { now: NOW, rows: [], records: [], dirtyDone: [], dirty: [] }
    await current().enrich.commit({ ...nothing, putOff: [renewed] })
    expect(await nextDirty(current(), { stage: 'enrich' })).toEqual([])
    await absorb(current(), { now: NOW, dirty: [enrich] })
    expect(await nextDirty(current(), { stage: 'enrich' })).toMatchObject([{ id: 'per_1', since: NOW - 20 }])
  })

  test('a person waits for young enrichment of its account, once', async () => {
    const asked = mark('acc_1', { stage: 'enrich', kind: 'account' })
    await absorb(current(), {
      now: NOW - 10,
      entities: [entity('per_1'), entity('per_2'), entity('acc_1')],
      contributions: [contribution('a', { account: 'acc_1' }), contribution('b', { entity: 'per_2' })],
      dirty: [mark('per_1'), mark('per_2')],
    })
    await absorb(current(), { now: NOW, dirty: [asked] })
    const people = async (now: number, graceMs = 50) =>
      (await nextDirty(current(), { now, waitForEnrich: now - graceMs })).map((item) => item.id)
    expect(await people(NOW)).toEqual(['per_2'])
    // However young the account's mark: this one has waited long enough.
    expect(await people(NOW + 40)).toEqual(['per_1', 'per_2'])
    const putOff = [{ ...asked, since: NOW, notBefore: NOW + 50 }]
    await current().enrich.commit({ now: NOW, rows: [], records: [], dirtyDone: [], dirty: [], putOff })
    expect(await people(NOW)).toEqual(['per_2'])
    expect(await people(NOW, 5)).toEqual(['per_1', 'per_2'])
  })

  test('a quote waits for young enrichment of whom it is about, and of their account', async () => {
    const quotes = async (now: number) =>
      (await nextDirty(current(), { kind: 'quote', now, waitForEnrich: now - 50 })).map((item) => item.id)
    await absorb(current(), {
      now: NOW,
      entities: ['per_1', 'per_2', 'per_3', 'acc_1'].map((id) => entity(id)),
      contributions: [contribution('a', { entity: 'per_2', account: 'acc_1' })],
      documents: ['1', '2', '3'].map((n) => document(quote(n), { person: `per_${n}` })),
      dirty: ['1', '2', '3'].map((n) => mark(`doc_quote_${n}`, { kind: 'quote' })),
    })
    await absorb(current(), {
      now: NOW,
      dirty: [mark('per_1', { stage: 'enrich' }), mark('acc_1', { stage: 'enrich', kind: 'account' })],
    })
    expect(await quotes(NOW)).toEqual(['doc_quote_3'])
    expect((await quotes(NOW + 50)).sort()).toEqual(['doc_quote_1', 'doc_quote_2', 'doc_quote_3'])
  })

  test('golden values are kept on the root', async () => {
    await absorb(current(), { entities: [entity('per_1'), entity('acc_1')] })
    const golden = { email: 'a@example.com', first_name: 'محمد', phone: null, title: '' }
    await project(current(), {
      golden: [{ id: 'per_1', golden, hash: 'h1', account: 'acc_1', stage: 'contact' }],
    })
    expect(await current().project.golden(['per_1', 'acc_1'])).toEqual(
      expect.arrayContaining([
        {
          id: 'per_1',
          kind: 'person',
          golden,
          hash: 'h1',
          account: 'acc_1',
          stage: 'contact',
          createdAt: NOW,
        },
        { id: 'acc_1', kind: 'account', golden: {}, createdAt: NOW },
      ]),
    )
    await project(current(), { golden: [{ id: 'per_1', golden: {}, hash: 'h2', stage: 'lead' }] })
    expect(await current().project.golden(['per_1'])).toEqual([
      { id: 'per_1', kind: 'person', golden: {}, hash: 'h2', stage: 'lead', createdAt: NOW },
    ])
  })

  test('a newer desired state rewrites the pending operation, keeping its urgency', async () => {
    await project(current(), { operations: [operation('op1', { lane: 'lead', dueAt: NOW + 5 })] })
    await project(current(), {
      now: NOW + 1,
      operations: [
        operation('op2', {
          fields: { Phone: { after: null, policy: 'always', from: 'c.yaml:9' } },
          links: [{ field: 'AccountId', object: 'Account', entity: 'acc_1', onMiss: 'skip' }],
          match: [{ field: 'Email', value: 'a@example.com' }],
          dueAt: NOW + 60,
        }),
      ],
    })
    expect(await pending()).toEqual([
      {
        ...operation('op1', { lane: 'lead', dueAt: NOW + 5 }),
        fields: { Phone: { after: null, policy: 'always', from: 'c.yaml:9' } },
        links: [{ field: 'AccountId', object: 'Account', entity: 'acc_1', onMiss: 'skip' }],
        match: [{ field: 'Email', value: 'a@example.com' }],
        state: 'pending',
        attempts: 0,
        notBefore: 0,
        createdAt: NOW,
      },
    ])
  })

  test('the same operation committed again is not a new one, even after it was sent', async () => {
    await project(current(), { operations: [operation('op1')] })
    await project(current(), { operations: [operation('op1')] })
    expect(await claim(current())).toHaveLength(1)
    await project(current(), { operations: [operation('op1')] })
    expect(await pending()).toEqual([])
    expect(await claim(current())).toEqual([])
  })

  test('what needs nothing any more is superseded', async () => {
    await project(current(), { operations: [operation('op1'), operation('op2', { entity: 'per_2' })] })
    await project(current(), {
      supersede: [
        { ...CONTACT, externalId: 'per_1' },
        { ...CONTACT, externalId: 'none' },
      ],
    })
    expect((await pending()).map((o) => o.id)).toEqual(['op2'])
    expect(
      (await current().inspect.operations({ limit: 5, state: 'superseded' })).items.map((o) => o.id),
    ).toEqual(['op1'])
  })

  test('projections keep what a commit does not speak of', async () => {
    await project(current(), { projections: [{ ...key, externalId: 'x1', desiredHash: 'h1' }] })
    await project(current(), { projections: [{ ...key, externalId: 'x1', loggedSeq: 12 }] })
    expect(await current().project.projections([key, { ...key, object: 'Lead' }])).toEqual([
      { ...key, externalId: 'x1', written: {}, desiredHash: 'h1', loggedSeq: 12 },
    ])
    await project(current(), {
      projections: [
        { ...key, externalId: 'x1', desiredHash: 'h2' },
        { ...key, externalId: 'x1', loggedSeq: 13 },
      ],
    })
    expect(await current().project.projections([key])).toMatchObject([{ desiredHash: 'h2', loggedSeq: 13 }])
  })

  test('operations under way are found by record', async () => {
    await project(current(), { operations: [operation('op1'), operation('op2', { entity: 'per_2' })] })
    await claim(current(), { ids: ['op1'] })
    const keys = ['per_1', 'per_2'].map((externalId) => ({ ...CONTACT, externalId }))
    expect((await current().project.sending(keys)).map((o) => o.id)).toEqual(['op1'])
  })

  test('people of accounts are marked, also of accounts merged since', async () => {
    await absorb(current(), {
      entities: ['per_1', 'per_2', 'per_3', 'acc_1', 'acc_2'].map((id) => entity(id)),
    })
    const place = (id: string, account: string) => ({ id, golden: {}, hash: 'h', account, stage: 'lead' })
    await project(current(), { golden: [place('per_1', 'acc_1'), place('per_2', 'acc_2')] })
    await absorb(current(), { merges: [{ from: 'acc_1', to: 'acc_2' }] })
    expect(await current().project.markPeopleOf(['acc_2'], 'billing', NOW + 5)).toBe(2)
    expect((await nextDirty(current())).map((item) => [item.id, item.lane, item.dueAt])).toEqual([
      ['per_1', 'billing', NOW + 5],
      ['per_2', 'billing', NOW + 5],
    ])
  })

  test('quotes of people and accounts are marked, also of those merged since', async () => {
    const { person: _, ...ofAccount } = document(quote('q2'), { account: 'acc_1' })
    await absorb(current(), {
      entities: ['per_1', 'per_2', 'per_3', 'acc_1'].map((id) => entity(id)),
      documents: [
        document(quote('q1')),
        ofAccount,
        document(quote('q3'), { person: 'per_3' }),
        document(invoice('i1', { total: 100 })),
      ],
    })
    await absorb(current(), { merges: [{ from: 'per_1', to: 'per_2' }] })
    expect(await current().project.markQuotesOf(['per_2', 'acc_1'], 'billing', NOW + 5)).toBe(2)
    expect((await nextDirty(current(), { kind: 'quote' })).map((item) => [item.id, item.lane])).toEqual([
      ['doc_quote_q1', 'billing'],
      ['doc_quote_q2', 'billing'],
    ])
  })

  test('all entities of a kind are marked in pages', async () => {
    const ids = ['per_1', 'per_2', 'per_3', 'per_4', 'per_5']
    await absorb(current(), {
      entities: [...ids.map((id) => entity(id)), entity('acc_1'), entity('gone', { root: 'per_1' })],
    })
    const page = (after?: string) =>
      current().project.markAll({
        kind: 'person',
        limit: 2,
        lane: 'backfill',
        dueAt: NOW,
        ...(after ? { after } : {}),
      })
    expect([await page(), await page('per_2'), await page('per_4')]).toEqual(['per_2', 'per_4', undefined])
    expect((await nextDirty(current())).map((item) => item.id).sort()).toEqual(ids)
  })

  test('quotes are marked by their document', async () => {
    const quote = {
      type: 'quote' as const,
      key: 'q1',
      currency: 'EUR',
      status: 'sent',
      total: { amount: 1, currency: 'EUR' },
      created_at: NOW,
    }
    await absorb(current(), { documents: [document(quote)] })
    expect(
      await current().project.markAll({ kind: 'quote', limit: 5, lane: 'backfill', dueAt: NOW }),
    ).toBeUndefined()
    expect((await nextDirty(current(), { kind: 'quote' })).map((item) => item.id)).toEqual(['doc_quote_q1'])
  })
}
