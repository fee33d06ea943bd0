import { expect, test } from 'vitest'
import { TransientError } from '#kit'
import { BASE, bench, failureOf, json, networkDown, status, torn } from './door-support.ts'

const URL_X = `${BASE}/x`

function stream(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

const PUT = { method: 'PUT' }
test.each([
  ['text', () => [URL_X, { ...PUT, body: 'a ü' }], 'a ü', 'text/plain;charset=UTF-8'],
  ['bytes', () => [URL_X, { ...PUT, body: new TextEncoder().encode('abc') }], 'abc', null],
  [
    'a form',
    () => [URL_X, { ...PUT, body: new URLSearchParams({ a: '1 2' }) }],
    'a=1+2',
    'application/x-www-form-urlencoded;charset=UTF-8',
  ],
  ['a blob', () => [URL_X, { ...PUT, body: new Blob(['b'], { type: 'text/csv' }) }], 'b', 'text/csv'],
  ['a stream', () => [URL_X, { ...PUT, body: stream('one', 'two') }], 'onetwo', null],
  ['a Request', () => [new Request(URL_X, { ...PUT, body: 'r' })], 'r', 'text/plain;charset=UTF-8'],
  [
    'a Request with other settings',
    () => [new Request(URL_X), { ...PUT, body: 'i' }],
    'i',
    'text/plain;charset=UTF-8',
  ],
  ['a URL', () => [new URL(URL_X), { ...PUT, body: 'u' }], 'u', 'text/plain;charset=UTF-8'],
  ['an empty body', () => [URL_X, { ...PUT, body: '' }], '', 'text/plain;charset=UTF-8'],
  ['nothing', () => [URL_X, PUT], '', null],
] as [string, () => Parameters<typeof fetch>, string, string | null][])(
  'what is sent as %s is sent again intact',
  async (_what, args, body, type) => {
    const { door, sent } = bench([networkDown(), () => torn(), status(503), json({ ok: true })])
    const response = await door.fetch(...args())
    expect(await response.json()).toEqual({ ok: true })
    expect(sent).toHaveLength(4)
    for (const each of sent) {
      expect([each.method, each.url, each.body, each.headers.get('content-type')]).toEqual([
        'PUT',
        URL_X,
        body,
        type,
      ])
    }
  },
)

test('a multipart form is sent again with the same boundary', async () => {
  const form = new FormData()
  form.set('file', new Blob(['a,b'], { type: 'text/csv' }), 'x.csv')
  const { door, sent } = bench([status(500), json({})])
  await door.fetch(URL_X, { ...PUT, body: form })
  expect(sent[0]!.body).toContain('filename="x.csv"')
  expect(sent[1]!.body).toBe(sent[0]!.body)
  const boundary = sent[1]!.headers.get('content-type')?.split('boundary=')[1]
  expect(sent[1]!.body).toContain(boundary)
})

test('a POST is repeated only after 429 or with an Idempotency-Key', async () => {
  const post = { method: 'POST', body: '{}' }
  const limited = bench([status(429), json({})])
  expect((await limited.door.fetch(URL_X, post)).status).toBe(200)
  const refused = bench([status(503), json({})])
  expect((await refused.door.fetch(URL_X, post)).status).toBe(503)
  const keyed = bench([status(503), json({})])
  expect((await keyed.door.fetch(URL_X, { ...post, headers: { 'Idempotency-Key': 'k' } })).status).toBe(200)
})

test('statuses are returned, not thrown; counted as failures from 400 on', async () => {
  const { door } = bench([status(404, { 'x-id': '7' }, 'gone'), status(207, {}, 'parts')])
  const missing = await door.fetch(URL_X)
  expect([missing.status, missing.headers.get('x-id'), missing.url, await missing.text()]).toEqual([
    404,
    '7',
    URL_X,
    'gone',
  ])
  expect(await (await door.fetch(URL_X)).text()).toBe('parts')
  expect(door.usage).toMatchObject({ calls: 2, failures: 1 })
})

test.each([
  [204, () => new Response(null, { status: 204 })],
  [205, () => new Response(null, { status: 205 })],
  [304, () => new Response(null, { status: 304 })],
])('status %i has no body', async (code, respond) => {
  const response = await bench(respond).door.fetch(URL_X)
  expect([response.status, await response.text()]).toEqual([code, ''])
})

test('a 429 whose wait is too long is returned with its headers', async () => {
  const { door, sent } = bench(status(429, { 'retry-after': '120' }))
  const response = await door.fetch(URL_X)
  expect([response.status, response.headers.get('retry-after'), sent.length]).toEqual([429, '120', 1])
})

test('network failures reject with a classed error after the last attempt', async () => {
  const { door, sent } = bench(networkDown())
  const error = await failureOf(door.fetch(URL_X))
  expect(error).toBeInstanceOf(TransientError)
  expect(error.code).toBe('http.network')
  expect(error.cause).toBeInstanceOf(TypeError)
  expect(sent).toHaveLength(4)
  expect(door.usage).toMatchObject({ calls: 4, retries: 3, failures: 1 })
})

test('an answer lost half-way is no answer', async () => {
  const { door } = bench(() => torn(), { limits: { attempts: 2 } })
  expect((await failureOf(door.fetch(URL_X))).code).toBe('http.network')
})

test('bytes arrive as they were sent', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  const response = await bench(new Response(bytes)).door.fetch(URL_X)
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
})

