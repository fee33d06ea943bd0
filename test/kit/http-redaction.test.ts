import { expect, test } from 'vitest'
import * as z from 'zod'
import { createAuthenticator, type Exchange, jsonLog, RecordError, redactor, systemClock } from '#kit'
import { BASE, bench, failureOf, json, networkDown, type Reaction, status, torn } from './door-support.ts'

const SECRET = 'sk_live_51Hunter2/+='
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.payload.signature'
const redact = redactor([SECRET])

const withToken = (request: Request): Request => {
  request.headers.set('authorization', `Bearer ${TOKEN}`)
  return request
}

const echo = `{"message":"Invalid API key ${SECRET}","authorization":"Bearer ${TOKEN}","url":"https://x/?k=${encodeURIComponent(SECRET)}"}`

/** Everything that a log or a dead letter could take from an error. */
const told = (error: Error): string =>
  `${error.message} ${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`

test.each([
  ['a refusal', status(400, {}, echo)],
  ['an outage', status(503, {}, echo)],
  ['a rejected key', status(401, {}, echo)],
  ['a redirect', status(302, { location: `https://x.test/?key=${encodeURIComponent(SECRET)}` })],
  ['a page instead of JSON', status(200, {}, `<p>${SECRET}</p>`)],
  ['another shape', json({ id: SECRET })],
  ['a lost connection', networkDown()],
  ['a torn answer', () => torn()],
] as [string, Reaction][])('%s tells no secret', async (_what, reaction) => {
  const { door, logged } = bench(reaction, {
    redact,
    authenticator: { authorize: withToken },
  })
  const spec = { url: `/hooks/${encodeURIComponent(SECRET)}`, query: { api_key: SECRET, page: 2 } }
  const error = await failureOf(door.request({ ...spec, schema: z.object({ id: z.number() }) }))
  const everything = told(error) + JSON.stringify(logged)
  expect(everything).not.toContain(SECRET)
  expect(everything).not.toContain(encodeURIComponent(SECRET))
  expect(everything).not.toContain(TOKEN)
  expect(everything).toContain('page=2')
})

test('the connector classes an error body without the secrets in it', async () => {
  let seen = ''
  const classify = (_status: number, _headers: Headers, body: string) => {
    seen = body
    return new RecordError('record.rejected', `vendor says ${body}`)
  }
  const error = await failureOf(
    bench(status(400, {}, echo), { redact, classify }).door.request({ url: '/x' }),
  )
  expect(JSON.parse(seen).message).toBe('Invalid API key [redacted]')
  expect(error.message).not.toContain(SECRET)
})

test('an SDK reads error bodies without the secrets in them, answers as they are', async () => {
  const { door } = bench([status(400, {}, echo), status(200, {}, echo)], { redact })
  const refused = await (await door.fetch(`${BASE}/x`)).text()
  expect(refused).not.toContain(SECRET)
  expect(JSON.parse(refused).message).toBe('Invalid API key [redacted]')
  expect(await (await door.fetch(`${BASE}/x`)).text()).toBe(echo)
})

test('Basic credentials that a vendor echoes are masked', async () => {
  const config = { user: 'api', password: SECRET }
  const { fetch } = globalThis
  const options = { baseUrl: BASE, fetch, clock: systemClock }
  const authenticator = createAuthenticator(
    { type: 'basic', username: 'user', password: 'password' },
    config,
    options,
  )
  const pair = btoa(`api:${SECRET}`)
  const { door, sent } = bench(status(400, {}, `You sent ${pair}`), { redact, authenticator })
  const error = await failureOf(door.request({ url: '/x' }))
  expect(sent[0]!.headers.get('authorization')).toBe(`Basic ${pair}`)
  expect(error.message).toContain('You sent [redacted]')
})

test('hooks see every attempt, with a URL that can be shown', async () => {
  const exchanges: Exchange[] = []
  const recorded: [Exchange, string, string | undefined][] = []
  const { door, clock } = bench([networkDown(), status(503, {}, 'down'), status(201, {}, '{"id":1}')], {
    redact,
    onExchange: (exchange) => exchanges.push(exchange),
    recorder: async (exchange, request, response) => {
      recorded.push([exchange, await request.text(), await response?.text()])
    },
  })
  const start = clock.now()
  const url = `/v1/${encodeURIComponent(SECRET)}?access_token=of-somebody-else&b=2`
  expect((await door.request({ method: 'PUT', url, json: { a: 1 } })).data).toEqual({ id: 1 })
  expect(clock.now()).toBeGreaterThan(start)
  const common = {
    connection: 'vendor',
    method: 'PUT',
    url: `${BASE}/v1/[redacted]?access_token=[redacted]&b=2`,
    durationMs: 0,
  }
  expect(exchanges).toEqual([
    { ...common, status: 0, attempt: 1, error: 'http.network' },
    { ...common, status: 503, attempt: 2, error: 'http.server_error' },
    { ...common, status: 201, attempt: 3 },
  ])
  expect(recorded).toEqual([
    [exchanges[0], '{"a":1}', undefined],
    [exchanges[1], '{"a":1}', 'down'],
    [exchanges[2], '{"a":1}', '{"id":1}'],
  ])
})

test('a recorder that fails is logged and changes nothing', async () => {
  const { door, logged } = bench(json({ ok: true }), {
    recorder: () => Promise.reject(new Error('disk full')),
  })
  expect((await door.request({ url: '/x' })).data).toEqual({ ok: true })
  expect(logged).toContainEqual({
    level: 'warn',
    message: 'recorder failed',
    fields: { error: new Error('disk full') },
  })
})

test('attempts are logged at level debug', async () => {
  const lines: string[] = []
  const log = (level: 'debug' | 'info') =>
    jsonLog({ write: (line) => lines.push(line), redact, now: () => 0, level })
  await bench(json({}), { log: log('info') }).door.request({ url: '/x' })
  expect(lines).toEqual([])
  await bench(json({}), { log: log('debug') }).door.request({ url: '/x' })
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'debug',
    message: 'http',
    status: 200,
    url: `${BASE}/x`,
    attempt: 1,
  })
})
