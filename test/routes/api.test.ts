import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { TransientError } from '#kit'
import type { EngineDeps } from '../../src/engine/deps.ts'
import type { InspectPort } from '../../src/engine/ports.ts'
import { ALL_ROUTES } from '../../src/routes/api/routes.ts'
import { ROUTES } from '../../src/routes/api/table.ts'
import { apiRoutes } from '../../src/routes/api.ts'
import { guard } from '../../src/routes/guard.ts'
import { demoData, fakeInspect } from '../support/fake-inspect.ts'

const SECRET = 'sk_live_51SECRETSECRET'

function server(overrides: Partial<InspectPort> = {}, data = demoData(), trouble?: string): Hono {
  const app = new Hono()
  app.route(
    '/',
    apiRoutes({
      inspect: { ...fakeInspect(data), ...overrides },
      // Of the rest, routes of the table read only how the mapping files are.
      engine: { store: { control: { getSetting: async () => trouble } } } as unknown as EngineDeps,
      guard: guard({ isLoopback: true }),
      secrets: [SECRET],
    }),
  )
  return app
}

async function get(
  path: string,
  app = server(),
): Promise<{ status: number; type: string | null; text: string; body: Record<string, never> }> {
  const response = await app.request(path)
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), text, body: JSON.parse(text) }
}

const PATHS: Record<string, string[]> = {
  '/status': ['/status'],
  '/people': ['/people', '/people?search=fatima'],
  '/people/:id': ['/people/per_fatima', '/people/per_nobody'],
  '/accounts': ['/accounts'],
  '/accounts/:id': ['/accounts/acc_lahore'],
  '/touchpoints': ['/touchpoints?limit=200', '/touchpoints?person=per_fatima&kind=invoice.paid'],
  '/records': ['/records', '/records?connection=stripe-eu&stream=customers&key=cus_bad'],
  '/operations': ['/operations', '/operations?destination=salesforce&state=dead&run=run_2'],
  '/operations/:id/deliveries': ['/operations/op_3/deliveries', '/operations/none/deliveries'],
  '/runs': ['/runs', '/runs?kind=pull', '/runs?state=failed&scope=stripe-eu%2Finvoices'],
  '/dead-letters': ['/dead-letters', '/dead-letters?stage=record'],
}

test('every route of the table has an example here', () => {
  expect(Object.keys(PATHS).toSorted()).toEqual(ROUTES.map((route) => route.path).toSorted())
})

for (const route of ROUTES) {
  test.each(PATHS[route.path] ?? [])(
    'GET /api%s answers with what its schema declares, no more and no less',
    async (path) => {
      const { status, type, body } = await get(`/api${path}`)
      expect(status).toBe(200)
      expect(type).toBe('application/json; charset=utf-8')
      expect(route.response.parse(body)).toEqual(body)
    },
  )
}

test('an answer holds instants as ISO 8601 and money in minor and major units', async () => {
  const { body } = await get('/api/touchpoints?kind=invoice.paid')
  expect(body).toEqual({
    items: [
      expect.objectContaining({
        occurred_at: '2026-11-19T03:30:00.000Z',
        amount: { amount: 49_000, currency: 'EUR', text: '490.00' },
        person: 'per_fatima',
        account: 'acc_lahore',
        record: { connection: 'stripe-eu', stream: 'invoices', key: 'key_3' },
      }),
    ],
  })
  const yen = await get('/api/touchpoints?kind=payment.succeeded')
  expect(yen.text).toContain('{"amount":5000,"currency":"JPY","text":"5000"}')
})

test('golden values come with their sources and keep absent and null apart', async () => {
  const { body } = await get('/api/people/per_fatima')
  const { values, sources, name } = body as unknown as {
    values: Record<string, unknown>
    sources: object
    name: string
  }
  expect(name).toBe('فاطمہ علی')
  expect(values).toHaveProperty('linkedin_url', null)
  expect(values).not.toHaveProperty('city')
  expect(values).not.toHaveProperty('$sources')
  expect(sources).toHaveProperty('email', 'website/events/msg_3#person:0')
})

test('an instant that no calendar holds does not break the page', async () => {
  const data = demoData()
  data.touchpoints[0]!.occurredAt = 9_000_000_000_000_000
  expect((await get('/api/touchpoints?limit=1', server({}, data))).text).toContain('9999-12-31T23:59:59.999Z')
})

