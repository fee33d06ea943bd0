import { expect, test } from 'vitest'
import type { NewOperation, OperationField, ProjectCommit } from '../../../src/engine/ports.ts'
import {
  absorb,
  CONTACT,
  type Current,
  claim,
  ERROR,
  entity,
  finish,
  NOW,
  nextDirty,
  operation,
  project,
} from './builders.ts'

export function describeDeliver(current: Current): void {
  const enqueue = (...operations: NewOperation[]) => project(current(), { operations })
  const ids = (operations: { id: string }[]) => operations.map((o) => o.id)
  const of = (id: string, more: Partial<NewOperation> = {}) => operation(`op ${id}`, { entity: id, ...more })
  const projection = async (entity = 'per_1') =>
    (await current().project.projections([{ ...CONTACT, entity }]))[0]
  const states = async () =>
    Object.fromEntries((await current().inspect.operations({ limit: 50 })).items.map((o) => [o.id, o.state]))
  const field = (after: unknown, more: Partial<OperationField> = {}): OperationField => ({
    after,
    policy: 'always',
    from: 'c:1',
    ...more,
  })

  test('claims take due operations first, then by lane, then by age', async () => {
    await enqueue(
      of('a', { lane: 'backfill', dueAt: NOW - 5 }),
      of('b', { lane: 'lead', dueAt: NOW + 9 }),
      of('c', { lane: 'billing', dueAt: NOW }),
      of('d', { lane: 'billing', dueAt: NOW - 9 }),
      of('e', { lane: 'touchpoint', dueAt: NOW + 1 }),
      of('other', { object: 'Lead', dueAt: NOW - 50 }),
    )
    expect(ids(await claim(current(), { limit: 4 }))).toEqual(['op d', 'op c', 'op a', 'op b'])
    expect(ids(await claim(current(), { limit: 4 }))).toEqual(['op e'])
    expect(await claim(current())).toEqual([])
  })

  test('a claimed operation carries its lease, attempt and run', async () => {
    await enqueue(of('a'))
    expect(await claim(current(), { run: 'run 1' })).toMatchObject([
      { state: 'sending', attempts: 1, leaseUntil: NOW + 1_000, run: 'run 1' },
    ])
  })

  test('a stored plan claims exactly what it names, as far as it is ready', async () => {
    await enqueue(of('a'), of('b'), of('c'))
    await claim(current(), { ids: ['op a'] })
    expect(ids(await claim(current(), { ids: ['op c', 'op a', 'nothing'] }))).toEqual(['op c'])
  })

  test('a record has one operation under way; the next waits for it', async () => {
    await enqueue(of('a'))
    await claim(current())
    await enqueue(operation('newer', { entity: 'a' }), of('b'))
    expect(ids(await claim(current()))).toEqual(['op b'])
    await finish(current(), [{ id: 'op a', outcome: 'done', fields: {} }])
    expect(ids(await claim(current()))).toEqual(['newer'])
  })

  test('done operations become the shadow of the record', async () => {
    await enqueue(operation('op1'))
    await claim(current())
    const fields = {
      Email: field('a@example.com', { before: 'old@example.com' }),
      'Näme "x"': field('محمد'),
      Phone: field(null),
    }
    await finish(current(), [{ id: 'op1', outcome: 'done', crmId: '003A', created: true, fields }], NOW + 3)
    expect(await projection()).toEqual({
      ...CONTACT,
      entity: 'per_1',
      externalId: 'per_1',
      crmId: '003A',
      loggedSeq: 0,
      written: {
        Email: { value: 'a@example.com', at: NOW + 3, operation: 'op1' },
        'Näme "x"': { value: 'محمد', at: NOW + 3, operation: 'op1' },
        Phone: { value: null, at: NOW + 3, operation: 'op1' },
      },
    })
    const [stored] = (await current().inspect.operations({ limit: 1 })).items
    expect(stored).toMatchObject({ state: 'done', fields, finishedAt: NOW + 3 })
    expect(stored).not.toHaveProperty('leaseUntil')
  })

  test('what was written before and is not written now stays, null and false included', async () => {
    await enqueue(operation('op1'))
    await claim(current())
    await finish(current(), [
      {
        id: 'op1',
        outcome: 'done',
        crmId: 'x',
        fields: { A: field(null), B: field(false), C: field(0), D: field('') },
      },
    ])
    await enqueue(operation('op2'))
    await claim(current())
    await finish(current(), [
      { id: 'op2', outcome: 'done', fields: { B: field({ deep: null }), E: field(null) } },
    ])
    const written = (await projection())?.written ?? {}
    expect(Object.fromEntries(Object.entries(written).map(([k, v]) => [k, v.value]))).toEqual({
      A: null,
      B: { deep: null },
      C: 0,
      D: '',
      E: null,
    })
    expect(await projection()).toMatchObject({ crmId: 'x' })
  })

  test('results are kept per item', async () => {
    await enqueue(of('done'), of('skipped'), of('retry'), of('dead'), of('held'))
    await claim(current())
    await current().deliver.finish({
      now: NOW,
      results: [
        { id: 'op done', outcome: 'done', crmId: '1', fields: {} },
        { id: 'op skipped', outcome: 'skipped', crmId: '2', fields: {} },
        { id: 'op retry', outcome: 'retry', fields: {}, notBefore: NOW + 50, error: ERROR },
        { id: 'op dead', outcome: 'dead', fields: {}, error: ERROR },
        { id: 'op held', outcome: 'held', fields: {}, error: ERROR },
      ],
      deliveries: [
        { operation: 'op dead', attempt: 1, status: '400', requestId: 'r-1', excerpt: 'سعر', at: NOW },
      ],
      live: [],
      redirects: [],
    })
    expect(await states()).toEqual({
      'op done': 'done',
      'op skipped': 'done',
      'op retry': 'pending',
      'op dead': 'dead',
      'op held': 'held',
    })
    expect(await current().inspect.deliveries('op dead')).toEqual([
      { operation: 'op dead', attempt: 1, status: '400', requestId: 'r-1', excerpt: 'سعر', at: NOW },
    ])
    expect(await claim(current())).toEqual([])
    expect(await claim(current(), { now: NOW + 50 })).toMatchObject([{ id: 'op retry', attempts: 2 }])
    expect((await current().inspect.deadLetters({ limit: 5 })).items).toMatchObject([
      { id: 'op dead', stage: 'operation', connection: 'sf', subject: 'Contact/dead', error: ERROR },
    ])
    expect(await projection('skipped')).toMatchObject({ crmId: '2', written: {} })
  })

  test('finishing twice changes nothing more', async () => {
    await enqueue(operation('op1'))
    await claim(current())
    const result = { id: 'op1', outcome: 'done' as const, crmId: 'x', fields: { A: field(1) } }
    await finish(current(), [result])
    const before = [await projection(), await states()]
    await finish(current(), [result])
    await finish(current(), [{ id: 'op1', outcome: 'dead', fields: {}, error: ERROR }])
    expect([await projection(), await states()]).toEqual(before)
  })

  test('a failed operation gives way to a newer one of its record, and the entity is projected anew', async () => {
    await absorb(current(), { entities: [entity('per_1')] })
    await project(current(), {
      projections: [{ ...CONTACT, entity: 'per_1', externalId: 'per_1', desiredHash: 'h' }],
    })
    await enqueue(operation('op1', { lane: 'billing', dueAt: NOW + 7 }))
    await claim(current())
    await enqueue(operation('op2'))
    await finish(current(), [{ id: 'op1', outcome: 'retry', fields: {}, notBefore: NOW, error: ERROR }])
    expect(await states()).toEqual({ op1: 'superseded', op2: 'pending' })
    expect(await nextDirty(current())).toMatchObject([{ id: 'per_1', lane: 'billing', dueAt: NOW + 7 }])
    expect(await projection()).not.toHaveProperty('desiredHash')
  })

  test('operations whose lease ran out come back, unless a newer one waits', async () => {
    await absorb(current(), { entities: [entity('a'), entity('b')] })
    await enqueue(of('a'), of('b'))
    await claim(current())
    await enqueue(operation('newer', { entity: 'a' }))
    expect(await current().deliver.reclaim(NOW + 999)).toBe(0)
    expect(await current().deliver.reclaim(NOW + 1_000)).toBe(2)
    expect(await states()).toEqual({ 'op a': 'superseded', 'op b': 'pending', newer: 'pending' })
    expect((await nextDirty(current())).map((item) => item.id)).toEqual(['a'])
    expect(await current().deliver.reclaim(NOW + 1_000)).toBe(0)
  })

  test('a newer operation takes over what the one before it did not get to the CRM', async () => {
    const link = { field: 'AccountId', object: 'Account', entity: 'acc_1', onMiss: 'skip' as const }
    const match = [{ field: 'Email', value: 'a@x.de' }]
    const first = { fields: { Email: field('a@x.de'), Title: field('CTO') }, links: [link], match }
    const second = { fields: { Title: field('CEO'), Phone: field(null) }, links: [], match: [] }
    const all = { Email: field('a@x.de'), Title: field('CEO'), Phone: field(null) }
    const losses: Record<string, () => Promise<unknown>> = {
      expired: () => current().deliver.reclaim(NOW + 1_000),
      retry: () => finish(current(), [{ id: 'op retry', outcome: 'retry', fields: {}, notBefore: NOW }]),
      dead: () => finish(current(), [{ id: 'op dead', outcome: 'dead', fields: {}, error: ERROR }]),
    }
    for (const [name, lose] of Object.entries(losses)) {
      await enqueue(of(name, first))
      await claim(current())
      await enqueue(operation(`newer ${name}`, { entity: name, ...second }))
      await lose()
      const [newer] = await claim(current())
      expect(newer).toMatchObject({ id: `newer ${name}`, fields: all, links: [link], match })
    }
  })

  test('what was decided while an operation was under way does not replace it where it came back unsent', async () => {
    const all = { Email: field('a@x.de'), Title: field('CTO') }
    const decisions: Record<string, (entity: string, over: string) => Partial<ProjectCommit>> = {
      change: (id, over) => ({
        operations: [{ ...operation(`newer ${id}`, { entity: id, fields: { Title: field('CEO') } }), over }],
      }),
      nothing: (id, over) => ({ supersede: [{ ...CONTACT, externalId: id, over }] }),
    }
    for (const [name, decide] of Object.entries(decisions)) {
      const person = `per_${name}`
      await absorb(current(), { entities: [entity(person)] })
      await enqueue(operation(`op ${name}`, { entity: person, fields: all }))
      await claim(current())
      await finish(current(), [{ id: `op ${name}`, outcome: 'retry', fields: {}, notBefore: NOW }])
      await project(current(), {
        ...decide(person, `op ${name}`),
        projections: [{ ...CONTACT, entity: person, externalId: person, desiredHash: 'new' }],
      })
      expect((await claim(current())).map(({ id, fields }) => [id, fields])).toEqual([[`op ${name}`, all]])
      expect((await nextDirty(current())).map(({ id }) => id)).toContain(person)
      expect((await projection(person))?.desiredHash).toBeUndefined()
    }
    await project(current(), {
      operations: [{ ...operation('over what arrives', { entity: 'per_change' }), over: 'op change' }],
    })
    expect(await states()).toMatchObject({ 'op change': 'sending', 'over what arrives': 'pending' })
  })

  test('what a known record refused is not put on the newer operation', async () => {
    await enqueue(operation('op1'))
    await claim(current())
    await finish(current(), [{ id: 'op1', outcome: 'done', crmId: 'x', fields: {} }])
    await enqueue(operation('op2', { fields: { Title: field('too long') } }))
    await claim(current())
    await enqueue(operation('op3', { fields: { Phone: field('1') } }))
    await finish(current(), [{ id: 'op2', outcome: 'dead', fields: {}, error: ERROR }])
    expect((await claim(current()))[0]).toMatchObject({ id: 'op3', fields: { Phone: field('1') } })
  })

  test('a late result of a reclaimed operation is remembered, the operation is sent again', async () => {
    await enqueue(operation('op1'))
    await claim(current())
    await current().deliver.reclaim(NOW + 1_000)
    await finish(current(), [{ id: 'op1', outcome: 'done', crmId: 'x', fields: { A: field(1) } }])
    expect(await projection()).toMatchObject({ crmId: 'x', written: { A: { value: 1 } } })
    expect(await states()).toEqual({ op1: 'pending' })
  })

  test('depths tell what is ready, due and next', async () => {
    await enqueue(
      of('due', { dueAt: NOW }),
      of('soon', { dueAt: NOW + 30 }),
      of('busy', { dueAt: NOW - 90 }),
      of('later', { dueAt: NOW - 80 }),
      of('company', { object: 'Account', dueAt: NOW + 70 }),
      of('elsewhere', { destination: 'hs' }),
    )
    await claim(current(), { ids: ['op busy', 'op later'] })
    await enqueue(operation('waits', { entity: 'busy', dueAt: NOW - 90 }))
    await finish(current(), [
      { id: 'op later', outcome: 'retry', fields: {}, notBefore: NOW + 20, error: ERROR },
    ])
    const depths = async (now: number) =>
      (await current().deliver.depths('sf', now)).sort((a, b) => (a.object < b.object ? -1 : 1))
    expect(await depths(NOW)).toEqual([
      { destination: 'sf', object: 'Account', ready: 1, due: 0, nextAt: NOW + 70 },
      { destination: 'sf', object: 'Contact', ready: 2, due: 1, nextAt: NOW },
    ])
    expect(await depths(NOW + 20)).toMatchObject([{ due: 0 }, { ready: 3, due: 2 }])
    expect(await current().deliver.depths('none', NOW)).toEqual([])
  })

  test('looking ahead shows pending operations in pages and takes none', async () => {
    await enqueue(
      of('b', { dueAt: NOW + 2 }),
      of('a', { dueAt: NOW + 1 }),
      of('c', { lane: 'lead', dueAt: NOW + 9 }),
      of('x', { object: 'Account' }),
    )
    const peek = (more = {}) => current().deliver.peek({ destination: 'sf', limit: 2, ...more })
    expect(ids(await peek())).toEqual(['op x', 'op c'])
    expect(ids(await peek({ afterId: 'op c' }))).toEqual(['op a', 'op b'])
    expect(ids(await peek({ afterId: 'op b' }))).toEqual([])
    expect(ids(await peek({ object: 'Contact', afterId: 'op a' }))).toEqual(['op b'])
    expect(await states()).toMatchObject({ 'op a': 'pending' })
  })

  test('parents of due children are brought forward, never put back', async () => {
    await enqueue(of('parent', { dueAt: NOW + 500 }), of('sooner', { dueAt: NOW - 1 }))
    await current().deliver.hasten(
      ['parent', 'sooner', 'none'].map((entity) => ({ ...CONTACT, entity })),
      NOW,
    )
    expect((await claim(current())).map((o) => [o.id, o.dueAt])).toEqual([
      ['op sooner', NOW - 1],
      ['op parent', NOW],
    ])
  })

  test('what waits for credentials or settings is tried at once when somebody says so, an outage is not', async () => {
    await enqueue(of('refused'), of('down'))
    await claim(current())
    const error = { kind: 'auth', code: 'auth.rejected', message: 'no', fix: 'reconnect' } as const
    await finish(current(), [
      { id: 'op refused', outcome: 'retry', fields: {}, notBefore: NOW + 500, error },
      {
        id: 'op down',
        outcome: 'retry',
        fields: {},
        notBefore: NOW + 500,
        error: { ...error, kind: 'transient' },
      },
    ])
    expect(await claim(current())).toEqual([])
    await current().deliver.retryRefused(NOW)
    expect(ids(await claim(current()))).toEqual(['op refused'])
  })

  test('records with an upsert on its way are open', async () => {
    await enqueue(
      of('pending'),
      of('sending'),
      of('finished'),
      of('note', { kind: 'activity', activity: { subject: 'नमस्ते' } }),
    )
    await claim(current(), { ids: ['op sending', 'op finished'] })
    await finish(current(), [{ id: 'op finished', outcome: 'done', fields: {} }])
    const keys = ['pending', 'sending', 'finished', 'note', 'none'].map((entity) => ({ ...CONTACT, entity }))
    const open = await current().deliver.open(keys)
    expect(open.map((o) => o.entity).sort()).toEqual(['pending', 'sending'])
  })

  test('what the CRM holds is kept as last seen', async () => {
    const { deliver } = current()
    const live = (fields: Record<string, unknown>, seenAt: number) =>
      deliver.finish({
        now: NOW,
        results: [],
        deliveries: [],
        live: [{ ...CONTACT, crmId: 'x', fields, seenAt }],
        redirects: [],
      })
    await live({ Email: 'new', Phone: null }, NOW)
    await live({ Email: 'old' }, NOW - 1)
    expect(
      await deliver.live([
        { ...CONTACT, crmId: 'x' },
        { ...CONTACT, crmId: 'y' },
      ]),
    ).toEqual([{ ...CONTACT, crmId: 'x', edited: {}, fields: { Email: 'new', Phone: null }, seenAt: NOW }])
  })

  test('what is seen is laid over what was seen before, whatever its type; a whole record replaces it', async () => {
    const { deliver } = current()
    const see = (fields: Record<string, unknown>, more: { isWhole?: boolean; seenAt?: number } = {}) =>
      deliver.finish({
        now: NOW,
        results: [],
        deliveries: [],
        live: [{ ...CONTACT, crmId: 'x', fields, seenAt: NOW, ...more }],
        redirects: [],
      })
    const seen = async () => (await deliver.live([{ ...CONTACT, crmId: 'x' }]))[0]!.fields
    await see({ Email: 'a', Phone: null, 'a."b': 1, Tags: { kept: true } })
    await see({ Title: 'CEO', 'a."b': 2.5, Done: true })
    expect(await seen()).toEqual({
      Email: 'a',
      Phone: null,
      'a."b': 2.5,
      Tags: { kept: true },
      Title: 'CEO',
      Done: true,
    })
    await see({ Title: null, Tags: { other: 1 } })
    expect(await seen()).toEqual({
      Email: 'a',
      Phone: null,
      'a."b': 2.5,
      Tags: { other: 1 },
      Title: null,
      Done: true,
    })
    await see({ Email: 'b' }, { isWhole: true })
    expect(await seen()).toEqual({ Email: 'b' })
    await see({ Email: 'older' }, { isWhole: true, seenAt: NOW - 1 })
    expect(await seen()).toEqual({ Email: 'b' })
  })

  test('redirects lead to the last survivor', async () => {
    const { deliver } = current()
    const redirect = (from: string, to: string) => ({ ...CONTACT, from, to, reason: 'merge' })
    const redirects = [
      redirect('b', 'c'),
      redirect('a', 'b'),
      redirect('loop', 'pool'),
      redirect('pool', 'loop'),
    ]
    await deliver.finish({ now: NOW, results: [], deliveries: [], live: [], redirects })
    const found = await deliver.redirects(['a', 'b', 'c'].map((crmId) => ({ ...CONTACT, crmId })))
    expect(found.map(({ from, to }) => [from, to]).sort()).toEqual([
      ['a', 'c'],
      ['b', 'c'],
    ])
    expect(await deliver.redirects([{ ...CONTACT, crmId: 'loop' }])).toHaveLength(1)
  })
}
