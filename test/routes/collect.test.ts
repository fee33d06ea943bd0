import { expect, test } from 'vitest'
import { TransientError } from '#kit'
import { collector, event, gzip, KEY, NOW } from './collect-support.ts'

test.each([
  ['identify', 'i'],
  ['track', 't'],
  ['page', 'p'],
  ['screen', 's'],
  ['group', 'g'],
  ['alias', 'a'],
])('/v1/%s and /v1/%s take the same event', async (long, short) => {
  const { send, receipts, events } = collector()
  for (const call of [long, short]) {
    const answer = await send(`/v1/${call}`, event())
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ success: true })
  }
  expect(events().map((e) => e.type)).toEqual([long, long])
  expect(new Set(receipts.map((r) => r.id)).size).toBe(1)
})

test('batches arrive under both paths, in order', async () => {
  const { send, events } = collector()
  for (const call of ['batch', 'b']) {
    expect(
      (
        await send(`/v1/${call}`, {
          batch: [event({ type: 'track' }), event({ type: 'page', messageId: call })],
        })
      ).status,
    ).toBe(200)
  }
  expect(events().map((e) => e.messageId)).toEqual(['m1', 'batch', 'm1', 'b'])
})

test.each([
  ['Basic with a colon', { authorization: `Basic ${btoa(`${KEY}:`)}` }, {}],
  ['Basic without a colon', { authorization: `Basic ${btoa(KEY)}` }, {}],
  ['Bearer', { authorization: `Bearer ${KEY}` }, {}],
  ['an OAuth token beside a key in the body', { authorization: 'Bearer eyJ.token' }, { writeKey: KEY }],
  ['a key in the body', {}, { writeKey: KEY }],
])('the write key is accepted as %s', async (_, headers, body) => {
  const { send, receipts } = collector()
  expect((await send('/v1/track', event(body), headers)).status).toBe(200)
  expect(receipts).toHaveLength(1)
})

test('the write key of the first event of a batch is accepted, and not kept in the records', async () => {
  const { send, events } = collector()
  expect((await send('/v1/batch', { batch: [event({ type: 'track', writeKey: KEY })] }, {})).status).toBe(200)
  expect(events()[0]).not.toHaveProperty('writeKey')
})

test.each([
  ['no key', {}],
  ['an unknown key', { authorization: `Basic ${btoa('nope:')}` }],
  ['an unknown Bearer key', { authorization: 'Bearer nope' }],
  ['broken Base64', { authorization: 'Basic %%%' }],
])('%s is answered 401 and nothing is stored', async (_, headers) => {
  const { send, receipts } = collector()
  const answer = await send('/v1/track', event(), headers)
  expect(answer.status).toBe(401)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({
    type: 'urn:tributary:error:request.unknown_write_key',
    status: 401,
    code: 'request.unknown_write_key',
  })
  expect(receipts).toEqual([])
})

test('the content type does not matter', async () => {
  const { send, receipts } = collector()
  for (const type of [
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
  ]) {
    expect(
      (await send('/v1/t', event({ writeKey: KEY, messageId: type }), { 'content-type': type })).status,
    ).toBe(200)
  }
  expect(receipts).toHaveLength(4)
})

test('gzip is inflated; the same text has the same receipt id with and without it', async () => {
  const { send, receipts, events } = collector()
  const text = JSON.stringify(event({ writeKey: KEY, event: '登録 ✓' }))
  expect((await send('/v1/t', text, {})).status).toBe(200)
  expect((await send('/v1/t', await gzip(text), { 'content-encoding': 'gzip' })).status).toBe(200)
  expect(receipts[0]!.id).toBe(receipts[1]!.id)
  expect(events()[1]!.event).toBe('登録 ✓')
})

