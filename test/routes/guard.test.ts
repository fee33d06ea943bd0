import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { ConfigError } from '#kit'
import { assertSafeBinding, type GuardOptions, guard, isLoopbackHost } from '../../src/routes/guard.ts'
import { loginRoutes } from '../../src/routes/pages/login.ts'

const TOKEN = 'b1f0c3d2e4a5968778695a4b3c2d1e0f'

function server(options: GuardOptions) {
  const app = new Hono()
  app.route('/', loginRoutes(options))
  app.get('/secret', guard(options), (c) => c.text('inside'))
  app.get('/api/secret', guard(options), (c) => c.text('inside'))
  return (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    app.request(`http://localhost:8787${path}`, { ...init, headers: { host: 'localhost:8787', ...headers } })
}

const login = (
  request: ReturnType<typeof server>,
  body: Record<string, string>,
  headers: Record<string, string> = {},
) =>
  request(
    '/login',
    { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    { method: 'POST', body: new URLSearchParams(body).toString() },
  )

test.each([
  'localhost',
  'localhost:8787',
  '127.0.0.1:8787',
  '127.0.0.1',
  '[::1]:8787',
  'LOCALHOST:1',
  'my.box:8787',
])('loopback without token answers under %s', async (host) => {
  const response = await server({ isLoopback: true, allowedHosts: ['my.box'] })('/secret', { host })
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

test.each([
  'evil.example',
  'evil.example:8787',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'localhost@evil.example',
  '0.0.0.0:8787',
  '[::1]evil',
  'localhost:8787/x',
  'localhost.',
])('loopback without token refuses the name %s, so a rebound DNS name reads nothing', async (host) => {
  const response = await server({ isLoopback: true })('/secret', { host })
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ code: 'request.forbidden_origin' })
})

test.each([
  ['http://localhost:8787', 200],
  ['https://localhost:8787', 200],
  ['http://evil.example', 403],
  ['http://localhost:3000', 403],
  ['null', 403],
  ['', 403],
])('Origin %j → %i', async (origin, status) => {
  expect((await server({ isLoopback: true })('/secret', { origin })).status).toBe(status)
  const withToken = await server({ isLoopback: false, adminToken: TOKEN })('/secret', {
    origin,
    authorization: `Bearer ${TOKEN}`,
  })
  expect(withToken.status).toBe(status)
})

test.each([`Bearer ${TOKEN}`, `bearer  ${TOKEN}`])('beyond loopback %j opens', async (authorization) => {
  const request = server({ isLoopback: false, adminToken: TOKEN })
  expect((await request('/api/secret', { authorization, host: 'hub.example.com' })).status).toBe(200)
})

test.each([
  '',
  'Bearer',
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.slice(1)}`,
  `Basic ${btoa(`x:${TOKEN}`)}`,
  TOKEN,
])('beyond loopback %j is refused with a challenge', async (authorization) => {
  const response = await server({ isLoopback: false, adminToken: TOKEN })(
    '/api/secret',
    authorization ? { authorization } : {},
  )
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tributary"')
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({ code: 'request.unauthorized' })
  expect(text).not.toContain(TOKEN)
})

test('a token is asked for on loopback too where one is set', async () => {
  expect((await server({ isLoopback: true, adminToken: TOKEN })('/secret')).status).toBe(401)
})

test('without a token nothing is open beyond loopback', async () => {
  const request = server({ isLoopback: false })
  expect((await request('/secret')).status).toBe(401)
  expect((await request('/secret', { authorization: 'Bearer ' })).status).toBe(401)
  expect((await request('/secret', { authorization: 'Bearer undefined' })).status).toBe(401)
  expect((await login(request, { token: 'undefined' })).headers.get('set-cookie')).toBeNull()
})

test('a browser is sent to the form and comes back with a session', async () => {
  let time = 1_000_000
  const request = server({ isLoopback: false, adminToken: TOKEN, now: () => time })
  const away = await request('/secret?page=2', { accept: 'text/html,*/*' })
  expect(away.status).toBe(303)
  expect(away.headers.get('location')).toBe('/login?next=%2Fsecret%3Fpage%3D2')

  const form = await request('/login?next=%2Fsecret%3Fpage%3D2')
  expect(await form.text()).toContain('value="/secret?page=2"')

  const entered = await login(request, { token: TOKEN, next: '/secret?page=2' })
  expect(entered.status).toBe(303)
  expect(entered.headers.get('location')).toBe('/secret?page=2')
  const set = entered.headers.get('set-cookie')!
  expect(set).toMatch(/HttpOnly/)
  expect(set).toMatch(/SameSite=Strict/)
  expect(set).not.toContain(TOKEN)

  const cookie = set.split(';')[0]!
  expect((await request('/secret', { cookie })).status).toBe(200)
  expect((await request('/secret', { cookie, origin: 'http://evil.example' })).status).toBe(403)
  time += 12 * 3_600_000
  expect((await request('/secret', { cookie })).status).toBe(401)
})

test('a session cannot be prolonged or taken to a server with another token', async () => {
  const now = () => 1_000_000
  const cookie = (
    await login(server({ isLoopback: false, adminToken: TOKEN, now }), { token: TOKEN })
  ).headers
    .get('set-cookie')!
    .split(';')[0]!
  const [name, value] = cookie.split('=') as [string, string]
  const [, signature] = value.split('.')
  const same = server({ isLoopback: false, adminToken: TOKEN, now })
  expect((await same('/secret', { cookie })).status).toBe(200)
  for (const forged of [
    `${name}=99999999999999.${signature}`,
    `${name}=NaN.${signature}`,
    `${name}=`,
    `${name}=${value.slice(0, -1)}`,
  ]) {
    expect((await same('/secret', { cookie: forged })).status).toBe(401)
  }
  const other = server({ isLoopback: false, adminToken: `${TOKEN}2`, now })
  expect((await other('/secret', { cookie })).status).toBe(401)
})

test('a wrong token at the form is refused with the form and without a cookie', async () => {
  const refused = await login(server({ isLoopback: false, adminToken: TOKEN }), {
    token: 'wrong',
    next: '/secret',
  })
  expect(refused.status).toBe(401)
  expect(refused.headers.get('set-cookie')).toBeNull()
  expect(await refused.text()).toContain('role="alert"')
})

test('the form refuses a foreign page', async () => {
  const refused = await login(
    server({ isLoopback: false, adminToken: TOKEN }),
    { token: TOKEN },
    { origin: 'http://evil.example' },
  )
  expect(refused.status).toBe(403)
})

test.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  '',
])('after the form nobody is sent to %j', async (next) => {
  const entered = await login(server({ isLoopback: false, adminToken: TOKEN }), { token: TOKEN, next })
  expect(entered.headers.get('location')).toBe('/')
})

test('the cookie is Secure behind TLS, and leaving removes it', async () => {
  const request = server({ isLoopback: false, adminToken: TOKEN })
  const secure = await login(request, { token: TOKEN }, { 'x-forwarded-proto': 'https' })
  expect(secure.headers.get('set-cookie')).toMatch(/Secure/)
  const left = await request('/logout', {}, { method: 'POST' })
  expect(left.status).toBe(303)
  expect(left.headers.get('set-cookie')).toMatch(/Max-Age=0/)
})

test.each([
  ['127.0.0.1', undefined, true],
  ['localhost', undefined, true],
  ['::1', undefined, true],
  ['0.0.0.0', TOKEN, true],
  ['0.0.0.0', undefined, false],
  ['::', '', false],
  ['192.168.1.4', undefined, false],
  ['127.0.0.1.evil.example', undefined, false],
])('binding to %s with token %j is safe: %s', (host, adminToken, isSafe) => {
  if (isSafe) return expect(() => assertSafeBinding({ host, adminToken })).not.toThrow()
  expect(() => assertSafeBinding({ host, adminToken })).toThrow(ConfigError)
  expect(isLoopbackHost(host)).toBe(false)
})
