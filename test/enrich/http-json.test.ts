import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { enricherOf } from '#kit'
import httpJson from '../../connectors/http-json/index.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { contextOf } from './support.ts'

const base = { path: '/people?mail={email}&tel={phone}', person: { title: 'job.title' } }
const configured = (config: object) => httpJson.config.parse({ ...base, ...config })

test('places and placeholders that cannot be right are refused', () => {
  const wrong = (config: object) =>
    httpJson.config.safeParse({ ...base, ...config }).error?.issues[0]?.message
  expect(wrong({ path: 'people' })).toContain('a path below baseUrl')
  expect(wrong({ path: '/people/{mail}' })).toContain('placeholders are {domain}')
  expect(wrong({ person: { title: 'job..title' } })).toContain('a place such as')
  expect(wrong({ person: { titel: 'job' } })).toBeDefined()
  expect(wrong({})).toBeUndefined()
})

test('asks only about whom it knows everything that the path needs, and of the kinds that have fields', () => {
  const { answers, fields } = enricherOf(httpJson, configured({}))!
  expect(fields).toEqual({ account: [], person: ['title'] })
  expect(answers({ kind: 'person', email: 'ada@acme.com', phone: '+4930' })).toBe(true)
  expect(answers({ kind: 'person', email: 'ada@acme.com' })).toBe(false)
  expect(answers({ kind: 'account', domain: 'acme.com' })).toBe(false)
})

test('credentials go where the configuration says, and what is filled in is escaped', async () => {
  const app = new Hono()
  const seen: string[] = []
  app.get('/people', (c) => {
    seen.push(c.req.query('mail') ?? '', c.req.query('key') ?? '', c.req.header('authorization') ?? '')
    return c.json({ job: { title: 'CTO' } })
  })
  const sandbox = createSandbox({ name: 'own', hosts: ['localhost'], app })
  const question = { kind: 'person' as const, email: 'Ada+x@acme.com', phone: '+4930' }
  for (const where of [{ parameter: 'key' }, {}]) {
    const config = configured({ apiKey: 'secret-key', ...where })
    const answer = await enricherOf(httpJson, config)!.enrich(
      contextOf(httpJson, config, [sandbox]),
      question,
    )
    expect(answer).toMatchObject({ status: 'hit', fields: { title: { value: 'CTO' } } })
  }
  expect(seen).toEqual(['ada+x@acme.com', 'secret-key', '', 'ada+x@acme.com', '', 'Bearer secret-key'])
})
