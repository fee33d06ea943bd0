import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { drain } from '../../src/engine/schedule.ts'
import { BATCH_LIMIT, EVENT_LIMIT } from '../../src/routes/collect.ts'
import { HOOK_LIMIT } from '../../src/routes/hooks.ts'
import type { Problem } from '../../src/routes/problem.ts'
import { createStore, migrate } from '../../src/store/index.ts'
import { openLibsql } from '../../src/store/libsql.ts'
import { loadMigrations } from '../../src/store/load-migrations.ts'
import { statement } from '../../src/store/sql-database.ts'
import { COLLECT_HEADERS, DAY, type HubOptions, SIGNAL, startHub, type TestHub } from '../support/hub.ts'

async function hubOf(options: HubOptions = {}): Promise<TestHub> {
  const hub = await startHub(options)
  onTestFinished(() => hub.close())
  return hub
}

const track = (messageId: string, more: object = {}) => ({
  type: 'track',
  messageId,
  userId: 'ada',
  event: 'Engine Started',
  ...more,
})

interface Request {
  path: string
  body: string
  headers?: Record<string, string>
}

const collected = (call: string, body: string | object, headers = COLLECT_HEADERS): Request => ({
  path: `/v1/${call}`,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
})

async function signedStripe({
  sandboxes,
}: TestHub): Promise<{ body: string; headers: Record<string, string> }> {
  const event = {
    id: 'evt_1',
    object: 'event',
    type: 'customer.updated',
    created: 1,
    data: { object: { id: 'cus_1', object: 'customer' } },
  }
  return sandboxes.stripe.signedDelivery(event)
}

const REFUSED: [
  what: string,
  request: (hub: TestHub) => Request | Promise<Request>,
  status: number,
  code: string,
][] = [
  ['malformed JSON', () => collected('track', '{"userId": ada}'), 400, 'request.malformed_json'],
  [
    'an event above 32 kB',
    () => collected('track', track('m', { text: 'x'.repeat(EVENT_LIMIT) })),
    400,
    'request.body_too_large',
  ],
  [
    'a batch above 500 kB',
    () =>
      collected('batch', {
        batch: Array.from({ length: 20 }, (_, i) => track(`m${i}`, { text: 'x'.repeat(BATCH_LIMIT / 19) })),
      }),
    400,
    'request.body_too_large',
  ],
  [
    'an unknown write key',
    () => collected('track', { ...track('m'), writeKey: 'nobody' }, {} as never),
    401,
    'request.unknown_write_key',
  ],
  ['an unknown call', () => collected('trak', track('m')), 404, 'request.not_found'],
  [
    'an unknown connection',
    async (hub) => ({ path: '/hooks/strip', ...(await signedStripe(hub)) }),
    404,
    'webhook.unknown_connection',
  ],
  [
    'a connection without webhooks',
    async (hub) => ({ path: '/hooks/csv', ...(await signedStripe(hub)) }),
    404,
    'webhook.unknown_connection',
  ],
  [
    'no signature',
    async (hub) => ({ path: '/hooks/stripe', body: (await signedStripe(hub)).body }),
    401,
    'webhook.signature_missing',
  ],
  [
    'a bad signature',
    async (hub) => {
      const { body, headers } = await signedStripe(hub)
      return { path: '/hooks/stripe', body: body.replace('cus_1', 'cus_2'), headers }
    },
    401,
    'webhook.signature_invalid',
  ],
  [
    'a stale timestamp',
    async (hub) => {
      const signed = await signedStripe(hub)
      hub.clock.advance(DAY)
      return { path: '/hooks/stripe', ...signed }
    },
    400,
    'webhook.timestamp_stale',
  ],
  [
    'a delivery above its limit',
    async (hub) => ({
      path: '/hooks/stripe',
      headers: (await signedStripe(hub)).headers,
      body: 'x'.repeat(HOOK_LIMIT + 1),
    }),
    413,
    'request.body_too_large',
  ],
]

test.each(REFUSED)(
  '%s is answered with the place and the fix, and nothing is stored',
  async (_, make, status, code) => {
    const hub = await hubOf()
    const { path, body, headers = {} } = await make(hub)
    const answer = await hub.fetch(path, { method: 'POST', body, headers })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const problem = (await answer.json()) as Problem
    expect(problem).toMatchObject({ type: `urn:tributary:error:${code}`, status, code })
    expect(answer.status).toBe(status)
    expect(problem.detail).not.toBe('')
    expect(problem.fix).not.toBe('')
    const { receipts } = await hub.store.inspect.totals()
    expect(receipts).toEqual({ new: 0, done: 0, dead: 0 })
  },
)

