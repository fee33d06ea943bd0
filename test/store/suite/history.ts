import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NewTouchpoint, Store } from '../../../src/engine/ports.ts'
import { absorb, type Current, DAY, entity, NOW, project, touchpoint } from './builders.ts'

const TODAY = Math.floor(NOW / DAY)

export function describeHistory(current: Current, open: () => Promise<Store>): void {
  const buckets = (roots: string[], more = {}) =>
    current().project.buckets({ kind: 'person', roots, ...more })
  const touches = (roots: string[]) => current().project.touches({ kind: 'person', roots })

  test('touchpoints are stored once and counted once', async () => {
    await absorb(current(), { entities: [entity('per_1')] })
    const page = [touchpoint('t1'), touchpoint('t2', { amount: 500, currency: 'EUR' }), touchpoint('t1')]
    expect(await absorb(current(), { touchpoints: page })).toEqual({ newTouchpoints: 2 })
    expect(await absorb(current(), { touchpoints: [...page, touchpoint('t3')] })).toEqual({
      newTouchpoints: 1,
    })
    expect(await buckets(['per_1'])).toEqual([
      {
        root: 'per_1',
        kind: 'page.viewed',
        channel: 'direct',
        day: TODAY,
        count: 3,
        firstAt: NOW,
        lastAt: NOW,
        amounts: { EUR: 500 },
      },
    ])
  })

  test('machine-made touchpoints are kept but neither counted nor touches', async () => {
    await absorb(current(), {
      entities: [entity('per_1')],
      touchpoints: [touchpoint('bot', { isMachine: true })],
    })
    expect(await buckets(['per_1'])).toEqual([])
    expect(await touches(['per_1'])).toEqual([])
    expect((await current().inspect.touchpoints({ limit: 5, person: 'per_1' })).items).toMatchObject([
      { id: 'bot', isMachine: true },
    ])
  })

  test('buckets tell apart kind, channel, UTC day and currency', async () => {
    await absorb(current(), {
      entities: [entity('per_1')],
      touchpoints: [
        touchpoint('a', { channel: 'email', amount: 1, currency: 'EUR' }),
        touchpoint('b', { channel: 'email', amount: 2, currency: 'EUR', occurredAt: NOW + 1 }),
        touchpoint('c', { channel: 'email', amount: 4, currency: 'JPY', occurredAt: NOW - 1 }),
        touchpoint('d', { kind: 'quote.viewed' }),
        touchpoint('e', { occurredAt: TODAY * DAY - 1 }),
      ],
    })
    const rows = await buckets(['per_1'])
    expect(rows).toHaveLength(3)
    expect(rows).toContainEqual(
      expect.objectContaining({
        channel: 'email',
        count: 3,
        firstAt: NOW - 1,
        lastAt: NOW + 1,
        amounts: { EUR: 3, JPY: 4 },
      }),
    )
    expect(rows).toContainEqual(expect.objectContaining({ day: TODAY - 1, count: 1, amounts: {} }))
    expect((await buckets(['per_1'], { sinceDay: TODAY })).map((row) => row.day)).toEqual([TODAY, TODAY])
  })

  test('an account counts its own touchpoints and those of its people', async () => {
    await absorb(current(), {
      entities: [entity('acc_1'), entity('per_1'), entity('per_2')],
      touchpoints: [
        touchpoint('own', { person: undefined as never, account: 'acc_1', occurredAt: NOW - 5 }),
        touchpoint('his', { person: 'per_1', account: 'acc_1', channel: 'paid', occurredAt: NOW - 3 }),
        touchpoint('else', { person: 'per_2' }),
      ],
    })
    await project(current(), {
      golden: [{ id: 'per_1', golden: {}, hash: 'h', account: 'acc_1', stage: 'lead' }],
    })
    const rows = await current().project.buckets({ kind: 'account', roots: ['acc_1'] })
    expect(rows.map((row) => [row.channel, row.count]).sort()).toEqual([
      ['direct', 1],
      ['paid', 1],
    ])
    const both = await current().project.touches({ kind: 'account', roots: ['acc_1'] })
    expect(both.map((row) => [row.which, row.at, row.channel]).sort()).toEqual([
      ['first', NOW - 3, 'paid'],
      ['last', NOW - 3, 'paid'],
    ])
  })

  test('the first touch is the earliest that tells where the person came from', async () => {
    await absorb(current(), {
      entities: [entity('per_1')],
      touchpoints: [
        touchpoint('mail', { direction: 'outbound', occurredAt: NOW - 100, channel: 'email' }),
        touchpoint('plain', { occurredAt: NOW - 50 }),
        touchpoint('ad', {
          occurredAt: NOW - 40,
          url: 'https://example.com/?q=1',
          referrer: 'https://news.example',
          campaign: { name: 'خريف' },
          title: 'Preise',
        }),
        touchpoint('late', { occurredAt: NOW, channel: 'organic' }),
      ],
    })
    expect((await touches(['per_1'])).sort((a, b) => (a.which < b.which ? -1 : 1))).toEqual([
      {
        root: 'per_1',
        which: 'first',
        at: NOW - 40,
        kind: 'page.viewed',
        channel: 'direct',
        title: 'Preise',
        url: 'https://example.com/?q=1',
        referrer: 'https://news.example',
        campaign: { name: 'خريف' },
      },
      { root: 'per_1', which: 'last', at: NOW, kind: 'page.viewed', channel: 'organic' },
    ])
  })

  test('without any origin the earliest inbound touch is the first', async () => {
    await absorb(current(), {
      entities: [entity('per_1')],
      touchpoints: [touchpoint('b', { occurredAt: NOW - 1 }), touchpoint('a')],
    })
    expect((await touches(['per_1'])).find((row) => row.which === 'first')).toMatchObject({ at: NOW - 1 })
  })

  test.each([[['a', 'b']], [['b', 'a']]])(
    'touches of one moment are told apart by id, in the order %s too',
    async (order) => {
      await absorb(current(), { entities: [entity('per_1')] })
      for (const id of order)
        await absorb(current(), { touchpoints: [touchpoint(id, { channel: `channel ${id}` })] })
      const both = await touches(['per_1'])
      expect(both.map((row) => `${row.which} ${row.channel}`).sort()).toEqual([
        'first channel a',
        'last channel b',
      ])
    },
  )

  test('arrival order, batching and repeats do not change buckets and touches', async () => {
    const any = fc.record({
      id: fc.integer({ min: 0, max: 30 }),
      person: fc.constantFrom('per_1', 'per_2'),
      hour: fc.integer({ min: 0, max: 40 }),
      channel: fc.constantFrom('direct', 'email'),
      direction: fc.constantFrom<NewTouchpoint['direction']>('inbound', 'outbound'),
      isMachine: fc.boolean(),
      amount: fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined }),
    })
    const history = fc.uniqueArray(any, { selector: (t) => t.id, maxLength: 14 })
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.array(fc.integer({ min: 0, max: 13 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (events, picks, size) => {
          const all = events.map(({ id, hour, amount, ...rest }) =>
            touchpoint(`t${id}`, {
              ...rest,
              occurredAt: NOW - hour * 3_600_000,
              ...(amount === undefined ? {} : { amount, currency: 'EUR' }),
            }),
          )
          const shuffled = [...picks.flatMap((i) => all[i] ?? []), ...all.toReversed()]
          const results = await Promise.all([
            stateAfter(open, [all]),
            stateAfter(open, chunks(shuffled, size)),
          ])
          expect(results[1]).toEqual(results[0])
        },
      ),
      { numRuns: 15 },
    )
  })

  test('touchpoints after a position come in order of arrival, of the asked kinds only', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('old', { root: 'per_1' }), entity('acc_1')],
    })
    await absorb(current(), {
      touchpoints: [
        touchpoint('t1'),
        touchpoint('t2', { person: 'old', props: { n: null, s: '' }, amount: 3, currency: 'EUR' }),
        touchpoint('t3', { kind: 'email.sent' }),
        touchpoint('t4', { account: 'acc_1' }),
        touchpoint('t5', { person: undefined as never, account: 'acc_1' }),
      ],
    })
    const after = (afterSeq: number, more = {}) =>
      current().project.touchpointsAfter({
        kind: 'person',
        items: [{ root: 'per_1', afterSeq }],
        kinds: ['page.viewed'],
        limit: 10,
        ...more,
      })
    const all = await after(0)
    expect(all.map((row) => row.id)).toEqual(['t1', 't2', 't4'])
    expect(all[1]).toEqual({
      ...touchpoint('t2', { person: 'old', props: { n: null, s: '' }, amount: 3, currency: 'EUR' }),
      seq: all[1]!.seq,
      personRoot: 'per_1',
    })
    expect((await after(all[0]!.seq)).map((row) => row.id)).toEqual(['t2', 't4'])
    expect((await after(0, { limit: 1 })).map((row) => row.id)).toEqual(['t1'])
    const own = await after(0, { kind: 'account', items: [{ root: 'acc_1', afterSeq: 0 }] })
    expect(own.map((row) => [row.id, row.accountRoot])).toEqual([['t5', 'acc_1']])
  })

  test('a digest sees all touchpoints of its day that people made', async () => {
    await absorb(current(), {
      entities: [entity('per_1')],
      touchpoints: [
        touchpoint('a', { occurredAt: TODAY * DAY }),
        touchpoint('b', { occurredAt: TODAY * DAY + DAY - 1 }),
        touchpoint('bot', { isMachine: true }),
        touchpoint('tomorrow', { occurredAt: TODAY * DAY + DAY }),
        touchpoint('other', { kind: 'email.sent' }),
      ],
    })
    const rows = await current().project.touchpointsOfDays({
      kind: 'person',
      items: [{ root: 'per_1', kind: 'page.viewed', day: TODAY }],
    })
    expect(rows.map((row) => row.id)).toEqual(['a', 'b'])
  })

  test('whoever has a bucket that slid out of a window becomes dirty, with their account', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('per_2'), entity('acc_1')],
      touchpoints: [touchpoint('a', { occurredAt: NOW - 30 * DAY }), touchpoint('b', { person: 'per_2' })],
    })
    await project(current(), {
      golden: [{ id: 'per_1', golden: {}, hash: 'h', account: 'acc_1', stage: 'lead' }],
    })
    expect(await current().project.markBuckets([TODAY - 30, TODAY - 31], 'backfill', NOW)).toBe(2)
    const ids = async (kind: 'person' | 'account') =>
      (await current().project.nextDirty({ stage: 'project', kind, limit: 9, now: NOW })).map(
        (item) => item.id,
      )
    expect(await ids('person')).toEqual(['per_1'])
    expect(await ids('account')).toEqual(['acc_1'])
  })
}

async function stateAfter(open: () => Promise<Store>, batches: NewTouchpoint[][]) {
  const store = await open()
  try {
    await absorb(store, { entities: [entity('per_1'), entity('per_2')] })
    for (const touchpoints of batches) await absorb(store, { touchpoints })
    const roots = ['per_1', 'per_2']
    const [buckets, touches] = await Promise.all([
      store.project.buckets({ kind: 'person', roots }),
      store.project.touches({ kind: 'person', roots }),
    ])
    return { buckets: sorted(buckets), touches: sorted(touches) }
  } finally {
    await store.close()
  }
}

const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()

const chunks = <T>(items: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, i * size + size))
