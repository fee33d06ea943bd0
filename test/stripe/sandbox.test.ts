import { expect, test } from 'vitest'
import {
  createStripeSandbox,
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeProduct,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { company } from './company.ts'
import { daysAgo, NOW } from './support.ts'

const sandbox = createStripeSandbox({ clock: () => NOW })
sandbox.load(company())
sandbox.load(
  Array.from({ length: 25 }, (_, i) => stripeCustomer({ id: `cus_many_${i}`, created: daysAgo(500) + i })),
)

interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are compared field by field
  body: any
}
async function get(
  path: string,
  headers: Record<string, string> = { authorization: 'Bearer sk_test_1' },
  from = sandbox,
): Promise<Answer> {
  const response = await from.fetch(new Request(`https://api.stripe.com${path}`, { headers }))
  return { status: response.status, headers: response.headers, body: await response.json() }
}
const ids = (answer: Answer) => answer.body.data.map(({ id }: { id: string }) => id)

test.each([
  ['no key', {}, 'You did not provide an API key'],
  ['a publishable key', { authorization: 'Bearer pk_test_1' }, 'Invalid API Key'],
])('%s is answered 401', async (_name, headers: Record<string, string>, message) => {
  expect(await get('/v1/customers', headers)).toMatchObject({
    status: 401,
    body: { error: { message: expect.stringContaining(message) } },
  })
})

test('only the configured key is let in where there is one', async () => {
  const own = createStripeSandbox({ apiKey: 'sk_test_own' })
  expect((await get('/v1/customers', { authorization: 'Bearer sk_test_1' }, own)).status).toBe(401)
  expect((await get('/v1/customers', { authorization: `Basic ${btoa('sk_test_own:')}` }, own)).status).toBe(
    200,
  )
})

test.each([
  ['/v1/customers?foo=1', 400, 'parameter_unknown', 'foo'],
  ['/v1/quotes?created[gte]=1', 400, 'parameter_unknown', 'created[gte]'],
  ['/v1/customers?limit=101', 400, 'parameter_invalid', 'limit'],
  ['/v1/customers?limit=0', 400, 'parameter_invalid', 'limit'],
  ['/v1/customers?limit=ten', 400, 'parameter_invalid', 'limit'],
  ['/v1/customers?created[gte]=yesterday', 400, 'parameter_invalid', 'created[gte]'],
  ['/v1/subscriptions?status=nonsense', 400, 'parameter_invalid', 'status'],
  ['/v1/customers?starting_after=cus_never', 400, 'resource_missing', 'starting_after'],
  ['/v1/customers/cus_never', 404, 'resource_missing', 'id'],
  ['/v1/customers?expand[]=tax_ids', 400, 'parameter_invalid', 'expand'],
  ['/v1/customers?expand[]=data.address', 400, undefined, 'expand'],
  ['/v1/customers?expand[]=data.nonsense', 400, undefined, 'expand'],
  ['/v1/subscriptions?expand[]=data.items.data.price.product', 400, undefined, 'expand'],
  [
    `/v1/events?${Array.from({ length: 21 }, (_, i) => `types[]=a.${i}`).join('&')}`,
    400,
    'parameter_invalid',
    'types',
  ],
  ['/v1/unicorns', 404, undefined, undefined],
])('GET %s is refused', async (path, status, code, param) => {
  const answer = await get(path)
  expect(answer.status).toBe(status)
  expect(answer.body.error).toMatchObject({ type: 'invalid_request_error' })
  expect([answer.body.error.code, answer.body.error.param]).toEqual([code, param])
  expect(answer.headers.get('request-id')).toMatch(/^req_/)
})

