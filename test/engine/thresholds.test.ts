import { expect, test } from 'vitest'
import { refreshMappings } from '../../src/engine/mappings/mapping-changes.ts'
import { drain } from '../../src/engine/schedule.ts'
import { apiRoutes } from '../../src/routes/api.ts'
import { metricsRoutes } from '../../src/routes/metrics.ts'
import { CONTACTS, compile, createWorld, DAY, type Fact, HOUR, person, type World } from './support.ts'

const SIGNAL = new AbortController().signal
const KEYS = Array.from({ length: 20 }, (_, n) => `p${n}@example.com`)

/** Shares count from five records on, so that twenty are a CRM. */
const world = (thresholds = '', mapping = CONTACTS): Promise<World> =>
  createWorld({
    mappings: { 'contact.yaml': mapping },
    config: `thresholds: { atLeast: 5${thresholds} }`,
  })

const say = async (w: World, attributes: Record<string, unknown>, keys = KEYS) => {
  w.clock.advance(1_000)
  await w.say(
    ...keys.map((key): Fact => ({ key, says: [person(key, { last_name: key[1]!, ...attributes })] })),
  )
}
const tell = async (w: World, attributes: Record<string, unknown>, keys = KEYS) => {
  await say(w, attributes, keys)
  await w.settle()
}
const filled = async (thresholds = '', mapping = CONTACTS): Promise<World> => {
  const w = await world(thresholds, mapping)
  await tell(w, { title: 'Clerk', city: 'Bath' })
  w.clock.advance(2 * DAY)
  return w
}
const remap = async (w: World, mapping: string) => {
  w.mappings.current = compile({ 'contact.yaml': mapping })
  await refreshMappings(w.engine.deps)
}
const titles = (w: World) => w.sandboxes.salesforce.records('Contact').map(({ Title }) => Title)
const held = async (w: World) =>
  (await w.store.thresholds.holds()).map(({ object, reason }) => [object, reason])
const SHOUTED = CONTACTS.replace('Title: person.title', 'Title: person.title | upper')

test('a changed mapping that would write to more than a fifth of the records is held before the first', async () => {
  const w = await filled()
  await refreshMappings(w.engine.deps)
  await remap(w, SHOUTED)
  await w.settle()
  expect(new Set(titles(w))).toEqual(new Set(['Clerk']))
  expect(await held(w)).toEqual([
    ['Contact', '20 updates by a changed mapping > maxPercent 20 % of 20 records'],
  ])
})

test('accepted, it is written; and what comes after is no change any more', async () => {
  const w = await filled()
  await refreshMappings(w.engine.deps)
  await remap(w, SHOUTED)
  await w.settle()
  expect(await w.store.thresholds.accept({ now: w.clock.now() })).toHaveLength(1)
  await w.settle()
  expect(new Set(titles(w))).toEqual(new Set(['CLERK']))
  await tell(w, { title: 'Baker' })
  expect([new Set(titles(w)), await held(w)]).toEqual([new Set(['BAKER']), []])
})

test('what is held stays pending, keeps nobody awake, and other objects go on', async () => {
  const w = await filled()
  await refreshMappings(w.engine.deps)
  await remap(w, SHOUTED)
  await w.settle()
  expect(await w.operations('pending')).toHaveLength(20)
  expect(await w.store.control.nextWake(w.clock.now())).toBeUndefined()
  w.clock.advance(HOUR)
  const before = w.sandboxes.salesforce.apiCalls
  await w.settle()
  expect(w.sandboxes.salesforce.apiCalls).toBe(before)
})

test('a change of a few records is no mass change', async () => {
  const w = await filled()
  await tell(w, { title: 'Miller' }, KEYS.slice(0, 4))
  w.clock.advance(2 * DAY)
  await refreshMappings(w.engine.deps)
  await remap(w, CONTACTS.replace('Title: person.title', "Title: person.title | replace('Miller', 'Mill')"))
  await w.settle()
  expect([titles(w).filter((title) => title === 'Mill').length, await held(w)]).toEqual([4, []])
})

test('the first fill of an empty CRM, and news of everybody, are normal traffic', async () => {
  const w = await world()
  await tell(w, { title: 'Clerk' })
  for (const title of ['Baker', 'Miller', 'Smith']) await tell(w, { title })
  expect([new Set(titles(w)), await held(w)]).toEqual([new Set(['Smith']), []])
})

test('whoever applies has decided: a run of its own is not held', async () => {
  const w = await filled()
  await refreshMappings(w.engine.deps)
  await remap(w, SHOUTED)
  await drain(w.engine, { signal: SIGNAL, flush: true, run: 'run_apply' })
  expect([new Set(titles(w)), await held(w)]).toEqual([new Set(['CLERK']), []])
})

test('fields that are cleared in the mass are held; a few are not', async () => {
  const w = await filled()
  await tell(w, { city: null }, KEYS.slice(0, 5))
  expect(await held(w)).toEqual([])
  await tell(w, { city: null })
  const cities = w.sandboxes.salesforce.records('Contact').filter(({ MailingCity }) => MailingCity)
  expect(cities).toHaveLength(15)
  expect(await held(w)).toEqual([
    ['Contact', '20 cleared fields within 24 h, more than 5 % of 20 records (maxNulls is not set)'],
  ])
})

