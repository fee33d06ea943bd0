import { afterEach, expect, test } from 'vitest'
import * as z from 'zod'
import { discover, findConnection } from '../../src/engine/discover.ts'
import { groupsOf } from '../../src/engine/reading/coverage.ts'
import { acceptDrift, allDrift } from '../../src/engine/reading/drift.ts'
import { api } from './api-support.ts'
import { createWorld, HOUR, START, type World } from './support.ts'

const SIGNAL = new AbortController().signal

let open: World[] = []
afterEach(async () => {
  for (const world of open) await world.close()
  open = []
})
async function start(policy?: string): Promise<World> {
  const world = await createWorld({
    use: [],
    isBare: true,
    ...(policy ? { with: { book: `drift: ${policy}` } } : {}),
  })
  open.push(world)
  return world
}

/** Records as the vendor sends them now; the connector's schema knows key, updated_at and says. */
const facts = (count: number, more: (i: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, updated_at: START, says: [], ...more(i) }))

async function pull(w: World, ...pages: object[][]) {
  w.sandboxes.shelf.pages = pages.map((records) => ({ records }))
  w.clock.advance(HOUR)
  const [result] = await w.pull('book')
  return result!
}
const driftOf = async (w: World) => (await allDrift(w.engine.deps)).map(({ drift }) => drift)
const fieldsOf = async (w: World) => {
  const [drift] = await driftOf(w)
  return drift && { added: drift.added.map(({ field }) => field), gone: drift.gone.map(({ field }) => field) }
}

test('what the first run brings is how records are, however it differs from page to page', async () => {
  const w = await start()
  await pull(
    w,
    facts(12, () => ({ colour: 'red' })),
    facts(3, () => ({ size: 1 })),
  )
  expect(await driftOf(w)).toEqual([])
})

test('a new field does not break a run; it is told until somebody accepts it', async () => {
  const w = await start()
  await pull(w, facts(3))
  const { run } = await pull(
    w,
    facts(3, (i) => (i === 2 ? { net_total: 5 } : {})),
  )
  expect(run).toMatchObject({ state: 'done', counts: { changed: 1 } })
  const at = w.clock.now()
  expect(await driftOf(w)).toEqual([{ added: [{ field: 'net_total', at }], gone: [] }])
  await pull(
    w,
    facts(3, () => ({ net_total: 6 })),
  )
  expect(await driftOf(w)).toEqual([{ added: [{ field: 'net_total', at }], gone: [] }])

  const { streams } = await discover(w.engine.deps, 'book', { signal: SIGNAL })
  expect(streams[0]?.drift?.added).toEqual([{ field: 'net_total', at }])
  const { body } = await api(w).get('/api/connections/book/discover')
  expect(body.streams[0].drift).toEqual({
    added: [{ field: 'net_total', at: new Date(at).toISOString() }],
    gone: [],
  })

  expect(await acceptDrift(w.engine.deps, findConnection(w.engine.deps.connections, 'book'))).toBe(1)
  expect(await driftOf(w)).toEqual([])
  await pull(
    w,
    facts(3, () => ({ net_total: 7 })),
  )
  expect(await driftOf(w)).toEqual([])
})

test('a field that every record had is missed when no record of many has it, and forgotten when it comes back', async () => {
  const w = await start()
  await pull(
    w,
    facts(12, (i) => ({ colour: 'red', ...(i % 2 ? { size: 1 } : {}) })),
  )
  await pull(w, facts(9))
  expect(await driftOf(w)).toEqual([])
  await pull(
    w,
    facts(10, () => ({ size: 1 })),
  )
  expect(await fieldsOf(w)).toEqual({ added: [], gone: ['colour'] })
  await pull(
    w,
    facts(1, () => ({ colour: 'blue' })),
  )
  expect(await driftOf(w)).toEqual([])
})

test('stop keeps changed records out until somebody accepts them, and then misses none', async () => {
  const w = await start('stop')
  await pull(w, facts(3))
  const before = await w.inspect.records({ limit: 10 })
  const stopped = await pull(
    w,
    facts(3, () => ({ net_total: 5 })),
  )
  expect(stopped.run).toMatchObject({ state: 'failed', error: { code: 'source.drift', kind: 'config' } })
  expect(stopped.run.error?.message).toContain('net_total is new')
  expect(await w.inspect.records({ limit: 10 })).toEqual(before)

  w.sandboxes.shelf.asked.length = 0
  const again = await pull(
    w,
    facts(3, () => ({ net_total: 5 })),
  )
  expect(again.run).toMatchObject({ state: 'failed', error: { code: 'source.drift' } })
  expect(w.sandboxes.shelf.asked).toEqual([])

  await acceptDrift(w.engine.deps, findConnection(w.engine.deps.connections, 'book'))
  const { run } = await pull(
    w,
    facts(3, () => ({ net_total: 5 })),
  )
  expect(run).toMatchObject({ state: 'done', counts: { changed: 3 } })
})

test('ignore asks and keeps nothing', async () => {
  const w = await start('ignore')
  await pull(w, facts(3))
  await pull(
    w,
    facts(3, () => ({ net_total: 5 })),
  )
  expect(await driftOf(w)).toEqual([])
  expect(await w.store.control.getSetting('fields:book/facts')).toBeUndefined()
})

test('the policy can be given by stream; a stream that is not pulled is a mistake', async () => {
  const w = await start('{ facts: ignore }')
  await pull(w, facts(3))
  await pull(
    w,
    facts(3, () => ({ net_total: 5 })),
  )
  expect(await driftOf(w)).toEqual([])
  await expect(start('{ fact: stop }')).rejects.toThrow('facts')
  await expect(start('panic')).rejects.toThrow('ignore, warn or stop')
})

test('a run that fails half-way keeps what it learnt, and is no reason to take the rest for new', async () => {
  const w = await start()
  w.sandboxes.shelf.pages = [{ records: facts(3) }, new Error('bug')]
  await expect(w.pull('book')).rejects.toThrow('bug')
  await pull(
    w,
    facts(3, () => ({ colour: 'red' })),
  )
  expect(await driftOf(w)).toEqual([])
})

test('objects that the connector does not know are one field each: they may have any names for keys', async () => {
  const schema = z.looseObject({
    id: z.string(),
    company: z
      .looseObject({ name: z.string(), place: z.looseObject({ city: z.string() }).nullish() })
      .optional(),
    metadata: z.record(z.string(), z.unknown()),
  })
  expect([...groupsOf(schema)]).toEqual(['company', 'company.place'])
  const w = await start()
  await pull(
    w,
    facts(3, (i) => ({ metadata: { [`key_${i}`]: 1 } })),
  )
  await pull(
    w,
    facts(3, (i) => ({ metadata: { [`other_${i}`]: 1 } })),
  )
  expect(await driftOf(w)).toEqual([])
})
