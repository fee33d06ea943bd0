import { expect, test } from 'vitest'
import type { RunRow } from '../../../src/engine/ports.ts'
import {
  absorb,
  type Current,
  claim,
  ERROR,
  finish,
  mark,
  NOW,
  nextDirty,
  operation,
  project,
  receipt,
  record,
} from './builders.ts'

export function describeControl(current: Current): void {
  test('a lease has one holder until it ends or is given back', async () => {
    const { control } = current()
    const acquire = (holder: string, now: number) =>
      control.acquireLease({ name: 'absorb', holder, now, ttlMs: 100 })
    expect(await acquire('a', NOW)).toBe(true)
    expect(await acquire('b', NOW + 99)).toBe(false)
    expect(await acquire('a', NOW + 50)).toBe(true)
    expect(await acquire('b', NOW + 149)).toBe(false)
    expect(await acquire('b', NOW + 150)).toBe(true)
    await control.releaseLease('absorb', 'a')
    expect(await acquire('a', NOW + 151)).toBe(false)
    await control.releaseLease('absorb', 'b')
    expect(await acquire('a', NOW + 151)).toBe(true)
  })

  test('runs are saved while they go on, newest shown first', async () => {
    const run: RunRow = {
      id: 'run_1',
      kind: 'pull',
      scope: 'stripe/invoices',
      startedAt: NOW,
      state: 'running',
      counts: { records: 0 },
    }
    await current().control.saveRun(run)
    const ended: RunRow = {
      ...run,
      finishedAt: NOW + 5,
      state: 'failed',
      counts: { records: 7 },
      error: ERROR,
    }
    await current().control.saveRun(ended)
    const later: RunRow = {
      id: 'run_2',
      kind: 'deliver',
      scope: 'sf',
      startedAt: NOW + 1,
      state: 'done',
      counts: {},
    }
    await current().control.saveRun(later)
    expect((await current().inspect.runs({ limit: 5 })).items).toEqual([later, ended])
    expect((await current().inspect.runs({ limit: 5, kind: 'pull' })).items).toEqual([ended])
    const page = await current().inspect.runs({ limit: 1 })
    expect((await current().inspect.runs({ limit: 1, after: page.next! })).items).toEqual([ended])
  })

  test('runs are found by scope, which may be a connection, and by state; the newest pull of each stream', async () => {
    const { control, inspect } = current()
    const save = (id: string, scope: string, at: number, more: Partial<RunRow> = {}) =>
      control.saveRun({ id, kind: 'pull', scope, startedAt: at, state: 'done', counts: {}, ...more })
    await save('1', 'stripe/invoices', NOW)
    await save('2', 'stripe/invoices', NOW + 1, { state: 'failed', error: ERROR })
    await save('3', 'stripe/customers', NOW + 2)
    await save('4', 'stripe-eu/customers', NOW + 3)
    await save('5', 'csv/contacts people.csv', NOW + 4, { kind: 'import' })
    const ids = async (scope?: string, state?: RunRow['state']) => {
      const { items } = await inspect.runs({
        limit: 9,
        ...(scope ? { scope } : {}),
        ...(state ? { state } : {}),
      })
      return items.map(({ id }) => id).join('')
    }
    expect(await ids()).toBe('54321')
    expect(await ids('stripe')).toBe('321')
    expect(await ids('stripe/invoices')).toBe('21')
    expect(await ids('stripe/invoice')).toBe('')
    expect(await ids('csv/contacts')).toBe('5')
    expect(await ids('stripe', 'failed')).toBe('2')
    expect((await inspect.lastPulls()).map(({ id }) => id)).toEqual(['4', '3', '2'])
  })

  test('pulls and imports are forgotten, quiet ones sooner; the newest of a scope and deliveries stay', async () => {
    const { control, inspect } = current()
    const DAYS = 86_400_000
    const save = (id: string, days: number, more: Partial<RunRow> = {}) =>
      control.saveRun({
        id,
        kind: 'pull',
        scope: 's/x',
        startedAt: NOW - days * DAYS,
        state: 'done',
        counts: { records: 9, changed: 0 },
        ...more,
      })
    await save('old', 100, { counts: { changed: 5 } })
    await save('quiet', 10)
    await save('changed', 10, { counts: { changed: 1 } })
    await save('deleted', 10, { counts: { changed: 0, deleted: 1 } })
    await save('failed', 10, { state: 'failed' })
    await save('young', 1)
    await save('newest', 0)
    await save('rare', 100, { scope: 's/rare' })
    await save('deliver', 100, { kind: 'deliver', scope: 'sf' })
    await save('deliver2', 1, { kind: 'deliver', scope: 'sf' })
    const request = { before: NOW - 90 * DAYS, quietBefore: NOW - 7 * DAYS }
    expect(await control.forgetRuns({ ...request, limit: 1 })).toBe(1)
    expect(await control.forgetRuns({ ...request, limit: 9 })).toBe(1)
    expect(await control.forgetRuns({ ...request, limit: 9 })).toBe(0)
    const left = (await inspect.runs({ limit: 20 })).items.map(({ id }) => id)
    expect(new Set(left)).toEqual(
      new Set(['newest', 'young', 'failed', 'deleted', 'changed', 'rare', 'deliver', 'deliver2']),
    )
  })

  test('pulls that were cut off are ended with the reason; others go on', async () => {
    const { control, inspect } = current()
    const run = (id: string, more: Partial<RunRow> = {}): RunRow => ({
      id,
      kind: 'pull',
      scope: 's/x',
      startedAt: NOW,
      state: 'running',
      counts: { pages: 3 },
      ...more,
    })
    const others = [
      run('done', { state: 'done' }),
      run('apply', { kind: 'apply' }),
      run('y', { scope: 's/y' }),
    ]
    for (const one of [run('lost'), ...others]) await control.saveRun(one)
    await control.endLostRuns('s/x', ERROR)
    const { items } = await inspect.runs({ limit: 9 })
    expect(items.find(({ id }) => id === 'lost')).toEqual(run('lost', { state: 'stopped', error: ERROR }))
    for (const one of others) expect(items).toContainEqual(one)
  })

  test('usage adds up per connection', async () => {
    await current().control.addUsage([
      { connection: 'sf', day: 1, calls: 3, failures: 1 },
      { connection: 'hs', day: 1, calls: 1, failures: 0 },
    ])
    await current().control.addUsage([
      { connection: 'sf', day: 1, calls: 2, failures: 0 },
      { connection: 'sf', day: 2, calls: 1, failures: 0 },
    ])
    expect((await current().inspect.totals()).usage).toEqual(
      expect.arrayContaining([
        { connection: 'sf', calls: 6, failures: 1 },
        { connection: 'hs', calls: 1, failures: 0 },
      ]),
    )
  })

  test('settings outlive the process that set them', async () => {
    const { control } = current()
    expect(await control.getSetting('mappings')).toBeUndefined()
    await control.setSetting('mappings', 'a')
    await control.setSetting('mappings', 'b')
    expect(await control.getSetting('mappings')).toBe('b')
  })

  test('an idle store wakes nobody', async () => {
    expect(await current().control.nextWake(NOW)).toBeUndefined()
    await project(current(), { operations: [operation('op1')] })
    await claim(current())
    await finish(current(), [{ id: 'op1', outcome: 'done', fields: {} }])
    expect(await current().control.nextWake(NOW)).toBeUndefined()
  })

  test('pending records and dirty marks want attention now', async () => {
    const { control, intake } = current()
    await intake.commitPage({ connection: 'c', stream: 's', records: [record('a')], now: NOW })
    expect(await control.nextWake(NOW + 5)).toBe(NOW + 5)
    await absorb(current(), { records: await intake.pendingRecords({ limit: 5 }) })
    expect(await control.nextWake(NOW + 5)).toBeUndefined()
    await absorb(current(), { dirty: [mark('per_1', { notBefore: NOW + 700 })] })
    expect(await control.nextWake(NOW)).toBe(NOW + 700)
    await absorb(current(), { dirty: [mark('per_2')] })
    expect(await control.nextWake(NOW)).toBe(NOW)
    await project(current(), { dirtyDone: await nextDirty(current(), { now: NOW + 700 }) })
    expect(await control.nextWake(NOW)).toBeUndefined()
  })

  test('receipts, deadlines, delays and leases set the alarm', async () => {
    const { control, intake } = current()
    await intake.takeReceipts([receipt('r', { receivedAt: NOW })])
    await intake.finishReceipts({
      records: [],
      done: [],
      dead: [],
      retry: [{ id: 'r', notBefore: NOW + 900, error: ERROR }],
      now: NOW,
    })
    expect(await control.nextWake(NOW)).toBe(NOW + 900)
    await project(current(), {
      operations: [
        operation('a', { entity: 'a', dueAt: NOW + 500 }),
        operation('b', { entity: 'b', destination: 'hs', lane: 'lead', dueAt: NOW + 400 }),
      ],
    })
    expect(await control.nextWake(NOW)).toBe(NOW + 400)
    await claim(current(), { destination: 'hs', leaseUntil: NOW + 300 })
    expect(await control.nextWake(NOW)).toBe(NOW + 300)
    await project(current(), {
      operations: [operation('waits', { entity: 'b', destination: 'hs', dueAt: NOW })],
    })
    expect(await control.nextWake(NOW)).toBe(NOW + 300)
    await claim(current(), { ids: ['a'], leaseUntil: NOW + 600 })
    await finish(current(), [{ id: 'a', outcome: 'retry', fields: {}, notBefore: NOW + 200, error: ERROR }])
    expect(await control.nextWake(NOW)).toBe(NOW + 300)
    await current().deliver.hasten([{ destination: 'sf', object: 'Contact', entity: 'a' }], NOW)
    expect(await control.nextWake(NOW)).toBe(NOW + 200)
  })
}
