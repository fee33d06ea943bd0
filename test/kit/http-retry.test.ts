import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AuthError,
  type Authenticator,
  ConfigError,
  RateLimitError,
  RecordError,
  retryAfter,
  TransientError,
} from '#kit'
import { fakeClock, settle } from '../support/fake-clock.ts'
import { bench, failureOf, json, networkDown, type Reaction, status, torn } from './door-support.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
const KINDS: [string, Reaction][] = [
  ['network error', networkDown()],
  ['torn body', () => torn()],
  ['408', status(408)],
  ['420', status(420)],
  ['429', status(429)],
  ['500', status(500)],
  ['503', status(503)],
  ['400', status(400)],
  ['401', status(401)],
  ['403', status(403)],
  ['404', status(404)],
  ['409', status(409)],
  ['422', status(422)],
]
const AMBIGUOUS = ['network error', 'torn body', '408', '420', '500', '503']

for (const [kind, reaction] of KINDS) {
  for (const method of ['GET', 'PUT', 'DELETE', 'POST', 'PATCH'] as Method[]) {
    const isRepeated = kind === '429' || (AMBIGUOUS.includes(kind) && method !== 'POST' && method !== 'PATCH')
    test(`${method} is ${isRepeated ? 'repeated' : 'not repeated'} after ${kind}`, async () => {
      const { door, sent } = bench([reaction, json({ ok: true })])
      const answer = door.request({ method, url: '/x' })
      if (isRepeated) expect((await answer).data).toEqual({ ok: true })
      else await failureOf(answer)
      expect(sent).toHaveLength(isRepeated ? 2 : 1)
    })
  }
}

test.each([
  ['marked repeatable', { repeatable: true }],
  ['with an Idempotency-Key', { headers: { 'Idempotency-Key': 'k-1' } }],
])('a POST %s is repeated after a failure that may have been processed', async (_how, spec) => {
  const { door, sent } = bench([networkDown(), status(502), () => torn(), json({})])
  await door.request({ method: 'POST', url: '/x', json: { a: 1 }, ...spec })
  expect(sent.map(({ body }) => body)).toEqual(Array(4).fill('{"a":1}'))
})

test('what its caller calls unrepeatable is not repeated, whatever its method and headers', async () => {
  const { door, sent } = bench(status(500))
  await failureOf(door.request({ url: '/x', headers: { 'idempotency-key': 'k' }, repeatable: false }))
  expect(sent).toHaveLength(1)
})

test('attempts are made as often as the limits say, then the last error is thrown', async () => {
  const { door, sent, clock } = bench([networkDown(), networkDown(), status(503)], {
    limits: { attempts: 3 },
  })
  expect((await failureOf(door.request({ url: '/x' }))).code).toBe('http.server_error')
  expect(sent).toHaveLength(3)
  expect(clock.waits).toHaveLength(2)
})

test('waits double up to ten seconds and spread by half', async () => {
  const waitsWith = async (random: number) => {
    const { door, clock } = bench(status(500), { limits: { attempts: 8 }, random: () => random })
    await failureOf(door.request({ url: '/x' }))
    return clock.waits
  }
  expect(await waitsWith(0)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])
  expect(await waitsWith(0.5)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 0.999_999, noNaN: true }), async (random) => {
      const waits = await waitsWith(random)
      for (const [i, wait] of waits.entries()) {
        const middle = Math.min(500 * 2 ** i, 10_000)
        expect(wait).toBeGreaterThanOrEqual(middle / 2)
        expect(wait).toBeLessThan(middle * 1.5)
      }
    }),
    { numRuns: 20 },
  )
})

test.each([
  ['seconds', '7', 7_000],
  ['fractions of a second', '0.25', 250],
  ['none', '0', 0],
  ['an HTTP date', new Date(Date.UTC(2026, 10, 22, 0, 0, 12)).toUTCString(), 12_000],
  ['a date in the past', new Date(Date.UTC(2026, 10, 21)).toUTCString(), 0],
  ['something unreadable', 'soon', 500],
  ['a negative number', '-5', 500],
])('Retry-After in %s is followed', async (_form, value, wait) => {
  for (const code of [429, 503]) {
    const { door, clock } = bench([status(code, { 'retry-after': value }), json({})])
    await door.request({ url: '/x' })
    expect(clock.waits).toEqual([wait])
  }
})

