import { expect, test } from 'vitest'
import { DAY_MS, dayOf } from '#model'
import type { Page } from '../../../src/engine/ports.ts'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  contribution,
  document,
  ERROR,
  entity,
  finish,
  invoice,
  mark,
  NOW,
  operation,
  project,
  receipt,
  record,
  touchpoint,
} from './builders.ts'

async function all<T>(read: (after?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await read(after)
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}

const paged = (after?: string) => ({ limit: 2, ...(after ? { after } : {}) })

export function describeInspect(current: Current): void {
  const golden = (id: string, values: Record<string, unknown>, more = {}) => ({
    id,
    golden: values,
    hash: 'h',
    stage: 'lead',
    ...more,
  })

  test('streams of a connection tell their counts, their newest run and what runs brought', async () => {
    const { intake, control, inspect } = current()
    const records = [record('a'), record('b'), record('c', { stream: 'invoices' })]
    await intake.commitPage({ connection: 'stripe-eu', stream: 'customers', records, now: NOW })
    const other = record('a', { connection: 'stripe-eu2' })
    await intake.commitPage({ connection: 'stripe-eu2', stream: 'customers', records: [other], now: NOW })
    await absorb(current(), { dead: [{ ...record('a'), error: ERROR }], records: [record('b')] })
    const run = (id: string, scope: string, startedAt: number, more = {}) =>
      control.saveRun({
        id,
        kind: 'pull',
        scope,
        startedAt,
        state: 'done',
        counts: { records: 10, changed: 2, pages: 1 },
        ...more,
      })
    await run('r1', 'stripe-eu/customers', NOW - 9 * DAY_MS)
    await run('r2', 'stripe-eu/customers', NOW - DAY_MS)
    await run('r3', 'stripe-eu/customers', NOW, { state: 'failed', error: ERROR, counts: { records: 1 } })
    await run('r4', 'stripe-eu/invoices 2026.csv', NOW - 1, { kind: 'import' })
    await run('r5', 'stripe-eu/invoices older.csv', NOW - 2, { kind: 'import' })
    await run('r6', 'stripe-eu2/customers', NOW)
    await run('r7', 'stripe-eu/customers', NOW + 1, { kind: 'deliver' })
    const states = await inspect.streamStates({ connection: 'stripe-eu', since: NOW - 7 * DAY_MS })
    expect(states).toMatchObject([
      {
        stream: 'customers',
        records: { total: 2, pending: 0, dead: 1 },
        lastRun: { id: 'r3', state: 'failed', error: ERROR },
        pulled: { runs: 2, records: 11, changed: 2 },
      },
      {
        stream: 'invoices',
        records: { total: 1, pending: 1, dead: 0 },
        lastRun: { id: 'r4' },
        pulled: { runs: 2, records: 20, changed: 4 },
      },
    ])
    expect(await inspect.streamStates({ connection: 'nobody', since: 0 })).toEqual([])
  })

  test('a sample is of what arrived last, without what was deleted, and knows whom it is about', async () => {
    const { intake, inspect } = current()
    for (const [i, key] of ['old', 'gone', 'known', 'visitor', 'silent'].entries()) {
      const more = key === 'gone' ? { isDeleted: true, body: 'null' } : {}
      const page = { connection: 'stripe-eu', stream: 'customers', records: [record(key, more)] }
      await intake.commitPage({ ...page, now: NOW + i })
    }
    await absorb(current(), {
      entities: [entity('per_1'), entity('node', { root: 'per_1' }), entity('per_2')],
      contributions: [
        contribution('known', { entity: 'node' }),
        contribution('visitor', { entity: 'per_2' }),
      ],
      touchpoints: [
        touchpoint('t1', { connection: 'stripe-eu', stream: 'customers', key: 'visitor', person: 'per_2' }),
        touchpoint('t2', { connection: 'stripe-eu', stream: 'customers', key: 'known', person: 'node' }),
        touchpoint('t3', { connection: 'stripe-eu', stream: 'other', key: 'silent', person: 'per_1' }),
      ],
      documents: [document(invoice('i', { total: 1 }))],
    })
    await project(current(), {
      golden: [
        golden('per_1', { email: 'a@example.com' }),
        golden('per_2', { city: 'Lahore' }, { isVisitor: true }),
      ],
    })
    const query = { connection: 'stripe-eu', stream: 'customers' }
    const sample = await inspect.streamSample({ ...query, limit: 4 })
    expect(sample.bodies.toSorted()).toEqual(['{"id":"known"}', '{"id":"silent"}', '{"id":"visitor"}'])
    expect(sample.changedAt).toBe(NOW + 4)
    expect(sample.identified).toEqual({ of: 2, known: 1 })
    expect(await inspect.streamSample({ ...query, stream: 'none', limit: 4 })).toEqual({
      bodies: [],
      identified: { of: 0, known: 0 },
    })
  })

  test('totals count everything once', async () => {
    await current().intake.takeReceipts([receipt('r')])
    await current().intake.commitPage({
      connection: 'c',
      stream: 's',
      records: [record('a'), record('b')],
      now: NOW,
    })
    await absorb(current(), {
      dead: [{ ...record('a'), error: ERROR }],
      entities: [entity('per_1'), entity('per_2'), entity('node', { root: 'per_1' }), entity('acc_1')],
      touchpoints: [touchpoint('t')],
      documents: [document(invoice('i', { total: 1 }))],
      dirty: [mark('per_1')],
    })
    await project(current(), {
      golden: [
        golden('per_1', { email: 'a@example.com' }),
        golden('per_2', { city: 'Lahore' }, { isVisitor: true }),
        golden('acc_1', { name: 'لاہور' }),
      ],
      operations: [operation('op1'), operation('op2', { entity: 'per_2' })],
    })
    await claim(current(), { ids: ['op1'] })
    await finish(current(), [{ id: 'op1', outcome: 'done', crmId: 'x', created: true, fields: {} }])
    const row = { provider: 'pdl', key: 'k', status: 'hit' as const, cost: 0.5, at: NOW, expiresAt: NOW }
    await current().enrich.commit({ rows: [row], records: [], dirtyDone: [], dirty: [], now: NOW })
    expect(await current().inspect.totals()).toEqual({
      receipts: { new: 1, done: 0, dead: 0 },
      records: { total: 2, pending: 1, dead: 1 },
      people: 2,
      accounts: 1,
      knownPeople: 1,
      knownAccounts: 1,
      touchpoints: 1,
      documents: { invoice: 1 },
      operations: [
        { ...CONTACT, state: 'done', count: 1, created: 1 },
        { ...CONTACT, state: 'pending', count: 1, created: 0 },
      ],
      dirty: [{ stage: 'project', count: 1 }],
      usage: [],
      enrichments: [{ provider: 'pdl', status: 'hit', count: 1, cost: 0.5 }],
      holds: [],
      deletionHolds: [],
    })
  })

  test('touchpoints are counted per kind and day, without machines and visitors', async () => {
    const view = (id: string, person: string, more = {}) => touchpoint(id, { person, ...more })
    await absorb(current(), {
      entities: [
        entity('per_1'),
        entity('per_1b', { root: 'per_1' }),
        entity('per_2'),
        entity('per_visitor'),
        entity('acc_1'),
      ],
      touchpoints: [
        view('a', 'per_1'),
        view('b', 'per_1b', { channel: 'email' }),
        view('c', 'per_2', { amount: 500, currency: 'EUR' }),
        view('d', 'per_2', { isMachine: true }),
        view('e', 'per_visitor'),
        view('f', 'per_1', { occurredAt: NOW - 40 * DAY_MS }),
        { ...touchpoint('g', { kind: 'quote.sent', account: 'acc_1' }), person: undefined } as never,
      ],
    })
    await project(current(), {
      golden: [
        golden('per_1', { email: 'a@example.com' }),
        golden('per_2', { email: 'b@example.com' }),
        golden('per_visitor', {}, { isVisitor: true }),
        golden('acc_1', { name: 'A' }),
      ],
    })
    const day = dayOf(NOW)
    expect(await current().inspect.touchpointDays({ sinceDay: day - 29, most: 100 })).toEqual({
      share: { account: 1, person: 1 },
      days: [
        { entityKind: 'account', kind: 'quote.sent', day, count: 1, entities: 1 },
        { entityKind: 'person', kind: 'page.viewed', day, count: 3, entities: 2 },
      ],
    })
  })

  test('of many people, the touchpoints of about as many as asked for are counted', async () => {
    const people = Array.from(
      { length: 4096 },
      (_, i) => `per_${i.toString(16).padStart(3, '0')}${'0'.repeat(21)}`,
    )
    await absorb(current(), {
      entities: people.map((id) => entity(id)),
      touchpoints: people.map((person) => touchpoint(person, { person })),
    })
    await project(current(), { golden: people.map((id) => golden(id, { email: `${id}@example.com` })) })
    const day = dayOf(NOW)
    const { days, share } = await current().inspect.touchpointDays({ sinceDay: day, most: 512 })
    expect(share).toEqual({ account: 1, person: 0.125 })
    expect(days).toEqual([{ entityKind: 'person', kind: 'page.viewed', day, count: 512, entities: 512 }])
  })

  test('who was heard of since is found by touchpoints, contributions and documents, page by page', async () => {
    await absorb(current(), {
      entities: ['per_a', 'per_b', 'per_c', 'per_old', 'acc_1', 'acc_2'].map((id) => entity(id)),
      touchpoints: [
        touchpoint('t1', { person: 'per_a' }),
        touchpoint('t2', { person: 'per_old', occurredAt: NOW - 9 * DAY_MS }),
      ],
      contributions: [
        contribution('k1', { entity: 'per_b' }),
        contribution('k2', { entity: 'per_old', observedAt: NOW - 9 * DAY_MS }),
      ],
      documents: [document(invoice('i', { total: 1 }), { person: 'per_c' })],
    })
    await project(current(), {
      golden: [golden('per_a', { email: 'a@example.com' }, { account: 'acc_1' })],
    })
    const since = NOW - DAY_MS
    const { inspect } = current()
    expect(await inspect.activeSince({ kind: 'person', since, limit: 2 })).toEqual(['per_a', 'per_b'])
    expect(await inspect.activeSince({ kind: 'person', since, limit: 2, after: 'per_b' })).toEqual(['per_c'])
    expect(await inspect.activeSince({ kind: 'person', since, limit: 9, isKnown: true })).toEqual(['per_a'])
    expect(await inspect.activeSince({ kind: 'account', since, limit: 9 })).toEqual(['acc_1'])
    expect(await inspect.activeSince({ kind: 'quote', since, limit: 9 })).toEqual([])
    expect(await inspect.activeSince({ kind: 'person', since: 0, limit: 9 })).toContain('per_old')
  })

  test('records are paged and filtered', async () => {
    const records = ['a', 'b', 'c', 'd', 'e'].map((key) =>
      record(key, { stream: key === 'e' ? 'other' : 'customers' }),
    )
    await current().intake.commitPage({ connection: 'c', stream: 's', records, now: NOW })
    const { inspect } = current()
    expect((await all((after) => inspect.records(paged(after)))).map((r) => r.key)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ])
    expect((await inspect.records({ limit: 9, stream: 'other' })).items).toMatchObject([
      { key: 'e', state: 'pending' },
    ])
    expect((await inspect.records({ limit: 9, connection: 'stripe-eu', key: 'b' })).items).toHaveLength(1)
    expect((await inspect.records({ limit: 9, after: 'not a token' })).items).toHaveLength(5)
  })

  test('timelines show the newest first, of all nodes and of an account’s people', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('old', { root: 'per_1' }), entity('per_2'), entity('acc_1')],
      touchpoints: [
        touchpoint('t1', { occurredAt: NOW - 1 }),
        touchpoint('t2', { person: 'old', occurredAt: NOW - 3 }),
        touchpoint('t3', { occurredAt: NOW - 2, kind: 'email.sent' }),
        touchpoint('t4', { person: 'per_2' }),
        touchpoint('t5', { person: undefined as never, account: 'acc_1', occurredAt: NOW - 9 }),
      ],
    })
    await project(current(), { golden: [golden('per_1', {}, { account: 'acc_1' })] })
    const { inspect } = current()
    const ids = async (query: object) =>
      (await all((after) => inspect.touchpoints({ ...paged(after), ...query }))).map((t) => t.id)
    expect(await ids({ person: 'per_1' })).toEqual(['t1', 't3', 't2'])
    expect(await ids({ person: 'old', kind: 'page.viewed' })).toEqual(['t1', 't2'])
    expect(await ids({ account: 'acc_1' })).toEqual(['t1', 't3', 't2', 't5'])
    expect(await ids({})).toEqual(['t5', 't4', 't3', 't2', 't1'])
    expect((await inspect.touchpoints({ limit: 1, person: 'per_1' })).items).toMatchObject([
      { personRoot: 'per_1', accountRoot: 'acc_1' },
    ])
  })

  test('people and accounts are found by words in any script', async () => {
    await absorb(current(), {
      entities: ['per_1', 'per_2', 'per_3', 'per_4', 'acc_1'].map((id) => entity(id)),
    })
    await project(current(), {
      golden: [
        golden('per_1', { first_name: 'محمد', last_name: 'اقبال', email: 'Iqbal@Example.com' }),
        golden('per_2', { full_name: 'किरण देवी' }),
        golden('per_3', { full_name: '王小明' }),
        golden('per_4', { full_name: 'José  Müller', company_name: '100%_GmbH' }),
        golden('acc_1', { name: 'Müller AG', domain: 'mueller.example' }),
      ],
    })
    const { inspect } = current()
    const found = async (search: string, more = {}) =>
      (await inspect.entities({ limit: 9, search, ...more })).items.map((e) => e.id)
    expect(await found('اقبال محمد')).toEqual(['per_1'])
    expect(await found('IQBAL@example')).toEqual(['per_1'])
    expect(await found('किरण')).toEqual(['per_2'])
    expect(await found('करण')).toEqual([])
    expect(await found('小明')).toEqual(['per_3'])
    expect(await found('muller')).toEqual(['acc_1', 'per_4'])
    expect(await found('MÜLLER jose')).toEqual(['per_4'])
    expect(await found('%_')).toEqual(['per_4'])
    expect(await found('müller', { kind: 'account' })).toEqual(['acc_1'])
    expect(await found('  ')).toHaveLength(5)
  })

  test('entities are paged by root', async () => {
    await absorb(current(), {
      entities: ['per_1', 'per_2', 'per_3', 'acc_1'].map((id) => entity(id)),
      merges: [{ from: 'per_3', to: 'per_1' }],
    })
    const { inspect } = current()
    expect((await all((after) => inspect.entities(paged(after)))).map((e) => e.id)).toEqual([
      'acc_1',
      'per_1',
      'per_2',
    ])
    expect((await inspect.entities({ limit: 9, kind: 'person' })).items).toEqual([
      { id: 'per_1', kind: 'person', golden: {}, createdAt: NOW },
      { id: 'per_2', kind: 'person', golden: {}, createdAt: NOW },
    ])
  })

  test('an entity shows its root, identifiers and CRM records, also from a merged node', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('per_2'), entity('acc_1')],
      identifiers: [
        { entityKind: 'person', kind: 'email', value: 'a@example.com', entity: 'per_1' },
        { entityKind: 'person', kind: 'user_id', value: '7', entity: 'per_2' },
      ],
      merges: [{ from: 'per_2', to: 'per_1' }],
    })
    await project(current(), {
      golden: [golden('per_1', { email: 'a@example.com' }, { account: 'acc_1' })],
      projections: [{ ...CONTACT, entity: 'per_1', externalId: 'per_1', desiredHash: 'h' }],
    })
    const shown = {
      identifiers: [
        { kind: 'email', value: 'a@example.com' },
        { kind: 'user_id', value: '7' },
      ],
      projections: [{ ...CONTACT, entity: 'per_1' }],
      root: 'per_1',
    }
    expect(await current().inspect.entity('per_1')).toMatchObject({
      ...shown,
      id: 'per_1',
      account: 'acc_1',
      golden: { email: 'a@example.com' },
    })
    expect(await current().inspect.entity('per_2')).toMatchObject({ ...shown, id: 'per_2' })
    expect(await current().inspect.entity('nobody')).toBeUndefined()
  })

  test('operations are filtered and paged, newest first', async () => {
    await project(current(), { operations: ['a', 'b', 'c'].map((id) => operation(id, { entity: id })) })
    await claim(current(), { ids: ['a', 'b'], run: 'run_1' })
    await finish(current(), [{ id: 'a', outcome: 'dead', fields: {}, error: ERROR }])
    const { inspect } = current()
    const ids = async (query: object) =>
      (await all((after) => inspect.operations({ ...paged(after), ...query }))).map((o) => o.id)
    expect(await ids({})).toEqual(['c', 'b', 'a'])
    expect(await ids({ state: 'dead' })).toEqual(['a'])
    expect(await ids({ run: 'run_1' })).toEqual(['b', 'a'])
    expect(await ids({ entity: 'c', destination: 'sf', object: 'Contact' })).toEqual(['c'])
    expect(await ids({ destination: 'hs' })).toEqual([])
  })

  test('what failed and is tried again is counted by reason, what merely waits is not', async () => {
    const busy = { ...ERROR, code: 'store.busy' as const }
    await project(current(), {
      operations: ['1', '2', '3', '4', '5'].map((n) => operation(`op${n}`, { entity: `per_${n}` })),
    })
    await claim(current(), { ids: ['op1', 'op2', 'op3', 'op4'], run: 'run_1' })
    await finish(current(), [
      { id: 'op1', outcome: 'retry', fields: {}, notBefore: NOW + 2_000, error: ERROR },
      { id: 'op2', outcome: 'retry', fields: {}, notBefore: NOW + 1_000, error: ERROR },
      { id: 'op3', outcome: 'retry', fields: {}, notBefore: NOW + 3_000, error: busy },
      { id: 'op4', outcome: 'dead', fields: {}, error: ERROR },
    ])
    const { destination, object } = operation('op1')
    expect(await current().inspect.stuckOperations()).toEqual([
      { destination, object, error: ERROR, count: 2, nextAt: NOW + 1_000 },
      { destination, object, error: busy, count: 1, nextAt: NOW + 3_000 },
    ])
    expect(await current().inspect.outcomes('run_1')).toEqual({ pending: 3, dead: 1 })
    expect(await current().inspect.outcomes('run_2')).toEqual({})
  })

  test('of what a run finished only that counts as written which the CRM was sent and took', async () => {
    await project(current(), {
      operations: ['1', '2'].map((n) => operation(`op${n}`, { entity: `per_${n}` })),
    })
    await claim(current(), { run: 'run_1' })
    await current().deliver.finish({
      now: NOW,
      results: ['op1', 'op2'].map((id) => ({ id, outcome: 'done' as const, fields: {} })),
      deliveries: [
        { operation: 'op1', attempt: 1, status: 'failed', at: NOW },
        { operation: 'op1', attempt: 2, status: 'written', at: NOW },
      ],
      live: [],
      redirects: [],
    })
    expect(await current().inspect.written('run_1')).toBe(1)
    expect(await current().inspect.written('run_2')).toBe(0)
  })

  test('dead letters of all stages are one list', async () => {
    await current().intake.takeReceipts([receipt('r')])
    await current().intake.finishReceipts({
      records: [record('a')],
      done: [],
      dead: [{ id: 'r', error: ERROR }],
      retry: [],
      now: NOW,
    })
    await absorb(current(), { now: NOW + 1, dead: [{ ...record('a'), error: ERROR }] })
    await project(current(), { operations: [operation('op')] })
    await claim(current())
    await finish(current(), [{ id: 'op', outcome: 'dead', fields: {}, error: ERROR }], NOW + 2)
    const { inspect } = current()
    const letters = await all((after) => inspect.deadLetters(paged(after)))
    expect(letters.map((letter) => [letter.stage, letter.at])).toEqual([
      ['operation', NOW + 2],
      ['record', NOW + 1],
      ['receipt', NOW],
    ])
    expect((await inspect.deadLetters({ limit: 5, stage: 'receipt' })).items).toHaveLength(1)
  })
}