test('a decoded body does not claim to be encoded', async () => {
  const headers = { 'content-encoding': 'gzip', 'content-length': '23', etag: 'e' }
  const response = await bench(new Response('plain by now', { headers })).door.fetch(URL_X)
  expect([...response.headers.keys()]).toEqual(['content-type', 'etag'])
})

test.each([
  ['init', (signal: AbortSignal) => [URL_X, { signal }]],
  ['a Request', (signal: AbortSignal) => [new Request(URL_X, { signal })]],
] as [string, (signal: AbortSignal) => Parameters<typeof fetch>][])(
  'a signal in %s stops the call',
  async (_where, args) => {
    const stop = new AbortController()
    const { door, sent } = bench(
      (_request, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const failure = failureOf(door.fetch(...args(stop.signal)))
    setImmediate(() => stop.abort())
    expect((await failure).code).toBe('http.aborted')
    expect(sent[0]?.signal.aborted ?? true).toBe(true)
  },
)

test.each(['follow', 'manual', 'error', undefined] as const)(
  'a redirect is returned, never followed, with redirect: %s',
  async (redirect) => {
    const modes: string[] = []
    const { door, sent } = bench(
      (request) => {
        modes.push(request.redirect)
        return status(307, { location: 'https://elsewhere.test/steal' })
      },
      { authenticator: { authorize: withKey } },
    )
    const response = await door.fetch(URL_X, redirect ? { redirect } : {})
    expect([response.status, response.headers.get('location')]).toEqual([307, 'https://elsewhere.test/steal'])
    expect(sent).toHaveLength(1)
    expect(modes).toEqual(['manual'])
  },
)

const withKey = (request: Request): Request => {
  request.headers.set('x-api-key', 'hunter22')
  return request
}

test('a redirected request tells its owner where the API has gone', async () => {
  const location = 'https://eu.vendor.test/x?token=hunter22'
  const modes: string[] = []
  const vendor = (request: Request) => {
    modes.push(request.redirect)
    return status(301, { location })
  }
  const { door, sent } = bench(vendor, { authenticator: { authorize: withKey } })
  const error = await failureOf(door.request({ url: '/x' }))
  expect(error.kind).toBe('config')
  expect(error.message).toContain('https://eu.vendor.test/x')
  expect(error.message).toContain('baseUrl')
  expect(error.message).not.toContain('hunter22')
  expect(sent).toHaveLength(1)
  expect(modes).toEqual(['manual'])
})

test('a status that no Response can carry is thrown', async () => {
  const denied = () =>
    Object.defineProperty(new Response('denied', { status: 500 }), 'status', { value: 999 })
  const { door } = bench(denied, { limits: { attempts: 1 } })
  const error = await failureOf(door.fetch(URL_X))
  expect([error.code, error.details.httpStatus]).toEqual(['http.server_error', 999])
})