test('following next visits every item exactly once', async () => {
  const ids: string[] = []
  let after: string | undefined
  do {
    const { body } = await get(`/api/people?limit=7${after ? `&after=${after}` : ''}`)
    const { items, next } = body as unknown as { items: { id: string }[]; next?: string }
    expect(items.length).toBeLessThanOrEqual(7)
    ids.push(...items.map(({ id }) => id))
    after = next
  } while (after)
  expect(ids).toHaveLength(65)
  expect(new Set(ids).size).toBe(65)
})

test('a company tells its place among others', async () => {
  const { body } = await get('/api/accounts/acc_lahore')
  expect(body).toMatchObject({
    values: { domain: 'lahore.example' },
    standing: {
      classes: { class: 'customer' },
      parent: { id: 'acc_shanghai' },
      ultimate_parent: { domain: 'group.example' },
      children: 2,
      rollup: { accounts: 4, mrr: { PKR: 4_900_000 }, last_touch_at: '2026-11-20T00:00:00.000Z' },
    },
  })
  expect(body.values).not.toHaveProperty('$standing')
})

test('an id that was merged answers with the survivor; an account is no person', async () => {
  expect((await get('/api/people/per_merged')).body).toMatchObject({ id: 'per_fatima' })
  const missing = await get('/api/people/acc_lahore')
  expect(missing.status).toBe(404)
  expect(missing.type).toBe('application/problem+json')
  expect(missing.body).toMatchObject({ code: 'request.not_found', at: { person: 'acc_lahore' } })
})

test.each([
  ['/api/people?limit=201', 'limit'],
  ['/api/people?limit=0', 'limit'],
  ['/api/people?limit=ten', 'limit'],
  ['/api/people?after=', 'after'],
  ['/api/people?serach=x', 'serach'],
  ['/api/operations?state=lost', 'state'],
  ['/api/runs?kind=jog', 'kind'],
])('%s is refused naming %s', async (path, field) => {
  const { status, body } = await get(path)
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 'request.invalid', errors: [{ field, detail: expect.any(String) }] })
})

test('all wrong parameters are reported at once', async () => {
  const { body } = await get('/api/operations?limit=0&state=lost&colour=red')
  expect(
    (body as unknown as { errors: { field: string }[] }).errors.map(({ field }) => field).toSorted(),
  ).toEqual(['colour', 'limit', 'state'])
})

test('a secret that a vendor echoed is masked, and ordinary words are not', async () => {
  const { text } = await get('/api/records?key=cus_Nf')
  expect(text).not.toContain(SECRET)
  expect(text).toContain('"echoed":"[redacted]"')
  expect(text).toContain('Basic Monthly')
})

test('a failing store is a problem without its inner text', async () => {
  const busy = await server({
    totals: () => Promise.reject(new TransientError('store.busy', 'The database is locked')),
  }).request('/api/status')
  expect(busy.status).toBe(503)
  expect(busy.headers.get('retry-after')).toBe('1')
  const bug = await get(
    '/api/status',
    server({ totals: () => Promise.reject(new Error('password=hunter2')) }),
  )
  expect(bug.status).toBe(500)
  expect(bug.text).not.toContain('hunter2')
})

test('unknown paths and methods below /api are problems', async () => {
  expect((await get('/api/nothing')).body).toMatchObject({ status: 404, code: 'request.not_found' })
  expect((await server().request('/api/people', { method: 'DELETE' })).status).toBe(404)
})

test('the OpenAPI document lists every route, and every reference in it leads somewhere', async () => {
  const { body, text } = await get('/api/openapi.json')
  const document = body as unknown as {
    openapi: string
    paths: Record<string, { get: { parameters: { name: string }[] } }>
    components: { schemas: Record<string, unknown> }
  }
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths)).toEqual(
    ALL_ROUTES.map(({ path }) => `/api${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  )
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!)
  expect(references.length).toBeGreaterThan(30)
  for (const reference of references) {
    expect(reference).toMatch(/^#\/components\/schemas\/\w+$/)
    expect(document.components.schemas).toHaveProperty([reference.split('/').at(-1)!])
  }
  expect(document.paths['/api/operations']!.get.parameters.map(({ name }) => name)).toEqual([
    'limit',
    'after',
    'destination',
    'object',
    'state',
    'entity',
    'run',
  ])
})

test('operation ids are unique', () => {
  expect(new Set(ALL_ROUTES.map(({ id }) => id)).size).toBe(ALL_ROUTES.length)
})

test('status tells of mapping files that are broken', async () => {
  const trouble = JSON.stringify({ since: 0, problems: ['a.yaml:1:1 error'] })
  const { body } = await get('/api/status', server({}, demoData(), trouble))
  expect(body.mapping_trouble).toEqual({ since: '1970-01-01T00:00:00.000Z', problems: ['a.yaml:1:1 error'] })
})
