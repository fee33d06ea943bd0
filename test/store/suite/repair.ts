import { expect, test } from 'vitest'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  document,
  ERROR,
  entity,
  finish,
  invoice,
  NOW,
  nextDirty,
  operation,
  project,
  receipt,
  record,
  touchpoint,
} from './builders.ts'

const LOCKED = { ...ERROR, code: 'record.locked' as const }

export function describeRepair(current: Current): void {
  /** A dead receipt, a dead record, a dead and a held operation of two people. */
  async function setAside(): Promise<void> {
    const store = current()
    await store.intake.takeReceipts([receipt('r')])
    await store.intake.finishReceipts({
      records: [{ ...record('bad'), receipt: 'r' }],
      done: [],
      dead: [{ id: 'r', error: ERROR }],
      retry: [],
      now: NOW,
    })
    await absorb(store, {
      dead: [{ ...record('bad'), error: ERROR }],
      entities: [entity('per_1'), entity('per_2')],
    })
    await project(store, {
      operations: [operation('op_1'), operation('op_2', { entity: 'per_2', externalId: 'per_2' })],
      projections: ['per_1', 'per_2'].map((id) => ({
        destination: 'sf',
        object: 'Contact',
        entity: id,
        externalId: id,
        desiredHash: 'h',
      })),
    })
    await claim(store, { run: 'run_1' })
    await finish(store, [
      { id: 'op_1', outcome: 'dead', fields: {}, error: LOCKED },
      { id: 'op_2', outcome: 'held', fields: {} },
    ])
  }

  test('errors are grouped by place and code, and filtered', async () => {
    await setAside()
    const groups = await current().repair.errorGroups()
    expect(
      groups.map((g) => [g.stage, g.connection, g.subject, g.state, g.code, g.count]).toSorted(),
    ).toEqual([
      ['operation', 'sf', 'Contact', 'dead', 'record.locked', 1],
      ['operation', 'sf', 'Contact', 'held', 'record.conflict', 1],
      ['receipt', 'stripe-eu', undefined, 'dead', 'record.invalid', 1],
      ['record', 'stripe-eu', 'customers', 'dead', 'record.invalid', 1],
    ])
    expect(groups[0]).toMatchObject({ firstAt: NOW, lastAt: NOW })
    expect(await current().repair.errorGroups({ code: 'record.locked' })).toHaveLength(1)
    expect(await current().repair.errorGroups({ run: 'run_1' })).toHaveLength(2)
    expect(await current().repair.errorGroups({ stage: 'receipt', code: 'record.locked' })).toEqual([])
  })

  test('what waits after a failure is a group of its own and is not set aside', async () => {
    await project(current(), { operations: [operation('op_1')] })
    await claim(current())
    await finish(current(), [{ id: 'op_1', outcome: 'retry', fields: {}, notBefore: NOW + 1, error: LOCKED }])
    expect(await current().repair.errorGroups()).toMatchObject([{ state: 'waiting', code: 'record.locked' }])
    expect(await current().repair.setAside({ limit: 10 })).toEqual([])
  })

  test('a replay takes everything back to where it can be tried again', async () => {
    await setAside()
    const { repair, lookup, intake, project: port } = current()
    const items = await repair.setAside({ limit: 10 })
    expect(items).toHaveLength(4)
    expect(items.find((item) => item.stage === 'record')).toEqual({
      stage: 'record',
      id: 'stripe-eu/customers/bad',
      record: { connection: 'stripe-eu', stream: 'customers', key: 'bad' },
    })
    const counts = await repair.replay({
      receipts: ['r'],
      records: items.flatMap((item) => item.record ?? []),
      operations: ['op_1', 'op_2'],
      now: NOW + 5,
    })
    expect(counts).toEqual({ receipts: 1, records: 1, operations: 2 })
    expect(await repair.setAside({ limit: 10 })).toEqual([])
    expect(await intake.nextReceipts({ limit: 10, now: NOW + 5 })).toMatchObject([{ id: 'r', attempts: 0 }])
    expect(await intake.pendingRecords({ limit: 10 })).toMatchObject([{ key: 'bad' }])
    expect((await nextDirty(current(), { now: NOW + 5 })).map(({ id }) => id).toSorted()).toEqual([
      'per_1',
      'per_2',
    ])
    const keys = [{ destination: 'sf', object: 'Contact', entity: 'per_1' }]
    expect(await port.projections(keys)).toMatchObject([{ externalId: 'per_1' }])
    expect((await port.projections(keys))[0]).not.toHaveProperty('desiredHash')
    expect(await lookup.operation('op_1')).toMatchObject({ state: 'superseded', run: 'run_1', error: LOCKED })
  })

  test('what is not set aside is not replayed', async () => {
    await project(current(), { operations: [operation('op_1')] })
    const { repair, lookup } = current()
    expect(await repair.replay({ receipts: [], records: [], operations: ['op_1'], now: NOW })).toEqual({
      receipts: 0,
      records: 0,
      operations: 0,
    })
    expect(await lookup.operation('op_1')).toMatchObject({ state: 'pending' })
  })

  test('a timeline entry is pending again, unless a later one took its place', async () => {
    const entry = (id: string, activity: object) =>
      operation(id, {
        object: 'Task',
        entity: 'dg_1',
        externalId: 'dg_1',
        kind: 'activity',
        activity: { ...activity },
      })
    const take = { destination: 'sf', object: 'Task' }
    await project(current(), { operations: [entry('op_1', { count: 1 })] })
    await claim(current(), take)
    await finish(current(), [{ id: 'op_1', outcome: 'dead', fields: {}, error: LOCKED }])
    const replay = (id: string) =>
      current().repair.replay({ receipts: [], records: [], operations: [id], now: NOW })
    expect(await replay('op_1')).toMatchObject({ operations: 1 })
    expect(await claim(current(), take)).toMatchObject([{ id: 'op_1', attempts: 1 }])
    await finish(current(), [{ id: 'op_1', outcome: 'dead', fields: {}, error: LOCKED }])
    await project(current(), { operations: [entry('op_2', { count: 2 })] })
    await replay('op_1')
    expect(await claim(current(), take)).toMatchObject([{ id: 'op_2' }])
    expect(await current().lookup.operation('op_1')).toMatchObject({ state: 'superseded' })
  })

  test('receipts and records are found by their ids, with state and origin', async () => {
    await setAside()
    expect(await current().lookup.receipt('r')).toMatchObject({ state: 'dead', error: ERROR, settledAt: NOW })
    expect(await current().lookup.receipt('none')).toBeUndefined()
    const key = { connection: 'stripe-eu', stream: 'customers', key: 'bad' }
    expect(await current().lookup.record(key)).toMatchObject({ state: 'dead', receipt: 'r', changedAt: NOW })
    await current().control.saveRun({
      id: 'run_1',
      kind: 'replay',
      scope: 'everything',
      startedAt: NOW,
      state: 'done',
      counts: { records: 1 },
    })
    expect(await current().lookup.run('run_1')).toMatchObject({ kind: 'replay', counts: { records: 1 } })
  })

  test('a projection is found by CRM id, entity, kept external id and merged CRM id', async () => {
    const store = current()
    await project(store, { operations: [operation('op_1', { externalId: 'per_old' })] })
    await claim(store)
    await store.deliver.finish({
      now: NOW,
      results: [{ id: 'op_1', outcome: 'done', crmId: '003B', fields: {} }],
      deliveries: [],
      live: [],
      redirects: [{ destination: 'sf', object: 'Contact', from: '003A', to: '003B', reason: 'merged' }],
    })
    for (const id of ['003B', '003A', 'per_1', 'per_old'])
      expect(await store.lookup.projection({ destination: 'sf', object: 'Contact', id })).toMatchObject({
        entity: 'per_1',
        crmId: '003B',
      })
    expect(await store.lookup.projection({ destination: 'sf', object: 'Lead', id: '003B' })).toBeUndefined()
  })

  test('mapping texts are kept by their hash; the first use stays', async () => {
    const text = { hash: 'h1', file: 'contact.yaml', destination: 'sf', object: 'Contact', text: 'سلام: 1' }
    await current().control.saveMappings([{ ...text, seenAt: NOW }])
    await current().control.saveMappings([{ ...text, seenAt: NOW + 1 }])
    expect(await current().lookup.mapping('h1')).toEqual({ ...text, seenAt: NOW })
    expect(await current().lookup.mapping('h2')).toBeUndefined()
  })

  test('an operation keeps the mapping that asked for it; a newer proposal brings its own', async () => {
    await project(current(), { operations: [operation('op_1', { mapping: 'h1' })] })
    expect(await current().lookup.operation('op_1')).toMatchObject({ mapping: 'h1' })
    await project(current(), { operations: [operation('op_2', { mapping: 'h2' })] })
    expect(await current().lookup.operation('op_1')).toMatchObject({ mapping: 'h2' })
  })

  test('identifiers, judgements, documents and touchpoints of all nodes at a root', async () => {
    const { lookup } = current()
    await absorb(current(), {
      entities: [entity('per_1'), entity('node', { root: 'per_1' })],
      identifiers: [{ entityKind: 'person', kind: 'email', value: 'a@b.example', entity: 'node' }],
      judgements: [{ a: 'node', b: 'per_1', verdict: 'same', by: 'identifier:email', at: NOW }],
      touchpoints: [touchpoint('t', { person: 'node' })],
      documents: [document(invoice('i', { total: 5 }), { person: 'node' })],
    })
    expect(await lookup.identifiers('per_1')).toEqual([{ kind: 'email', value: 'a@b.example', node: 'node' }])
    expect(await lookup.judgements('per_1')).toMatchObject([
      { a: 'node', b: 'per_1', by: 'identifier:email' },
    ])
    expect(await lookup.touchpoint('t')).toMatchObject({ personRoot: 'per_1' })
    const touch = { kind: 'person' as const, root: 'per_1', touch: 'page.viewed', at: NOW }
    expect(await lookup.touchpointAt(touch)).toMatchObject({ id: 't' })
    expect(await lookup.touchpointAt({ ...touch, at: NOW + 1 })).toBeUndefined()
    const owned = { kind: 'person' as const, root: 'per_1', limit: 10 }
    expect(await lookup.documents({ ...owned, types: ['invoice'] })).toMatchObject([
      { key: 'i', stream: 'invoices', document: { type: 'invoice' } },
    ])
    expect(await lookup.documents({ ...owned, types: ['quote'] })).toEqual([])
    expect(await lookup.document('doc_invoice_i')).toMatchObject({ key: 'i' })
  })

  test('operations of a run come by record and in order, with the projection as it is now', async () => {
    const { repair } = current()
    const next = (id: string, entity_: string) => operation(id, { entity: entity_, externalId: entity_ })
    await project(current(), { operations: [next('op_1', 'per_2'), next('op_2', 'per_1')] })
    await claim(current(), { run: 'run_1' })
    const sent = (id: string) => ({
      id,
      outcome: 'done' as const,
      crmId: `crm of ${id}`,
      created: id === 'op_1',
      fields: { Email: { after: 'a', before: 'b', policy: 'always', from: 'x:1' } },
    })
    await finish(current(), [sent('op_1'), sent('op_2')])
    await project(current(), { operations: [next('op_3', 'per_2')] })
    await claim(current(), { run: 'run_1' })
    await finish(current(), [{ ...sent('op_3'), crmId: 'crm of op_1' }])
    const all = await repair.operationsOf({ run: 'run_1', limit: 10 })
    expect(all.map((row) => row.operation.id)).toEqual(['op_2', 'op_1', 'op_3'])
    expect(all[1]).toMatchObject({ operation: { isCreated: true }, projection: { crmId: 'crm of op_1' } })
    const rest = await repair.operationsOf({ run: 'run_1', limit: 10, afterId: 'op_2' })
    expect(rest.map((row) => row.operation.id)).toEqual(['op_1', 'op_3'])
    expect(await repair.operationsOf({ run: 'run_2', limit: 10 })).toEqual([])
  })

  test('an operation begins under way, unless its record has one under way', async () => {
    const { repair, lookup, deliver, project: port } = current()
    await project(current(), { operations: [operation('op_1')] })
    await claim(current())
    const back = (id: string, entity_: string) =>
      operation(id, {
        entity: entity_,
        externalId: entity_,
        mode: 'update',
        fields: {
          Email: { after: 'old', policy: 'undo', from: 'undo of run_1', expected: 'new', undoes: 'new' },
        },
      })
    const request = { run: 'run_9', now: NOW, leaseUntil: NOW + 10 }
    expect(
      await repair.begin({ ...request, operations: [back('op_8', 'per_1'), back('op_9', 'per_2')] }),
    ).toEqual(['op_9'])
    expect(await lookup.operation('op_9')).toMatchObject({ state: 'sending', attempts: 1, run: 'run_9' })
    await finish(current(), [
      { id: 'op_9', outcome: 'done', fields: back('op_9', 'per_2').fields, crmId: '003' },
    ])
    const [row] = await port.projections([{ destination: 'sf', object: 'Contact', entity: 'per_2' }])
    expect(row!.written.Email).toMatchObject({ value: 'old', withheld: { value: 'new', because: 'undone' } })
    await repair.begin({ ...request, operations: [back('op_7', 'per_3')] })
    await deliver.reclaim(NOW + 11)
    expect(await lookup.operation('op_7')).toMatchObject({ state: 'pending', run: 'run_9' })
  })

  test('operations to read back are counted and told, and what was not stored changes state and shadow', async () => {
    const store = current()
    await project(store, { operations: [operation('op_1'), operation('op_2', { entity: 'per_2' })] })
    await claim(store)
    const result = (id: string) => ({
      id,
      outcome: 'done' as const,
      crmId: `crm of ${id}`,
      fields: { Email: { after: 'new', before: 'old', policy: 'always', from: 'x:1' } },
    })
    await store.deliver.finish({
      now: NOW,
      results: [result('op_1'), result('op_2')],
      deliveries: [],
      live: [],
      redirects: [],
      verify: ['op_1', 'op_2'],
    })
    expect(await store.repair.unverified('sf')).toEqual([{ object: 'Contact', count: 2, since: NOW }])
    const next = await store.repair.nextUnverified({ ...CONTACT, limit: 1 })
    expect(next).toMatchObject([{ projection: { written: { Email: { value: 'new' } } } }])
    const withheld = { value: 'new', because: 'not_stored' as const }
    await store.repair.verified({
      now: NOW + 1,
      ids: ['op_1', 'op_2'],
      notStored: [{ id: 'op_1', error: ERROR }],
      written: [
        {
          ...CONTACT,
          entity: 'per_1',
          externalId: 'per_1',
          written: { Email: { value: 'old', at: NOW + 1, operation: 'op_1', withheld } },
        },
      ],
    })
    expect(await store.repair.unverified('sf')).toEqual([])
    expect(await store.lookup.operation('op_1')).toMatchObject({ state: 'not_stored', error: ERROR })
    expect(await store.lookup.operation('op_2')).toMatchObject({ state: 'done' })
    const shadowOf = async (entity_: string) =>
      (await store.project.projections([{ ...CONTACT, entity: entity_ }]))[0]!.written
    expect((await shadowOf('per_1')).Email).toMatchObject({ value: 'old', withheld })
    await store.repair.replay({ receipts: [], records: [], operations: ['op_1'], now: NOW + 2 })
    expect((await shadowOf('per_1')).Email).toEqual({ value: 'old', at: NOW + 1, operation: 'op_1' })
  })

  test('shadows come by object and entity, and healing replaces fields and projects anew', async () => {
    const store = current()
    await absorb(store, { entities: [entity('per_1'), entity('per_2')] })
    await project(store, {
      operations: [operation('op_1'), operation('op_2', { entity: 'per_2' })],
      projections: [{ ...CONTACT, entity: 'per_3', externalId: 'per_3', desiredHash: 'h' }],
    })
    await claim(store)
    const fields = {
      Email: { after: 'a', policy: 'always', from: 'x:1' },
      Title: { after: 'b', policy: 'always', from: 'x:2' },
    }
    await finish(
      store,
      ['op_1', 'op_2'].map((id) => ({ id, outcome: 'done' as const, crmId: `crm of ${id}`, fields })),
    )
    const [first] = await store.repair.shadows({ destination: 'sf', limit: 1 })
    expect(first).toMatchObject({ entity: 'per_1', written: { Email: { value: 'a' } } })
    const after = { object: 'Contact', entity: 'per_1' }
    expect(await store.repair.shadows({ destination: 'sf', limit: 5, after })).toMatchObject([
      { entity: 'per_2' },
    ])
    await store.repair.heal(
      [
        {
          ...CONTACT,
          entity: 'per_1',
          externalId: 'per_1',
          written: { Email: { value: null, at: NOW, operation: 'op_1' } },
        },
      ],
      NOW + 1,
    )
    const [healed] = await store.repair.shadows({ destination: 'sf', limit: 1 })
    expect(healed!.written).toMatchObject({ Email: { value: null }, Title: { value: 'b' } })
    expect(await nextDirty(store, { now: NOW + 1 })).toMatchObject([{ id: 'per_1' }])
    expect((await store.repair.operations(['op_2', 'none'])).map(({ id }) => id)).toEqual(['op_2'])
  })
}
