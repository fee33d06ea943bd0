import { expect, test } from 'vitest'
import type { BulkJob, BulkRow, NewOperation } from '../../../src/engine/ports.ts'
import { CONTACT, type Current, claim, ERROR, NOW, operation, project } from './builders.ts'

const LANES = ['lead', 'billing', 'touchpoint', 'backfill'] as const

export function describeBulk(current: Current): void {
  const enqueue = (...operations: NewOperation[]) => project(current(), { operations })
  const of = (id: string) => operation(`op ${id}`, { entity: id })
  const begin = (more: Partial<BulkJob> = {}) =>
    current().bulk.begin([
      {
        id: 'job',
        ...CONTACT,
        kind: 'upsert',
        state: 'filling',
        fields: [],
        notBefore: NOW,
        createdAt: NOW,
        ...more,
      },
    ])
  const row = (id: string, parent = ''): BulkRow => ({
    key: id,
    operation: `op ${id}`,
    parent,
    sent: {
      write: { id: `op ${id}`, externalId: id, fields: { Email: 'سعر' } },
      fields: { Email: { after: 'سعر', policy: 'always', from: 'c:1' } },
    },
  })
  const attach = (...rows: BulkRow[]) =>
    current().bulk.attach({
      job: 'job',
      rows,
      fields: ['Email'],
      bytes: 10,
      announcements: rows.map((r) => ({
        ...CONTACT,
        entity: r.key,
        externalId: r.key,
        written: { Email: { at: NOW, maybe: 'سعر', operation: r.operation } },
      })),
    })
  const states = async () =>
    Object.fromEntries((await current().inspect.operations({ limit: 50 })).items.map((o) => [o.id, o.state]))

  test('one job of a kind is open for an object; another object has its own', async () => {
    await begin()
    await begin({ id: 'second' })
    await begin({ id: 'other', object: 'Lead' })
    expect((await current().bulk.open('sf')).map((job) => job.id).sort()).toEqual(['job', 'other'])
    await current().bulk.change('job', { state: 'done', finishedAt: NOW, counts: { written: 3 } })
    await begin({ id: 'second' })
    expect((await current().bulk.open('sf')).map((job) => job.id).sort()).toEqual(['other', 'second'])
  })

  test('a job keeps the lanes that it was begun for', async () => {
    await begin({ lanes: ['lead', 'billing'] })
    await begin({ id: 'other', object: 'Lead' })
    const jobs = await current().bulk.open('sf')
    expect(Object.fromEntries(jobs.map(({ id, lanes }) => [id, lanes]))).toEqual({
      job: ['lead', 'billing'],
      other: undefined,
    })
  })

  test('what is left in a job is counted', async () => {
    await enqueue(of('a'), of('b'))
    await claim(current())
    await begin()
    await attach(row('a'), row('b'))
    expect([await current().bulk.left('job'), await current().bulk.left('no such job')]).toEqual([2, 0])
  })

  test('a job is held by one at a time', async () => {
    await begin()
    const { bulk } = current()
    expect(await bulk.hold('job', NOW, NOW + 100)).toBe(true)
    expect(await bulk.hold('job', NOW + 99, NOW + 200)).toBe(false)
    expect(await bulk.hold('job', NOW + 100, NOW + 200)).toBe(true)
    await bulk.wake(NOW + 150)
    expect(await bulk.hold('job', NOW + 150, NOW + 200)).toBe(true)
  })

  test('an operation in a job is nobody else’s, and has no lease that could run out', async () => {
    await enqueue(of('a'), of('b'), of('c'))
    await begin()
    await claim(current(), { ids: ['op a', 'op b'] })
    await attach(row('a'), row('b'))
    await current().deliver.reclaim(NOW + 1_000_000)
    expect(await states()).toEqual({ 'op a': 'sending', 'op b': 'sending', 'op c': 'pending' })
    expect((await claim(current())).map((o) => o.id)).toEqual(['op c'])
    expect(await current().bulk.open('sf')).toMatchObject([{ rows: 2, bytes: 10, fields: ['Email'] }])
  })

  test('a row whose key the job has keeps its lease', async () => {
    await enqueue(of('a'), of('b'))
    await begin()
    await claim(current())
    await attach(row('a'))
    await attach({ ...row('b'), key: 'a' })
    await current().deliver.reclaim(NOW + 1_000_000)
    expect(await states()).toEqual({ 'op a': 'sending', 'op b': 'pending' })
  })

  test('values are announced with the rows that carry them', async () => {
    await enqueue(of('a'))
    await begin()
    await claim(current())
    await attach(row('a'))
    const [shadow] = await current().project.projections([{ ...CONTACT, entity: 'a' }])
    expect(shadow?.written).toEqual({ Email: { at: NOW, maybe: 'سعر', operation: 'op a' } })
  })

  test('rows come parent by parent, page by page', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    await enqueue(...names.map(of))
    await begin()
    await claim(current())
    await attach(row('a', 'y'), row('b', 'x'), row('c', 'y'), row('d'), row('e', 'x'))
    const { bulk } = current()
    const seen: string[] = []
    let after: { parent: string; key: string } | undefined
    for (;;) {
      const page = await bulk.rows('job', { limit: 2, ...(after ? { after } : {}) })
      if (page.length === 0) break
      seen.push(...page.map((r) => `${r.parent}${r.key}`))
      after = page.at(-1)!
    }
    expect(seen).toEqual(['d', 'xb', 'xe', 'ya', 'yc'])
  })

  test('settled rows are gone; what is put back is pending and carries no job', async () => {
    await enqueue(of('a'), of('b'), of('c'))
    await begin()
    await claim(current())
    await attach(row('a'), row('b'), row('c'))
    const { bulk } = current()
    const [first] = await bulk.sent('job', ['a'])
    expect(first).toMatchObject({ ...row('a'), own: { id: 'op a', state: 'sending', attempts: 1 } })
    await bulk.settle('job', {
      now: NOW,
      results: [
        { id: 'op a', outcome: 'done', crmId: '003', created: true, fields: first!.sent.fields },
        { id: 'op b', outcome: 'retry', fields: {}, notBefore: NOW, isUncounted: true },
        { id: 'op c', outcome: 'dead', fields: {}, error: ERROR },
      ],
      deliveries: [],
      live: [],
      redirects: [],
    })
    expect(await states()).toEqual({ 'op a': 'done', 'op b': 'pending', 'op c': 'dead' })
    expect(await bulk.rows('job', { limit: 9 })).toEqual([])
    expect(await bulk.sent('job', ['a', 'b', 'c'])).toEqual([])
    const [shadow] = await current().project.projections([{ ...CONTACT, entity: 'a' }])
    expect(shadow).toMatchObject({ crmId: '003', written: { Email: { value: 'سعر', operation: 'op a' } } })
    expect((await claim(current())).map((o) => [o.id, o.attempts])).toEqual([['op b', 1]])
  })

  test('a finished job changes nothing any more, and is forgotten in the end', async () => {
    await begin()
    await current().bulk.change('job', { vendorId: '750', state: 'created' })
    expect(await current().bulk.open('sf')).toMatchObject([{ vendorId: '750', state: 'created' }])
    await current().bulk.change('job', { vendorId: null })
    expect((await current().bulk.open('sf'))[0]).not.toHaveProperty('vendorId')
    await current().bulk.change('job', { state: 'failed', finishedAt: NOW, error: ERROR })
    expect(await current().bulk.hold('job', NOW + 9, NOW + 10)).toBe(false)
    await current().bulk.prune(NOW + 1)
    await begin()
    expect(await current().bulk.open('sf')).toHaveLength(1)
  })

  test('what is ready is counted up to a bound, known records apart', async () => {
    await enqueue(of('a'), of('b'), of('c'))
    await claim(current(), { ids: ['op a'] })
    await current().deliver.finish({
      now: NOW,
      results: [{ id: 'op a', outcome: 'done', crmId: '003', fields: {} }],
      deliveries: [],
      live: [],
      redirects: [],
    })
    await enqueue(operation('again', { entity: 'a' }))
    const count = (max: number) => current().bulk.count({ ...CONTACT, lanes: LANES, now: NOW, max })
    expect(await count(10)).toEqual({ ready: 3, known: 1 })
    expect(await count(2)).toEqual({ ready: 2, known: 1 })
    expect(await current().bulk.count({ ...CONTACT, lanes: ['lead'], now: NOW, max: 9 })).toEqual({
      ready: 0,
      known: 0,
    })
  })

  test('an open job wakes the hub when it wants to be looked at', async () => {
    await begin({ notBefore: NOW + 77 })
    expect(await current().control.nextWake(NOW)).toBe(NOW + 77)
  })

  test('a parent in a job is waited for until somebody looks at the job', async () => {
    await enqueue(of('a'))
    await begin({ notBefore: NOW + 500 })
    await claim(current())
    await attach(row('a'))
    expect(await current().deliver.open([{ ...CONTACT, entity: 'a' }])).toEqual([
      { ...CONTACT, entity: 'a', notBefore: NOW + 500 },
    ])
  })
}