test('lists are newest first, in pages, both ways', async () => {
  const first = await get('/v1/customers?limit=20')
  expect(first.body).toMatchObject({ object: 'list', has_more: true, url: '/v1/customers' })
  const second = await get(`/v1/customers?limit=20&starting_after=${ids(first).at(-1)}`)
  expect([second.body.has_more, second.body.data.length]).toEqual([false, 8])
  expect(new Set([...ids(first), ...ids(second)]).size).toBe(28)
  const created = [...first.body.data, ...second.body.data].map((c: { created: number }) => c.created)
  expect(created).toEqual(created.toSorted((a, b) => b - a))
  const back = await get(`/v1/customers?limit=20&ending_before=${ids(second)[0]}`)
  expect(ids(back)).toEqual(ids(first))
  expect((await get('/v1/customers')).body.data).toHaveLength(10)
})

test('lists are filtered by creation, customer, status and ids', async () => {
  expect(ids(await get(`/v1/customers?created[gte]=${daysAgo(100)}&created[lt]=${daysAgo(50)}`))).toEqual([
    'cus_acme',
  ])
  expect(ids(await get('/v1/subscriptions'))).toEqual(['sub_1'])
  expect(ids(await get('/v1/subscriptions?status=all'))).toEqual(['sub_gone', 'sub_1'])
  expect(ids(await get('/v1/subscriptions?status=canceled'))).toEqual(['sub_gone'])
  expect(ids(await get('/v1/invoices?customer=cus_acme&status=open'))).toEqual(['in_2'])
  expect(ids(await get('/v1/invoices?subscription=sub_1'))).toEqual(['in_1'])
  expect(ids(await get('/v1/products?ids[]=prod_pro&ids[1]=prod_x'))).toEqual(['prod_pro'])
})

test('nested objects are ids and some fields are absent until they are expanded', async () => {
  const plain = await get('/v1/subscriptions/sub_1')
  expect(plain.body.items.data[0].price.product).toBe('prod_pro')
  expect(plain.body.items.data[1].price).not.toHaveProperty('tiers')
  expect(plain.body.discounts).toEqual(['di_1'])
  const full = await get(
    '/v1/subscriptions/sub_1?expand[]=items.data.price.product&expand[]=discounts.source.coupon&expand[]=items.data.price.tiers',
  )
  expect(full.body.items.data[0].price.product).toMatchObject({ id: 'prod_pro' })
  expect(full.body.items.data[1].price.tiers).toHaveLength(2)
  expect(full.body.discounts[0].source.coupon).toMatchObject({ id: 'co_half' })
  expect(full.body.discounts[0].source.coupon).not.toHaveProperty('applies_to')
  expect((await get('/v1/invoices/in_1')).body).not.toHaveProperty('payments')
  expect((await get('/v1/invoices/in_1?expand[]=payments')).body.payments.data).toMatchObject([
    { payment: { payment_intent: 'pi_1' } },
  ])
  expect((await get('/v1/refunds/re_1?expand[]=charge')).body.charge).toMatchObject({
    id: 'ch_1',
    customer: 'cus_fatima',
  })
})

test('an update of a nested object is seen from its parent', async () => {
  const own = createStripeSandbox({ clock: () => NOW })
  const price = stripePrice({
    id: 'price_1',
    unit_amount: 100,
    product: stripeProduct({ id: 'prod_1', name: 'Old' }),
  })
  own.load([
    stripeSubscription({
      id: 'sub_1',
      customer: 'cus_1',
      created: 1,
      items: [{ price }],
      period: { start: 1, end: 2 },
    }),
  ])
  own.upsert(stripeProduct({ id: 'prod_1', name: 'New' }))
  const { body } = await get('/v1/subscriptions/sub_1?expand[]=items.data.price.product', undefined, own)
  expect(body.items.data[0].price.product.name).toBe('New')
})