test('events of a batch that say nothing of anybody are set aside with their reason, their neighbours arrive', async () => {
  const hub = await hubOf()
  const batch = [
    track('first'),
    5,
    { type: 'track', messageId: 'of nobody', event: 'X' },
    { type: 'dance', userId: 'ada' },
    track('last'),
  ]
  expect(await hub.collect('batch', { batch })).toBe(200)
  await hub.drainAll()
  const totals = await hub.store.inspect.totals()
  expect([totals.touchpoints, totals.receipts.done]).toEqual([2, 1])
  const { items } = await hub.store.inspect.deadLetters({ limit: 10 })
  expect(items).toHaveLength(3)
  for (const { connection, error } of items)
    expect([connection, error.code]).toEqual(['website', 'record.invalid'])
})

test('an oversize event of a batch is set aside with its size, its neighbours arrive', async () => {
  const hub = await hubOf()
  const batch = [track('first'), track('huge', { text: 'x'.repeat(EVENT_LIMIT) }), track('last')]
  expect(await hub.collect('batch', { batch })).toBe(200)
  await hub.drainAll()
  expect((await hub.store.inspect.totals()).touchpoints).toBe(2)
  const { items } = await hub.store.inspect.deadLetters({ limit: 10 })
  expect(items.map(({ error }) => error.code)).toEqual(['request.body_too_large'])
  expect(items[0]!.error.message).toMatch(/^The event has 3\d{4} bytes; 32768 are allowed/)
})

test('e-mail events that are none are set aside, their neighbours in the same signed delivery arrive', async () => {
  const hub = await hubOf()
  const at = Math.floor(hub.clock.now() / 1000)
  const open = (id: string) => ({
    event: 'open',
    email: 'ada@analytical.example',
    timestamp: at,
    sg_event_id: id,
    sg_message_id: 'm',
  })
  const { body, headers } = await hub.sandboxes.sendgrid.signedDelivery([
    open('first'),
    { event: 'open', email: 'ada@analytical.example', timestamp: 'soon' } as never,
    7 as never,
    open('last'),
  ])
  expect(await hub.post('/hooks/sendgrid', body, headers)).toBe(200)
  await hub.drainAll()
  expect((await hub.store.inspect.totals()).touchpoints).toBe(2)
  const { items } = await hub.store.inspect.deadLetters({ limit: 10 })
  expect(items.map(({ connection }) => connection)).toEqual(['sendgrid', 'sendgrid'])
})

/** A hub whose database can be given a size, as a disk does. */
async function hubOnDisk(): Promise<{ hub: TestHub; leave(pages: number): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-full-'))
  const db = await openLibsql(`file:${join(folder, 'hub.db')}`)
  await migrate(db, await loadMigrations())
  const hub = await hubOf({ store: createStore(db) })
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return {
    hub,
    async leave(pages) {
      const [row] = await db.query<{ page_count: number }>('PRAGMA page_count')
      await db.batch([statement(`PRAGMA max_page_count = ${row!.page_count + pages}`)])
    },
  }
}

test('on a full disk senders are told to come again, what was acknowledged is there, and all arrives once there is room', async () => {
  const { hub, leave } = await hubOnDisk()
  await leave(40)
  const send = async (n: number) => {
    const { path, ...init } = collected('track', track(`m${n}`, { properties: { text: 'x'.repeat(3_000) } }))
    return { n, answer: await hub.fetch(path, { method: 'POST', ...init }) }
  }
  const acknowledged: number[] = []
  const refused: number[] = []
  for (let n = 0; refused.length === 0; n += 4) {
    for (const { n: sent, answer } of await Promise.all([n, n + 1, n + 2, n + 3].map(send))) {
      if (answer.status === 200) {
        acknowledged.push(sent)
        continue
      }
      refused.push(sent)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      const problem = (await answer.json()) as Problem
      expect(problem).toMatchObject({ code: 'store.full', fix: expect.stringContaining('Free space') })
    }
  }
  expect(acknowledged.length).toBeGreaterThan(0)
  const hook = await signedStripe(hub)
  const large = {
    ...hook,
    ...(await hub.sandboxes.stripe.signedDelivery({
      id: 'evt_2',
      object: 'event',
      type: 'customer.updated',
      created: 1,
      text: 'x'.repeat(60_000),
    })),
  }
  expect(await hub.post('/hooks/stripe', large.body, large.headers)).toBe(503)

  const { receipts } = await hub.store.inspect.totals()
  expect(receipts).toEqual({ new: acknowledged.length, done: 0, dead: 0 })
  // The stages stop where they are, too.
  await expect(drain(hub.engine, { signal: SIGNAL })).rejects.toMatchObject({ code: 'store.full' })

  await leave(1_000_000)
  for (const n of refused) expect((await send(n)).answer.status).toBe(200)
  await hub.drainAll()
  const totals = await hub.store.inspect.totals()
  expect(totals.touchpoints).toBe(acknowledged.length + refused.length)
  expect(totals.receipts).toEqual({ new: 0, done: acknowledged.length + refused.length, dead: 0 })
})