test('a Retry-After date is read by the clock of the vendor, who wrote it', () => {
  const at = (time: number) => new Date(time).toUTCString()
  const now = Date.UTC(2026, 10, 22)
  const headers = new Headers({ date: at(now - 3_600_000), 'retry-after': at(now - 3_600_000 + 20_000) })
  expect(retryAfter(headers, now)).toBe(20_000)
  expect(retryAfter(new Headers({ 'retry-after': at(now) }), 0)).toBeUndefined()
  expect(retryAfter(new Headers(), now)).toBeUndefined()
})

test('a wait of more than 30 s is handed to the caller', async () => {
  const { door, clock, sent } = bench(status(429, { 'retry-after': '31' }))
  const error = await failureOf(door.request({ url: '/x' }))
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error.details.retryAfterMs).toBe(31_000)
  expect(sent).toHaveLength(1)
  expect(clock.waits).toEqual([])

  const outage = bench(status(503, { 'retry-after': '3600' }))
  const down = await failureOf(outage.door.request({ url: '/x' }))
  expect(down).toBeInstanceOf(TransientError)
  expect(down.details.retryAfterMs).toBe(3_600_000)
  expect(outage.clock.waits).toEqual([])
})

test('the class that the connector gives decides about the repeat, not the status', async () => {
  const classes = {
    400: new RateLimitError('http.rate_limited', 'spent', { retryAfterMs: 1_500 }),
    403: new RateLimitError('http.quota_exhausted', 'spent', { retryAfterMs: 900_000 }),
    409: new TransientError('record.locked', 'locked'),
    500: new RecordError('record.rejected', 'bad record'),
    429: new ConfigError('config.rejected', 'plan has no API'),
  }
  const classify = (code: number) => classes[code as keyof typeof classes]
  const run = async (code: number, method: Method) => {
    const { door, clock } = bench([status(code), json({})], { classify })
    return [await door.request({ method, url: '/x' }).catch((error) => error.constructor.name), clock.waits]
  }
  expect(await run(400, 'POST')).toEqual([expect.objectContaining({ status: 200 }), [1_500]])
  expect(await run(403, 'GET')).toEqual(['RateLimitError', []])
  expect(await run(409, 'GET')).toEqual([expect.objectContaining({ status: 200 }), [500]])
  expect(await run(409, 'POST')).toEqual(['TransientError', []])
  expect(await run(500, 'GET')).toEqual(['RecordError', []])
  expect(await run(429, 'GET')).toEqual(['ConfigError', []])
})

test('the connector’s own waiting time goes before Retry-After; without one, Retry-After is kept', async () => {
  const retryAfterMs = 60_000
  const own = bench(status(429, { 'retry-after': '5' }), {
    classify: () => new RateLimitError('http.quota_exhausted', 'spent', { retryAfterMs }),
  })
  expect((await failureOf(own.door.request({ url: '/x' }))).details.retryAfterMs).toBe(60_000)
  const none = bench(status(429, { 'retry-after': '45' }), {
    classify: () => new RateLimitError('http.rate_limited', 'slow down'),
  })
  expect((await failureOf(none.door.request({ url: '/x' }))).details.retryAfterMs).toBe(45_000)
})

test('a refusal whose text is lost keeps its status', async () => {
  const { door, sent } = bench(() => torn(422))
  const error = await failureOf(door.request({ url: '/x' }))
  expect(error).toBeInstanceOf(RecordError)
  expect(error.details.httpStatus).toBe(422)
  expect(sent).toHaveLength(1)
})

