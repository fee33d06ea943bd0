import { expect, test } from 'vitest'
import * as z from 'zod'
import { AuthError, ConfigError, RateLimitError, RecordError, TransientError } from '#kit'
import { bench, failureOf, json, status } from './door-support.ts'

const once = { limits: { attempts: 1 } }

test.each([
  [301, ConfigError, 'http.unexpected_status'],
  [304, ConfigError, 'http.unexpected_status'],
  [400, RecordError, 'http.unexpected_status'],
  [401, AuthError, 'auth.rejected'],
  [402, RecordError, 'http.unexpected_status'],
  [403, AuthError, 'auth.forbidden'],
  [404, ConfigError, 'http.unexpected_status'],
  [405, ConfigError, 'http.unexpected_status'],
  [408, TransientError, 'http.server_error'],
  [409, RecordError, 'http.unexpected_status'],
  [410, ConfigError, 'http.unexpected_status'],
  [420, TransientError, 'http.server_error'],
  [422, RecordError, 'http.unexpected_status'],
  [429, RateLimitError, 'http.rate_limited'],
  [500, TransientError, 'http.server_error'],
  [503, TransientError, 'http.server_error'],
  [599, TransientError, 'http.server_error'],
] as const)('status %i is a %o', async (code, Kind, errorCode) => {
  const response = code === 304 ? new Response(null, { status: 304 }) : status(code, {}, 'because of this')
  const error = await failureOf(bench(response, once).door.request({ url: '/things/7' }))
  expect(error).toBeInstanceOf(Kind)
  expect(error.code).toBe(errorCode)
  expect(error.details.httpStatus).toBe(code)
  expect(error.message).toContain('vendor: GET https://api.vendor.test/things/7')
  if (code >= 400) expect(error.message).toContain('because of this')
})

test('the connector reads the error body first; where it has no opinion, the table decides', async () => {
  const classify = (code: number, headers: Headers, body: string) =>
    code === 400 ? new ConfigError('config.rejected', `${headers.get('x-id')}: ${body}`) : undefined
  const { door } = bench([status(400, { 'x-id': 'r1' }, 'bad account'), status(403)], { ...once, classify })
  const error = await failureOf(door.request({ url: '/x' }))
  expect([error.code, error.message]).toEqual(['config.rejected', 'r1: bad account'])
  expect((await failureOf(door.request({ url: '/x' }))).code).toBe('auth.forbidden')
})

test('an accepted status is an answer: returned at once, without classing, repeats or the schema', async () => {
  const classify = () => new ConfigError('config.rejected', 'must not be asked')
  const schema = z.object({ id: z.string() })
  for (const code of [404, 409, 429, 503]) {
    const { door, sent } = bench(status(code, {}, '{"message":"no"}'), { classify })
    const answer = await door.request<unknown>({ url: '/x', schema, accept: [code] })
    expect(answer).toMatchObject({ status: code, data: { message: 'no' } })
    expect(sent).toHaveLength(1)
  }
})

test('all of 2xx is an answer', async () => {
  const { door } = bench([json({ a: 1 }, { status: 201 }), json({ a: 2 }, { status: 207 }), status(204)])
  expect(await door.request({ url: '/x' })).toMatchObject({ status: 201, data: { a: 1 } })
  expect(await door.request({ url: '/x' })).toMatchObject({ status: 207, data: { a: 2 } })
  expect(await door.request({ url: '/x' })).toMatchObject({ status: 204, data: undefined })
})

test('a schema parses the answer and keeps text of any script', async () => {
  const schema = z.object({ name: z.string().transform((name) => ({ name })) })
  const { door } = bench(json({ name: 'عائشہ 王小明 अमित', more: 1 }))
  expect((await door.request({ url: '/x', schema })).data).toEqual({ name: { name: 'عائشہ 王小明 अमित' } })
})

test('text that is no JSON is handed on where nobody said what to expect', async () => {
  const { door } = bench(status(200, {}, 'id,name\n1,Ada'))
  expect((await door.request({ url: '/x' })).data).toBe('id,name\n1,Ada')
})

test('no JSON where JSON was expected may pass: a gateway answered', async () => {
  const { door } = bench(status(200, {}, '<html>Please wait</html>'))
  const error = await failureOf(door.request({ url: '/x', schema: z.object({}) }))
  expect(error).toBeInstanceOf(TransientError)
  expect(error.code).toBe('http.unexpected_body')
  expect(error.message).toContain('<html>Please wait')
  expect(door.usage.failures).toBe(1)
})

test('another shape than expected names the place and is not repeated', async () => {
  const schema = z.object({ items: z.array(z.object({ id: z.string() })) })
  const { door, sent } = bench(json({ items: [{ id: 'a' }, { id: 7 }] }))
  const error = await failureOf(door.request({ url: '/x', schema }))
  expect(error).toBeInstanceOf(RecordError)
  expect(error.code).toBe('http.unexpected_body')
  expect(error.message).toContain('https://api.vendor.test/x')
  expect(error.message).toContain('items.1.id')
  expect(sent).toHaveLength(1)
})

test('an empty body is undefined: fine for a schema that allows it, named where it does not', async () => {
  const { door } = bench(status(200))
  expect((await door.request({ url: '/x', schema: z.undefined() })).data).toBeUndefined()
  expect((await failureOf(door.request({ url: '/x', schema: z.object({}) }))).message).toContain('the body')
})

test('the last quota headers are kept, those of refusals too', async () => {
  const { door } = bench([
    json(
      {},
      {
        headers: { 'Sforce-Limit-Info': 'api-usage=10/15000', 'X-RateLimit-Remaining': '3', 'x-other': 'no' },
      },
    ),
    status(400, { 'x-hubspot-ratelimit-daily-remaining': '5', 'RateLimit-Policy': '10;w=1' }),
    json({}, { headers: { 'x-ratelimit-remaining': '2' } }),
  ])
  await door.request({ url: '/x' })
  await failureOf(door.request({ url: '/x' }))
  await door.request({ url: '/x' })
  expect(door.usage.quota).toEqual({
    'sforce-limit-info': 'api-usage=10/15000',
    'x-ratelimit-remaining': '2',
    'x-hubspot-ratelimit-daily-remaining': '5',
    'ratelimit-policy': '10;w=1',
  })
})

test('a body in full reaches the caller, an error quotes 500 characters of it and no half of one', async () => {
  const { door } = bench(status(400, {}, `${'x'.repeat(499)}😀${'y'.repeat(5_000)}`))
  const { message } = await failureOf(door.request({ url: '/x' }))
  expect(message).toContain(`${'x'.repeat(499)}\uFFFD`)
  expect(message).not.toContain('y')
})