test('records that would all go to another owner are held', async () => {
  const w = await filled('', `${CONTACTS}  OwnerId: { user: person.owner_email, write: always }\n`)
  await tell(w, { title: 'Clerk', owner_email: 'sam.sales@acme.example' })
  expect(await held(w)).toEqual([
    ['Contact', '20 changes of owner within 24 h, more than 5 % of 20 records (maxOwnerChanges is not set)'],
  ])
})

test.each([
  ['maxCreates: 19', { title: 'Clerk' }, '20 new records within 24 h > maxCreates 19'],
  ['maxNulls: 3', { title: 'Clerk', city: null }, '20 cleared fields within 24 h > maxNulls 3'],
  ['maxPercent: 50', { title: 'Baker' }, '20 updates within 24 h > maxPercent 50 % of 20 records'],
])('%s holds what would be above it', async (limit, attributes, reason) => {
  const isFirst = limit.startsWith('maxCreates')
  const w = await (isFirst ? world : filled)(`, ${limit}`)
  await tell(w, attributes)
  expect(await held(w)).toEqual([['Contact', reason]])
})

test('a record counts once in a window, and no longer than the window', async () => {
  const w = await filled(', maxPercent: 50')
  for (let n = 0; n < 5; n++) await tell(w, { title: `T${n}` }, KEYS.slice(0, 9))
  expect(await held(w)).toEqual([])
  w.clock.advance(25 * HOUR)
  await tell(w, { title: 'Baker' }, KEYS.slice(9, 18))
  expect(await held(w)).toEqual([])
  await tell(w, { title: 'Miller' }, KEYS.slice(0, 9))
  expect(await held(w)).toHaveLength(1)
})

test('a new hub on the same database counts on', async () => {
  const w = await filled(', maxNulls: 8')
  await tell(w, { city: null }, KEYS.slice(0, 6))
  await say(w, { city: null }, KEYS.slice(6, 12))
  await w.engine.releaseLeases()
  await drain(w.twin('two'), { signal: SIGNAL, flush: true })
  expect(await held(w)).toEqual([['Contact', '12 cleared fields within 24 h > maxNulls 8']])
})

test('a write that failed does not count', async () => {
  const w = await filled(', maxNulls: 8')
  w.sandboxes.salesforce.fail({
    kind: 'answer',
    status: 503,
    times: 40,
    matches: (request) => request.method === 'PATCH',
  })
  await say(w, { city: null }, KEYS.slice(0, 6))
  for (let n = 0; n < 4; n++) {
    await w.settle()
    w.clock.advance(20 * 60_000)
  }
  expect(await held(w)).toEqual([])
})

test('a job counts what is put into it, and stops gathering when it would be too much', async () => {
  const w = await createWorld({
    mappings: { 'contact.yaml': CONTACTS },
    config: 'thresholds: { atLeast: 5, maxNulls: 2500 }',
    with: { salesforce: 'bulkThreshold: 2200' },
  })
  const many = Array.from({ length: 4500 }, (_, n) => `m${n}@example.com`)
  await tell(w, { city: 'Bath' }, many)
  for (let n = 0; n < 20; n++) {
    w.clock.advance(5 * 60_000)
    await w.settle()
  }
  w.clock.advance(2 * DAY)
  await tell(w, { city: null }, many)
  for (let n = 0; n < 20; n++) {
    w.clock.advance(5 * 60_000)
    await w.settle()
  }
  const left = w.sandboxes.salesforce.records('Contact').filter(({ MailingCity }) => MailingCity)
  expect(left.length).toBeGreaterThanOrEqual(2000)
  expect(left.length).toBeLessThan(4500)
  expect((await held(w))[0]![1]).toMatch(/^\d,\d\d\d cleared fields within 24 h > maxNulls 2,500$/)
})

test('API and metrics tell what is held, and the API lets it go on', async () => {
  const w = await filled(', maxNulls: 3')
  await tell(w, { title: 'Clerk', city: null })
  const app = apiRoutes({
    inspect: w.inspect,
    engine: w.engine.deps,
    guard: async (_, next) => next(),
    secrets: [],
  })
  const json = async (path: string, body?: unknown) =>
    (await (
      await app.request(
        path,
        body === undefined
          ? {}
          : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
      )
    ).json()) as Record<string, unknown>
  const hold = {
    destination: 'salesforce',
    object: 'Contact',
    reason: '20 cleared fields within 24 h > maxNulls 3',
    at: new Date(w.clock.now()).toISOString(),
  }
  expect(await json('/api/holds')).toEqual({ items: [hold] })
  expect((await json('/api/status')).holds).toEqual([hold])
  const metrics = metricsRoutes({
    metrics: (await import('#kit')).createMetrics(),
    inspect: w.inspect,
    guard: async (_, next) => next(),
  })
  expect(await (await metrics.request('/metrics')).text()).toContain(
    'tributary_held{destination="salesforce",object="Contact"} 1',
  )
  expect(await json('/api/holds/accept', { destination: 'hubspot' })).toEqual({ items: [] })
  expect(await json('/api/holds/accept', { object: 'Contact' })).toEqual({ items: [hold] })
  await w.settle()
  expect(await json('/api/holds')).toEqual({ items: [] })
  expect(w.sandboxes.salesforce.records('Contact').filter(({ MailingCity }) => MailingCity)).toEqual([])
})