test('calls, retries and failures are counted once each', async () => {
  const { door } = bench([networkDown(), status(503), json({}), status(400), status(404), json({})])
  await door.request({ url: '/repeated' })
  expect(door.usage).toMatchObject({ calls: 3, retries: 2, failures: 0 })
  await failureOf(door.request({ url: '/refused' }))
  expect(door.usage).toMatchObject({ calls: 4, retries: 2, failures: 1 })
  await door.request({ url: '/miss', accept: [404] })
  expect(door.usage).toMatchObject({ calls: 5, retries: 2, failures: 1 })

  const down = bench(networkDown())
  await failureOf(down.door.request({ url: '/x' }))
  expect(down.door.usage).toMatchObject({ calls: 4, retries: 3, failures: 1 })

  const stopped = bench(json({}))
  await failureOf(stopped.door.request({ url: '/x', signal: AbortSignal.abort() }))
  expect(stopped.door.usage).toMatchObject({ calls: 0, retries: 0, failures: 0 })
})

/** Sends what it holds; knows how often it was asked to renew. */
function tokens(): Authenticator & { renewals: number; rejected: (string | null)[] } {
  const auth = {
    renewals: 0,
    rejected: [] as (string | null)[],
    authorize(request: Request) {
      request.headers.set('authorization', `Bearer token-${auth.renewals}`)
      return request
    },
    async refresh(rejected?: Request) {
      auth.renewals++
      auth.rejected.push(rejected?.headers.get('authorization') ?? null)
    },
  }
  return auth
}

test('a 401 renews the token once and repeats, whatever the method and however few attempts there are', async () => {
  const authenticator = tokens()
  const { door, sent, clock } = bench([status(401), json({ ok: true })], {
    authenticator,
    limits: { attempts: 1 },
  })
  await door.request({ method: 'POST', url: '/x', json: { a: 1 } })
  expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
    'Bearer token-0',
    'Bearer token-1',
  ])
  expect(sent.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
  expect(authenticator.rejected).toEqual(['Bearer token-0'])
  expect(clock.waits).toEqual([])
  expect(door.usage).toMatchObject({ calls: 2, retries: 1, failures: 0 })
})

test('a second 401 is an AuthError', async () => {
  const authenticator = tokens()
  const { door, sent } = bench(status(401), { authenticator })
  const error = await failureOf(door.request({ url: '/x' }))
  expect(error).toBeInstanceOf(AuthError)
  expect(error.code).toBe('auth.rejected')
  expect(sent).toHaveLength(2)
  expect(authenticator.renewals).toBe(1)
})

test('credentials that cannot be renewed are refused at the first 401', async () => {
  const { door, sent } = bench(status(401), { authenticator: { authorize: (request) => request } })
  expect((await failureOf(door.request({ url: '/x' }))).code).toBe('auth.rejected')
  expect(sent).toHaveLength(1)
})

test('a request that was never sent is repeated whatever its method', async () => {
  let asked = 0
  const authenticator: Authenticator = {
    authorize(request) {
      if (asked++ === 0) throw new TransientError('http.network', 'no token today')
      return request
    },
  }
  const { door, sent } = bench(json({ ok: true }), { authenticator })
  expect((await door.request({ method: 'POST', url: '/x' })).status).toBe(200)
  expect(sent).toHaveLength(1)
  expect(door.usage).toMatchObject({ calls: 1, retries: 1 })
})

test('a stop does not wait for a token, and a token that comes after all sends nothing', async () => {
  const stop = new AbortController()
  let authorised: (request: Request) => void = () => {}
  const authenticator: Authenticator = { authorize: () => new Promise((resolve) => (authorised = resolve)) }
  const { door, sent } = bench(json({}), { authenticator, clock: fakeClock() })
  const failure = failureOf(door.request({ url: '/x', signal: stop.signal }))
  await settle()
  stop.abort()
  expect((await failure).code).toBe('http.aborted')
  authorised(new Request('https://api.vendor.test/x'))
  await settle()
  expect([sent.length, door.usage.calls]).toEqual([0, 0])
})

test('what was stopped further down is not repeated', async () => {
  const { door, sent } = bench(new TransientError('http.aborted', 'stopped by a proxy of ours'))
  expect((await failureOf(door.request({ url: '/x' }))).code).toBe('http.aborted')
  expect(sent).toHaveLength(1)
  expect(door.usage.failures).toBe(0)
})