test('changes become events, history does not; they are forgotten after 30 days', async () => {
  let now = NOW
  const own = createStripeSandbox({ clock: () => now })
  own.load([stripeCustomer({ id: 'cus_1', created: 1 })])
  own.upsert(stripeCustomer({ id: 'cus_1', created: 1, name: 'Li' }))
  own.upsert(stripeInvoice({ id: 'in_1', customer: 'cus_1', created: 2, total: 1 }))
  own.upsert(stripeInvoice({ id: 'in_1', customer: 'cus_1', created: 2, total: 1 }), 'paid')
  own.remove('customer', 'cus_1')
  expect(own.events.map(({ type }) => type)).toEqual([
    'customer.updated',
    'invoice.created',
    'invoice.paid',
    'customer.deleted',
  ])
  const list = async (query: string) =>
    (await get(`/v1/events${query}`, undefined, own)).body.data.map((e: { type: string }) => e.type)
  expect(await list('')).toEqual(['customer.deleted', 'invoice.paid', 'invoice.created', 'customer.updated'])
  expect(await list('?type=invoice.*')).toEqual(['invoice.paid', 'invoice.created'])
  expect(await list('?types[]=invoice.paid&types[]=customer.deleted')).toEqual([
    'customer.deleted',
    'invoice.paid',
  ])
  expect((await get('/v1/customers/cus_1', undefined, own)).body).toEqual({
    id: 'cus_1',
    object: 'customer',
    deleted: true,
  })
  now += 31 * 86_400_000
  expect(await list('')).toEqual([])
})

test('objects of unknown types and deletions that Stripe does not allow are refused', () => {
  expect(() => sandbox.load([{ id: 'x', object: 'unicorn' }])).toThrow('unicorn')
  expect(() => sandbox.remove('charge', 'ch_1')).toThrow('charge')
})

test('thousands of objects load and list quickly', async () => {
  const own = createStripeSandbox({ clock: () => NOW })
  const started = performance.now()
  own.load(Array.from({ length: 10_000 }, (_, i) => stripeCustomer({ id: `cus_${i}`, created: i })))
  for (let page = 0; page < 20; page++) await get('/v1/customers?limit=100', undefined, own)
  expect(performance.now() - started).toBeLessThan(5000)
})

test('payments loaded beside their invoice are its payments', async () => {
  const own = createStripeSandbox({ clock: () => NOW })
  const { payments, ...invoice } = stripeInvoice({
    id: 'in_9',
    customer: 'cus_1',
    created: 1,
    total: 5,
    paidAt: 2,
    paidBy: [{ intent: 'pi_9', amount: 5 }],
  })
  own.load([
    invoice as typeof invoice & { id: string; object: string },
    ...(payments as { data: never[] }).data,
  ])
  const { body } = await get('/v1/invoices/in_9?expand[]=payments', undefined, own)
  expect(body.payments).toMatchObject({
    data: [{ invoice: 'in_9', payment: { payment_intent: 'pi_9' } }],
    has_more: false,
  })
  expect(
    (await get('/v1/invoices/in_9?expand[]=payments.data.payment.payment_intent', undefined, own)).body
      .payments.data,
  ).toHaveLength(1)
})

test('an update shows what was there before: of objects what changed in them, of lists all', () => {
  const sandbox = createStripeSandbox()
  const price = stripePrice({ id: 'price_1', unit_amount: 100 })
  const subscription = (quantity: number, over: Record<string, unknown> = {}) =>
    stripeSubscription({
      id: 'sub_1',
      customer: 'cus_1',
      created: 1,
      items: [{ price, quantity }, { price }],
      period: { start: 1, end: 2 },
      ...over,
    })
  sandbox.load([subscription(1, { metadata: { a: '1', b: '2' } })])
  const { data } = sandbox.upsert(subscription(5, { status: 'past_due', metadata: { a: '1', b: '3' } }))
  expect((data as { previous_attributes: object }).previous_attributes).toEqual({
    status: 'active',
    metadata: { b: '2' },
    items: { data: [expect.objectContaining({ quantity: 1 }), expect.objectContaining({ quantity: 1 })] },
  })
  expect(sandbox.upsert(subscription(5), 'resumed').data).not.toHaveProperty('previous_attributes')
})
