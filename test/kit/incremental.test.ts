import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ConnectorContext,
  type Cursor,
  durationMs,
  incremental,
  type Page,
  type PageRequest,
  type PageResult,
  silentLog,
} from '#kit'
import { bench, failureOf, json } from './door-support.ts'

const START = Date.UTC(2026, 10, 22)

interface Run {
  ctx: ConnectorContext<object>
  time: { now: number }
  stop: AbortController
}

function prepare(): Run {
  const time = { now: START }
  const stop = new AbortController()
  const { door } = bench(json({}))
  const ctx = {
    connection: 'c',
    config: {},
    http: door,
    log: silentLog,
    now: () => time.now,
    signal: stop.signal,
  }
  return { ctx, time, stop }
}

/** Answers pages from a list and keeps what it was asked. */
function pages(...results: PageResult[]) {
  const asked: Pick<PageRequest<object>, 'since' | 'until' | 'token'>[] = []
  const pull = incremental<object>({
    lag: '1h',
    async page({ since, until, token }) {
      asked.push({ since, until, token })
      return results[asked.length - 1]!
    },
  })
  return { asked, pull }
}

async function readAll(generator: AsyncGenerator<Page>): Promise<Page[]> {
  const all: Page[] = []
  for await (const page of generator) all.push(page)
  return all
}

const HOUR = 3_600_000

test('the first run reads everything, up to the moment it began', async () => {
  const { ctx, time } = prepare()
  const { asked, pull } = pages({ records: [1], next: 'b' }, { records: [2], deleted: ['x'] })
  const generator = pull.read(ctx, undefined)
  const first = (await generator.next()).value as Page
  time.now += 5_000
  const [second] = await readAll(generator)
  expect(asked).toEqual([
    { since: undefined, until: START, token: undefined },
    { since: undefined, until: START, token: 'b' },
  ])
  expect(first).toEqual({
    records: [1],
    deleted: [],
    isLast: false,
    fetchedAt: START,
    cursor: { run: { until: START, token: 'b' } },
  })
  expect(second).toEqual({
    records: [2],
    deleted: ['x'],
    isLast: true,
    fetchedAt: START + 5_000,
    cursor: { since: START },
  })
})

test('the next run begins where the last one ended, less the lag', async () => {
  const { ctx } = prepare()
  const { asked, pull } = pages({ records: [] })
  const [page] = await readAll(pull.read(ctx, { since: START - 2 * HOUR }))
  expect(asked).toEqual([{ since: START - 3 * HOUR, until: START, token: undefined }])
  expect(page!.cursor).toEqual({ since: START })
  const early = pages({ records: [] })
  await readAll(early.pull.read(ctx, { since: 5 }))
  expect(early.asked[0]!.since).toBe(0)
})

test('a run that was stopped resumes at its token with its own bounds', async () => {
  const { ctx, time } = prepare()
  const { asked, pull } = pages({ records: [1], next: 'b' }, { records: [2], next: 'c' }, { records: [3] })
  const before = pull.read(ctx, { since: START - HOUR })
  const { cursor } = (await before.next()).value as Page
  await before.return()
  time.now += 10 * HOUR
  const stored = JSON.parse(JSON.stringify(cursor)) as Cursor
  const rest = await readAll(pull.read(ctx, stored))
  expect(asked.slice(1)).toEqual([
    { since: START - 2 * HOUR, until: START, token: 'b' },
    { since: START - 2 * HOUR, until: START, token: 'c' },
  ])
  expect(rest[0]!.cursor).toEqual({ since: START - HOUR, run: { until: START, token: 'c' } })
  expect(rest[1]!.cursor).toEqual({ since: START })
})

test('a stop takes effect between two pages and before the first', async () => {
  const { ctx, stop } = prepare()
  const { asked, pull } = pages({ records: [1], next: 'b' }, { records: [2] })
  const generator = pull.read(ctx, undefined)
  await generator.next()
  stop.abort(new Error('stopped'))
  await expect(generator.next()).rejects.toThrow('stopped')
  await expect(pull.read(ctx, undefined).next()).rejects.toThrow('stopped')
  expect(asked).toHaveLength(1)
})

test('a page that fails leaves the cursor where it was', async () => {
  const { ctx } = prepare()
  let calls = 0
  const pull = incremental<object>({
    lag: '0s',
    async page() {
      if (++calls === 2) throw new Error('vendor down')
      return { records: [], next: 'b' }
    },
  })
  const generator = pull.read(ctx, undefined)
  const { cursor } = (await generator.next()).value as Page
  await expect(generator.next()).rejects.toThrow('vendor down')
  expect(cursor).toEqual({ run: { until: START, token: 'b' } })
})