test('the answer waits until the receipt is durable', async () => {
  let store!: () => void
  let isAnswered = false
  const durable = new Promise<void>((resolve) => {
    store = resolve
  })
  let handed!: () => void
  const isHanded = new Promise<void>((resolve) => {
    handed = resolve
  })
  const { send } = collector({
    receive: () => {
      handed()
      return durable
    },
  })
  const answer = send('/v1/track', event()).then((response) => {
    isAnswered = true
    return response
  })
  await isHanded
  await new Promise((resolve) => setImmediate(resolve))
  expect(isAnswered).toBe(false)
  store()
  expect((await answer).status).toBe(200)
})

test('a store that cannot take the receipt is a 503 that clients repeat', async () => {
  const { send } = collector({
    receive: async () => {
      throw new TransientError('store.full', 'The disk is full')
    },
  })
  const answer = await send('/v1/track', event())
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('1')
  expect(await answer.json()).toMatchObject({ code: 'store.full', fix: expect.any(String) })
})

test('the receipt keeps what the request told besides the event', async () => {
  const { send, receipts } = collector({ ipHeader: 'x-forwarded-for' })
  await send('/v1/track', event({ writeKey: KEY }), {
    'user-agent': 'Mozilla/5.0 "quoted"',
    'x-forwarded-for': '6.6.6.6, 203.0.113.9',
    'sec-gpc': '1',
    dnt: '1',
    'sec-purpose': 'prefetch;prerender',
  })
  expect(JSON.parse(receipts[0]!.body)).toEqual({
    type: 'track',
    received_at: NOW,
    ip: '203.0.113.9',
    user_agent: 'Mozilla/5.0 "quoted"',
    gpc: true,
    dnt: true,
    prefetch: true,
    payload: event({ writeKey: KEY }),
  })
  expect(receipts[0]).toMatchObject({ connection: 'web', receivedAt: NOW, headers: {} })
})

test('addresses are kept only behind a trusted proxy, and not where the sender forbids it', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9' }
  const open = collector()
  await open.send('/v1/track', event({ writeKey: KEY }), headers)
  const hidden = collector({ ipHeader: 'x-forwarded-for' })
  await hidden.send('/v1/track', event({ writeKey: KEY, context: { ip: '0.0.0.0' } }), headers)
  await hidden.send(
    '/v1/batch',
    { writeKey: KEY, batch: [event(), event({ context: { ip: '0.0.0.0' } })] },
    headers,
  )
  for (const { body } of [...open.receipts, ...hidden.receipts])
    expect(JSON.parse(body)).not.toHaveProperty('ip')
})

test('browsers may ask from anywhere', async () => {
  const { app, send } = collector()
  const preflight = await app.request('https://hub.example/v1/t', {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example' },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-retry-count')
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
  for (const answer of [preflight, await send('/v1/t', event()), await send('/v1/t', '{')]) {
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  }
})

test('allowedOrigins shuts out other pages, but not servers', async () => {
  const { send } = collector({
    connections: [
      { name: 'web', writeKey: KEY, allowedOrigins: ['https://a.example', 'https://*.b.example'] },
    ],
  })
  const from = async (origin: string) =>
    (await send('/v1/t', event({ writeKey: KEY }), origin ? { origin } : {})).status
  expect(await from('https://a.example')).toBe(200)
  expect(await from('https://shop.b.example')).toBe(200)
  expect(await from('')).toBe(200)
  expect(await from('https://evil.example')).toBe(403)
  expect(await from('https://evilb.example')).toBe(403)
  expect(await from('http://shop.b.example')).toBe(403)
})

test('analytics.js gets settings that send its events back here, and nowhere else', async () => {
  const { app } = collector({ publicUrl: 'https://collect.example/hub' })
  const answer = await app.request(`/v1/projects/${KEY}/settings`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({
    integrations: { 'Segment.io': { apiKey: KEY, apiHost: 'collect.example/hub/v1', protocol: 'https' } },
    metrics: { sampleRate: 0 },
    remotePlugins: [],
  })
  expect((await app.request('/v1/projects/unknown/settings')).status).toBe(404)
})

test('an unknown call is answered 404', async () => {
  expect((await collector().send('/v1/import-all', event())).status).toBe(404)
})
