import { expect, test } from 'vitest'
import { createMetrics } from '#kit'
import { createApp } from '../../src/app.ts'
import { beginAudit, beginUndo, tend } from '../../src/engine/chores.ts'
import { api } from './api-support.ts'
import {
  ACCOUNTS,
  account,
  CONTACTS,
  createWorld,
  DAY,
  type Fact,
  HOUR,
  person,
  type World,
} from './support.ts'

const SIGNAL = new AbortController().signal
const world = (options = {}): Promise<World> =>
  createWorld({ mappings: { 'contact.yaml': CONTACTS, 'account.yaml': ACCOUNTS }, ...options })
const many = (count: number, attributes: Record<string, unknown>): Fact[] =>
  Array.from({ length: count }, (_, n) => ({
    key: `p${n}`,
    says: [person(`p${n}@example.com`, { last_name: `P${n}`, ...attributes })],
  }))
const tell = async (w: World, facts: Fact[]): Promise<string> => {
  w.clock.advance(HOUR)
  await w.say(...facts)
  await w.settle()
  return (await w.operations()).at(-1)!.run!
}
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')
const run = (w: World, id: string) => w.store.lookup.run(id)
const steps = async (w: World): Promise<number> => {
  for (let n = 0; ; n++) if ((await tend(w.engine.deps, { signal: SIGNAL })).done === 0) return n
}

test('an undo of many records goes page by page, and each step is small', async () => {
  const w = await world()
  await tell(w, many(900, { title: 'Clerk' }))
  const id = await tell(w, many(900, { title: 'Baker' }))
  const undo = await beginUndo(w.engine.deps, { run: id })
  expect(await w.store.control.nextWake(w.clock.now())).toBeLessThanOrEqual(w.clock.now())
  // Plan and restore: three pages and the step to the next phase each.
  expect(await steps(w)).toBeGreaterThanOrEqual(8)
  expect(new Set(contacts(w).map(({ Title }) => Title))).toEqual(new Set(['Clerk']))
  expect(await run(w, undo.id)).toMatchObject({
    state: 'done',
    counts: { fields: 900, failed: 0, waiting: 0 },
  })
  const { body } = await api(w).get(`/api/runs/${undo.id}`)
  expect(body.plan).toMatchObject({ totals: { fields: 900, records: 900 }, is_cut: true })
  expect(body.plan.records).toHaveLength(500)
})

test('what was stopped between two steps goes on in another process', async () => {
  const w = await world()
  await tell(w, many(900, { title: 'Clerk' }))
  const id = await tell(w, many(900, { title: 'Baker' }))
  const undo = await beginUndo(w.engine.deps, { run: id })
  for (let n = 0; n < 6; n++) await tend(w.engine.deps, { signal: SIGNAL })
  const stopped = AbortSignal.abort()
  expect(await tend(w.engine.deps, { signal: stopped })).toEqual({ done: 0, more: false })
  const other = w.twin('two')
  for (let more = true; more; ) more = (await tend(other.deps, { signal: SIGNAL })).more
  expect(new Set(contacts(w).map(({ Title }) => Title))).toEqual(new Set(['Clerk']))
  expect(await run(w, undo.id)).toMatchObject({ state: 'done', counts: { fields: 900 } })
})

test('records that the run created go to the recycle bin, children before their parents', async () => {
  const w = await world()
  const id = await tell(w, [
    { key: 'acme', says: [account('acme-works.com', { name: 'Acme' })] },
    ...many(3, { title: 'Clerk' }),
  ])
  const { id: undo } = await beginUndo(w.engine.deps, { run: id, deleteCreated: true })
  await w.settle()
  expect([contacts(w), w.sandboxes.salesforce.records('Account')]).toEqual([[], []])
  expect(await run(w, undo)).toMatchObject({ state: 'done', counts: { archived: 4 } })
  expect((await api(w).get(`/api/runs/${undo}`)).body.plan.totals).toMatchObject({ archive: 4 })
})

test('a CRM that is down is waited for; the run says what for', async () => {
  const w = await world({ with: { salesforce: 'limits: { attempts: 1 }' } })
  await tell(w, many(2, { title: 'Clerk' }))
  const audit = await beginAudit(w.engine.deps, {})
  w.sandboxes.salesforce.fail({ kind: 'answer', status: 503, times: 1 })
  await tend(w.engine.deps, { signal: SIGNAL })
  expect(await run(w, audit.id)).toMatchObject({ state: 'running', error: { kind: 'transient' } })
  expect(await tend(w.engine.deps, { signal: SIGNAL })).toEqual({ done: 0, more: false })
  w.clock.advance(DAY)
  await w.settle()
  const over = await run(w, audit.id)
  expect(over).toMatchObject({ state: 'done', counts: { checked: 2 } })
  expect(over).not.toHaveProperty('error')
})

test('an undo of a run that is not known is refused at once', async () => {
  const w = await world()
  await expect(beginUndo(w.engine.deps, { run: 'run_none' })).rejects.toMatchObject({
    code: 'request.not_found',
  })
})

test('a request that begins work wakes whoever does it', async () => {
  const w = await world()
  let woken = 0
  w.engine.receiver.onStored(() => woken++)
  const app = createApp({ engine: w.engine, metrics: createMetrics(), isLoopback: true, secrets: [] })
  const answer = await app.request('http://localhost/api/audit', { method: 'POST', body: '{}' })
  expect([answer.status, woken]).toEqual([202, 1])
})