test('a page that names itself as the next one ends the run instead of reading for ever', async () => {
  const { ctx } = prepare()
  const { asked, pull } = pages({ records: [1], next: 'b' }, { records: [1], next: 'b' })
  const error = await failureOf(readAll(pull.read(ctx, undefined)))
  expect(error.code).toBe('http.unexpected_body')
  expect(asked).toHaveLength(2)
})

test('a cursor of another shape is refused', async () => {
  const { ctx } = prepare()
  await expect(pages({ records: [] }).pull.read(ctx, { since: 'yesterday' }).next()).rejects.toThrow()
})

test.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['1h', HOUR],
  ['3d', 72 * HOUR],
  ['1.5h', 1.5 * HOUR],
  ['0s', 0],
] as const)('the duration %s is %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test.each(['', '5', 'm', '-5m', '5 m', '5M', '1w', '1h30m', '.5h', '1e3s', ' 5m', 'NaNs', '5ms'])(
  'what is no duration is refused with the way to write one: %j',
  (text) => {
    expect(() => durationMs(text)).toThrow(/Not a duration: .* \(write 90s, 15m, 1h or 3d\)/)
  },
)

interface Row {
  id: number
  version: number
  updatedAt: number
  visibleAt: number
}
type Action =
  | { do: 'update'; id: number; delay: number }
  | { do: 'wait'; ms: number }
  | { do: 'page'; ending: 'go on' | 'crash before commit' | 'crash after commit' }

const LAG = 60_000
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('update' as const), id: fc.nat(5), delay: fc.nat(LAG) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3 * LAG) }),
  fc.record({
    do: fc.constant('page' as const),
    ending: fc.constantFrom(
      'go on' as const,
      'go on' as const,
      'crash before commit' as const,
      'crash after commit' as const,
    ),
  }),
)

/** A vendor whose changes show up to `LAG` late, ordered by time of change, and a hub that may die at any page. */
function world(pageSize: number) {
  const { ctx, time } = prepare()
  const rows = new Map<number, Row>()
  const kept: Row[] = []
  const repeated: { row: Row; since: number | undefined }[] = []
  let cursor: Cursor | undefined
  let generator: AsyncGenerator<Page, void, void> | undefined
  let asked: PageRequest<object> | undefined

  const keyOf = (row: Row) => row.updatedAt * 100 + row.id
  const pull = incremental<object>({
    lag: `${LAG / 1000}s`,
    async page(request) {
      asked = request
      const { since = 0, until, token } = request
      const found = [...rows.values()]
        .filter((row) => row.visibleAt <= time.now && row.updatedAt >= since && row.updatedAt <= until)
        .filter((row) => token === undefined || keyOf(row) > Number(token))
        .sort((a, b) => keyOf(a) - keyOf(b))
      const records = found.slice(0, pageSize)
      return { records, ...(found.length > pageSize ? { next: String(keyOf(records.at(-1)!)) } : {}) }
    },
  })

  function update(id: number, delay: number): void {
    const version = (rows.get(id)?.version ?? 0) + 1
    rows.set(id, { id, version, updatedAt: time.now, visibleAt: time.now + delay })
  }

  /** True where the run has come to its end. */
  async function page(ending: Extract<Action, { do: 'page' }>['ending']): Promise<boolean> {
    generator ??= pull.read(ctx, cursor)
    const { value } = await generator.next()
    const { records, cursor: next, isLast } = value as Page
    if (ending !== 'crash before commit') {
      for (const row of records as Row[]) {
        if (kept.includes(row))
          repeated.push({ row, since: (cursor as { since?: number } | undefined)?.since })
        kept.push(row)
      }
      cursor = JSON.parse(JSON.stringify(next)) as Cursor
    }
    if (isLast || ending !== 'go on') generator = undefined
    return isLast && ending !== 'crash before commit'
  }

  return { rows, kept, repeated, time, update, page, bounds: () => asked, cursor: () => cursor }
}

test('nothing is missed, whatever changes meanwhile and wherever the hub dies; repeats lie within the lag', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(action, { maxLength: 60 }),
      async (pageSize, actions) => {
        const { rows, kept, repeated, time, update, page, bounds, cursor } = world(pageSize)
        for (const step of actions) {
          if (step.do === 'update') update(step.id, step.delay)
          else if (step.do === 'wait') time.now += step.ms
          else {
            const underWay = (cursor() as { run?: { until: number } } | undefined)?.run
            await page(step.ending)
            expect(bounds()!.until).toBeLessThanOrEqual(time.now)
            if (underWay) expect(bounds()!.until).toBe(underWay.until)
          }
        }
        time.now += LAG
        // The run under way, then one that began after everything had become visible.
        while (!(await page('go on')));
        while (!(await page('go on')));
        for (const row of rows.values()) expect(kept).toContain(row)
        for (const { row, since } of repeated) {
          expect(since).toBeDefined()
          expect(row.updatedAt).toBeGreaterThanOrEqual(since! - LAG)
        }
      },
    ),
    { numRuns: 500 },
  )
})
