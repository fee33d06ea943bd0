import { expect, test } from 'vitest'
import {
  type AccessToken,
  type AcquireContext,
  type Auth,
  AuthError,
  type Authenticator,
  ConfigError,
  createAuthenticator,
} from '#kit'
import { type FakeClock, fakeClock, settle } from '../support/fake-clock.ts'
import { BASE, bench, failureOf, json, status } from './door-support.ts'

type Config = { key: string; user: string; password: string }
const config: Config = { key: 'k-123456', user: 'üser', password: 'p:ä' }
const { fetch } = globalThis

function authenticate(
  auth: Auth<Config>,
  given: Record<string, unknown> = config,
  clock = fakeClock(),
): Authenticator | undefined {
  return createAuthenticator(auth, given as Config, { baseUrl: BASE, fetch, clock })
}

async function headersOf(authenticator: Authenticator | undefined): Promise<Headers> {
  return (await authenticator!.authorize(new Request(`${BASE}/x`))).headers
}

test('nothing is added where nothing is asked for', () => {
  expect(authenticate({ type: 'none' })).toBeUndefined()
})

test('bearer, basic and header go out as their vendors read them', async () => {
  const bearer = await headersOf(authenticate({ type: 'bearer', token: 'key' }))
  expect(bearer.get('authorization')).toBe('Bearer k-123456')
  const basic = await headersOf(authenticate({ type: 'basic', username: 'user', password: 'password' }))
  expect(basic.get('authorization')).toBe(`Basic ${Buffer.from('üser:p:ä').toString('base64')}`)
  const userOnly = await headersOf(authenticate({ type: 'basic', username: 'key' }))
  expect(userOnly.get('authorization')).toBe(`Basic ${btoa('k-123456:')}`)
  const plain = await headersOf(authenticate({ type: 'header', header: 'X-Api-Key', value: 'key' }))
  expect(plain.get('x-api-key')).toBe('k-123456')
  const prefixed = await headersOf(
    authenticate({ type: 'header', header: 'Authorization', value: 'key', prefix: 'API-Key ' }),
  )
  expect(prefixed.get('authorization')).toBe('API-Key k-123456')
})

test('a secret that is absent, or that no header can carry, is a ConfigError that does not quote it', () => {
  expect(() => authenticate({ type: 'bearer', token: 'key' }, {})).toThrow(ConfigError)
  for (const key of ['hunter22\nx', 'hunter22…']) {
    try {
      authenticate({ type: 'bearer', token: 'key' }, { key })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect(String(error)).not.toContain('hunter22')
    }
  }
})

/** An authenticator whose tokens are numbered; each is handed out when the test says so, or at once. */
function tokenBench(lifetimeMs?: number, clock: FakeClock = fakeClock()) {
  const asked: AcquireContext<Config>[] = []
  const answers: ((token: AccessToken | Error) => void)[] = []
  const bench = {
    isManual: false,
    asked,
    answers,
    clock,
    authenticator: undefined as unknown as Authenticator,
  }
  const next = (): AccessToken => ({
    token: `t${asked.length}`,
    baseUrl: `https://pod${asked.length}.vendor.test`,
    ...(lifetimeMs === undefined ? {} : { expiresAt: clock.now() + lifetimeMs }),
  })
  const acquire = (ctx: AcquireContext<Config>): Promise<AccessToken> => {
    asked.push(ctx)
    if (!bench.isManual) return Promise.resolve(next())
    return new Promise((resolve, reject) =>
      answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
    )
  }
  bench.authenticator = authenticate({ type: 'token', acquire }, config, clock)!
  return bench
}

const authorization = async (authenticator: Authenticator) =>
  (await headersOf(authenticator)).get('authorization')

test('a token is obtained when it is needed and kept', async () => {
  const { authenticator, asked, clock } = tokenBench()
  expect(asked).toHaveLength(0)
  expect(await authorization(authenticator)).toBe('Bearer t1')
  await clock.advance(365 * 86_400_000)
  expect(await authorization(authenticator)).toBe('Bearer t1')
  expect(await authenticator.baseUrl?.()).toBe('https://pod1.vendor.test')
  expect(asked).toMatchObject([{ config, baseUrl: BASE, now: Date.UTC(2026, 10, 22), fetch }])
})

test('a token is renewed a minute before it expires', async () => {
  const { authenticator, clock } = tokenBench(3_600_000)
  await authorization(authenticator)
  await clock.advance(3_600_000 - 60_001)
  expect(await authorization(authenticator)).toBe('Bearer t1')
  await clock.advance(1)
  expect(await authorization(authenticator)).toBe('Bearer t2')
})

test('a token that lives shorter than the margin serves half its life', async () => {
  const { authenticator, asked, clock } = tokenBench(30_000)
  for (let i = 0; i < 5; i++) await authorization(authenticator)
  expect(asked).toHaveLength(1)
  await clock.advance(15_000)
  await authorization(authenticator)
  expect(asked).toHaveLength(2)
})

test('callers that come together share one request for a token, also when it has expired', async () => {
  const bench = tokenBench(3_600_000)
  bench.isManual = true
  for (const round of [1, 2]) {
    const all = Promise.all(Array.from({ length: 20 }, () => authorization(bench.authenticator)))
    await settle()
    expect(bench.asked).toHaveLength(round)
    bench.answers.shift()!({ token: `r${round}`, expiresAt: bench.clock.now() + 3_600_000 })
    expect(new Set(await all)).toEqual(new Set([`Bearer r${round}`]))
    await bench.clock.advance(3_600_000)
  }
})

test('a failure reaches all who wait and is not kept', async () => {
  const bench = tokenBench()
  bench.isManual = true
  const refusal = new AuthError('auth.rejected', 'wrong secret')
  const both = [failureOf(authorization(bench.authenticator)), failureOf(authorization(bench.authenticator))]
  await settle()
  bench.answers.shift()!(refusal)
  expect(await Promise.all(both)).toEqual([refusal, refusal])
  bench.isManual = false
  expect(await authorization(bench.authenticator)).toBe('Bearer t2')
})

test('only the token that was rejected is dropped', async () => {
  const { authenticator, asked } = tokenBench()
  const first = await authenticator.authorize(new Request(`${BASE}/a`))
  await authenticator.refresh?.(first)
  const second = await authenticator.authorize(new Request(`${BASE}/b`))
  await authenticator.refresh?.(first)
  expect(await authorization(authenticator)).toBe('Bearer t2')
  await authenticator.refresh?.(second)
  expect(await authorization(authenticator)).toBe('Bearer t3')
  await authenticator.refresh?.()
  expect(await authorization(authenticator)).toBe('Bearer t4')
  expect(asked).toHaveLength(4)
})

test('a crowd whose token is rejected obtains one new token and all are answered', async () => {
  const { authenticator, asked } = tokenBench()
  const { door, sent } = bench(
    async (request) => {
      await settle()
      return request.headers.get('authorization') === 'Bearer t2' ? json({ ok: true }) : status(401)
    },
    { authenticator, limits: { concurrency: 4 } },
  )
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => door.request({ url: `/${i}` })))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(asked).toHaveLength(2)
  expect(sent.every(({ url }) => new URL(url).host.endsWith('.vendor.test'))).toBe(true)
})
