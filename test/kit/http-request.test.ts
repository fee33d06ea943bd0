import { expect, test } from 'vitest'
import { ConfigError, resolveUrl } from '#kit'
import { bench, failureOf, json } from './door-support.ts'

test('paths join the base URL, which may have a prefix', () => {
  expect(resolveUrl('https://a.test', '/v1/x')).toBe('https://a.test/v1/x')
  expect(resolveUrl('https://a.test/', 'v1/x')).toBe('https://a.test/v1/x')
  expect(resolveUrl('https://proxy.test/stripe/', '/v1/x')).toBe('https://proxy.test/stripe/v1/x')
  expect(resolveUrl('https://a.test/p', '//evil.test/x')).toBe('https://a.test/p/evil.test/x')
})

test('an absolute URL stays as it is', () => {
  expect(resolveUrl('https://a.test/p', 'https://b.test/y?z=1')).toBe('https://b.test/y?z=1')
  expect(resolveUrl('https://a.test/p', 'HTTPS://b.test/y')).toBe('HTTPS://b.test/y')
})

test('query values are encoded, arrays repeated, undefined left out', () => {
  const query = { limit: 5, all: true, q: 'ع & b', ids: ['a', 'b'], none: undefined, empty: '' }
  expect(resolveUrl('https://a.test', '/x', query)).toBe(
    `https://a.test/x?limit=5&all=true&q=${encodeURIComponent('ع')}+%26+b&ids=a&ids=b&empty=`,
  )
  expect(resolveUrl('https://a.test', '/x', { none: undefined, ids: [] })).toBe('https://a.test/x')
})

test('a query joins the one that the URL has, a single value replacing its namesake', () => {
  expect(resolveUrl('https://a.test', '/x?cursor=c&limit=1', { limit: 2 })).toBe(
    'https://a.test/x?cursor=c&limit=2',
  )
})

test('bodies go out with their content type', async () => {
  const { door, sent } = bench(json({}))
  await door.request({ method: 'POST', url: '/x', json: { name: 'عائشہ' } })
  await door.request({ method: 'POST', url: '/x', json: null })
  await door.request({ method: 'POST', url: '/x', form: { a: '1 2', b: 'ü' } })
  await door.request({ method: 'PUT', url: '/x', body: 'a,b', headers: { 'content-type': 'text/csv' } })
  await door.request({ method: 'PUT', url: '/x', body: new TextEncoder().encode('bytes') })
  await door.request({ method: 'DELETE', url: '/x' })
  expect(sent.map(({ body, headers }) => [body, headers.get('content-type')])).toEqual([
    ['{"name":"عائشہ"}', 'application/json'],
    ['null', 'application/json'],
    ['a=1+2&b=%C3%BC', 'application/x-www-form-urlencoded'],
    ['a,b', 'text/csv'],
    ['bytes', null],
    ['', null],
  ])
})

test('JSON is asked for, unless the caller asks for something else', async () => {
  const { door, sent } = bench(json({}))
  await door.request({ url: '/x' })
  await door.request({ url: '/x', headers: { Accept: 'text/csv' } })
  expect(sent.map(({ headers }) => headers.get('accept'))).toEqual(['application/json', 'text/csv'])
})

test('the authenticator knows better where the API lives', async () => {
  const { door, sent } = bench(json({}), {
    authenticator: { authorize: (request) => request, baseUrl: async () => 'https://na7.vendor.test/api' },
  })
  await door.request({ url: '/x' })
  await door.request({ url: 'https://other.vendor.test/y' })
  expect(sent.map(({ url }) => url)).toEqual(['https://na7.vendor.test/api/x', 'https://other.vendor.test/y'])
  expect(door.baseUrl).toBe('https://api.vendor.test')
})

test.each([
  ['has no host', 'nonsense'],
  ['holds credentials', 'https://user:hunter22@vendor.test'],
  ['is no web address', 'ftp://user:hunter22@vendor.test'],
  ['is broken and holds credentials', 'https://user:hunter22@vendor.test:port'],
])('a base URL that %s is the owner’s to correct', async (_what, baseUrl) => {
  const { door, sent } = bench(json({}), { baseUrl })
  const error = await failureOf(door.request({ url: '/x' }))
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message).toContain('vendor')
  expect(error.message).not.toContain('hunter22')
  expect(sent).toHaveLength(0)
})
