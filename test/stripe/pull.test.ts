import { expect, test } from 'vitest'
import { AuthError, ConfigError, RateLimitError, TransientError } from '#kit'
import connector from '../../connectors/stripe/index.ts'
import {
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeQuote,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { company } from './company.ts'
import { daysAgo, mapRecord, NOW, pull, streamOf, unix, world } from './support.ts'

const ids = (records: unknown[]) => records.map((record) => (record as { id: string }).id)
const names = Object.keys(connector.streams!)

test('a first pull reads every stream whole, canceled subscriptions included', async () => {
  const w = world()
  w.sandbox.load(company())
  const read = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, ids((await pull(w, name)).records).sort()])),
  )
  expect(read).toEqual({
    customers: ['cus_acme', 'cus_fatima', 'cus_solo'],
    products: ['prod_pro'],
    prices: ['price_seats', 'price_volume'],
    subscriptions: ['sub_1', 'sub_gone'],
    subscription_schedules: ['sub_sched_1'],
    invoices: ['in_1', 'in_2'],
    charges: ['ch_1', 'ch_failed'],
    refunds: ['re_1'],
    disputes: ['dp_1'],
    credit_notes: ['cn_1'],
    quotes: ['qt_1', 'qt_2'],
    events: [],
  })
})

test('a record is the same whether it was listed or read by key', async () => {
  const w = world()
  w.sandbox.load(company())
  for (const name of names) {
    const { records } = await pull(w, name)
    const fetched = await streamOf(name).fetch!(w.ctx, ids(records))
    expect(
      fetched.map((r) => JSON.stringify(r)),
      name,
    ).toEqual(records.map((r) => JSON.stringify(r)))
  }
})

test('subscriptions come with products, tiers and coupon scope, which no single request brings', async () => {
  const w = world()
  w.sandbox.load(company())
  const { records } = await pull(w, 'subscriptions')
  const document = records
    .flatMap((r) => mapRecord(w, 'subscriptions', r))
    .find((c) => c.type === 'document' && c.document.key === 'sub_1')
  // (2 × 4900 + 5 × 1000 + 5 × 800) ÷ 2
  expect(document).toMatchObject({
    document: {
      plan: 'پرو منصوبہ (Monthly) + پرو منصوبہ',
      quantity: 12,
      mrr: { amount: 9400, currency: 'USD' },
    },
  })
})

test('a subscription in another currency than its price is priced by the option of its currency', async () => {
  const w = world()
  const price = stripePrice({
    id: 'price_x',
    unit_amount: 1000,
    product: 'prod_missing',
    currency_options: { jpy: { unit_amount: 150, unit_amount_decimal: '150' } },
  })
  w.sandbox.load([
    price,
    stripeSubscription({
      id: 'sub_x',
      customer: 'cus_1',
      created: 1,
      currency: 'jpy',
      items: [{ price, quantity: 3 }],
      period: { start: 1, end: 2 },
    }),
  ])
  const [record] = (await pull(w, 'subscriptions')).records
  expect(mapRecord(w, 'subscriptions', record)[0]).toMatchObject({
    document: { mrr: { amount: 450, currency: 'JPY' } },
  })
})

test("a customer's own discount lowers what subscriptions without one bring in, and only that", async () => {
  const w = world()
  const coupon = (id: string, percent_off: number) => ({
    id: `di_${id}`,
    object: 'discount',
    end: null,
    source: {
      type: 'coupon',
      coupon: { id, object: 'coupon', duration: 'forever', percent_off, created: 1 },
    },
  })
  const price = stripePrice({ id: 'price_1', unit_amount: 1000 })
  const common = { customer: 'cus_1', created: 1, items: [{ price }], period: { start: 1, end: 2 } }
  w.sandbox.load([
    stripeCustomer({ id: 'cus_1', email: 'fatima@nadiradata.pk', discount: coupon('co_customer', 20) }),
    stripeSubscription({ ...common, id: 'sub_plain' }),
    stripeSubscription({ ...common, id: 'sub_own', discounts: [coupon('co_own', 50)] }),
  ])
  const { records } = await pull(w, 'subscriptions')
  const worth = records.flatMap((r) =>
    mapRecord(w, 'subscriptions', r).flatMap((c) =>
      c.type === 'document' && c.document.type === 'subscription'
        ? [[c.document.key, c.document.mrr.amount, c.person]]
        : [],
    ),
  )
  const owner = [{ kind: 'vendor_id', value: 'cus_1' }]
  expect(worth.sort()).toEqual([
    ['sub_own', 500, owner],
    ['sub_plain', 800, owner],
  ])
  expect(JSON.stringify(records)).not.toContain('fatima')
})

test('nested lists are read to their end', async () => {
  const w = world()
  const price = stripePrice({ id: 'price_1', unit_amount: 100 })
  const items = Array.from({ length: 25 }, () => ({ price }))
  w.sandbox.load([
    stripeSubscription({ id: 'sub_big', customer: 'cus_1', created: 1, items, period: { start: 1, end: 2 } }),
    stripeCustomer({
      id: 'cus_1',
      taxIds: Array.from({ length: 12 }, (_, i) => ({ type: 'eu_vat', value: `DE${i}` })),
    }),
  ])
  const [subscription] = (await pull(w, 'subscriptions')).records
  expect(mapRecord(w, 'subscriptions', subscription)[0]).toMatchObject({
    document: { quantity: 25, mrr: { amount: 2500 } },
  })
  expect((await pull(w, 'customers')).records[0]).toMatchObject({
    tax_ids: { data: { length: 12 }, has_more: false },
  })
})

const manyCustomers = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    stripeCustomer({ id: `cus_${i}`, created: daysAgo(300) + i, email: `c${i}@x.io` }),
  )

test('a backfill that is stopped after any page ends with the same records as one that is not', async () => {
  const w = world()
  w.sandbox.load(manyCustomers(350))
  const whole = await pull(w, 'customers')
  expect(whole.pages.map((p) => p.records.length)).toEqual([100, 100, 100, 50])
  for (let stop = 1; stop < whole.pages.length; stop++) {
    const kept = whole.pages.slice(0, stop).flatMap((p) => p.records)
    const cursor = JSON.parse(JSON.stringify(whole.pages[stop - 1]!.cursor))
    const rest = await pull(w, 'customers', cursor)
    expect(ids([...kept, ...rest.records])).toEqual(ids(whole.records))
  }
})

test('later pulls read what changed, what is new and what was deleted', async () => {
  const w = world()
  w.sandbox.load(manyCustomers(150))
  const first = await pull(w, 'customers')
  w.time.now += 3_600_000
  const at = unix(w.time.now)
  w.sandbox.upsert(stripeCustomer({ id: 'cus_3', created: daysAgo(300) + 3, email: 'changed@x.io' }))
  w.sandbox.upsert(stripeCustomer({ id: 'cus_new', created: at, email: 'new@x.io' }))
  w.sandbox.load([stripeCustomer({ id: 'cus_silent', created: at, email: 'no-event@x.io' })])
  w.sandbox.remove('customer', 'cus_7')
  w.time.now += 3_600_000
  const before = w.sandbox.requests.length
  const second = await pull(w, 'customers', first.cursor)
  expect(new Set(ids(second.records))).toEqual(new Set(['cus_3', 'cus_new', 'cus_silent']))
  expect(second.deleted).toEqual(['cus_7'])
  expect(second.records).toContainEqual(expect.objectContaining({ id: 'cus_3', email: 'changed@x.io' }))
  expect(w.sandbox.requests.length - before).toBeLessThan(8)
  w.time.now += 3_600_000
  const third = await pull(w, 'customers', second.cursor)
  expect([third.records, third.deleted]).toEqual([[], []])
})

test('many changes are read page by page and can be resumed between any two', async () => {
  const w = world()
  w.sandbox.load(manyCustomers(100))
  const { cursor } = await pull(w, 'customers')
  w.time.now += 3_600_000
  for (let i = 0; i < 100; i++)
    w.sandbox.upsert(stripeCustomer({ id: `cus_${i}`, created: daysAgo(300) + i, email: `v2-${i}@x.io` }))
  const whole = await pull(w, 'customers', cursor)
  expect(new Set(ids(whole.records)).size).toBe(100)
  for (let stop = 1; stop < whole.pages.length; stop++) {
    const kept = whole.pages.slice(0, stop).flatMap((p) => p.records)
    const rest = await pull(w, 'customers', whole.pages[stop - 1]!.cursor)
    expect(new Set(ids([...kept, ...rest.records])).size).toBe(100)
  }
})

test('after more than 29 days without a pull everything is listed again, as events are forgotten', async () => {
  const w = world()
  w.sandbox.load(manyCustomers(5))
  const first = await pull(w, 'customers')
  w.sandbox.upsert(stripeCustomer({ id: 'cus_1', created: daysAgo(300) + 1, email: 'forgotten@x.io' }))
  w.time.now += 31 * 86_400_000
  const second = await pull(w, 'customers', first.cursor)
  expect(second.records).toHaveLength(5)
  expect(second.records).toContainEqual(expect.objectContaining({ email: 'forgotten@x.io' }))
})

test('quotes, which cannot be filtered by time, are listed until the first old one', async () => {
  const w = world()
  w.sandbox.load(
    Array.from({ length: 250 }, (_, i) =>
      stripeQuote({ id: `qt_${i}`, created: daysAgo(100) + i, amount_total: 1 }),
    ),
  )
  const first = await pull(w, 'quotes')
  expect(first.records).toHaveLength(250)
  w.time.now += 3_600_000
  w.sandbox.load([stripeQuote({ id: 'qt_new', created: unix(w.time.now), amount_total: 1 })])
  const lists = () => w.sandbox.requests.filter(({ path }) => path === '/v1/quotes').length
  const before = lists()
  const second = await pull(w, 'quotes', first.cursor)
  expect(ids(second.records)).toEqual(['qt_new'])
  expect(lists() - before).toBe(1)
})

test('a payment of an invoice makes the invoice be read again', async () => {
  const w = world()
  const invoice = { id: 'in_1', customer: 'cus_1', created: daysAgo(3), total: 100, finalizedAt: daysAgo(3) }
  w.sandbox.load([stripeInvoice(invoice)])
  const { cursor } = await pull(w, 'invoices')
  w.time.now += 3_600_000
  w.sandbox.load([
    stripeInvoice({ ...invoice, paidAt: unix(w.time.now), paidBy: [{ intent: 'pi_1', amount: 100 }] }),
  ])
  const payment = w.sandbox.read('invoice_payment', 'inpay_in_1_0')!
  w.sandbox.upsert(payment, 'paid')
  expect((await pull(w, 'invoices', cursor)).records).toMatchObject([{ id: 'in_1', status: 'paid' }])
})

test('reading by key leaves out what is gone or deleted', async () => {
  const w = world()
  w.sandbox.load(manyCustomers(3))
  w.sandbox.remove('customer', 'cus_1')
  expect(ids(await streamOf('customers').fetch!(w.ctx, ['cus_0', 'cus_1', 'cus_never', 'cus_2']))).toEqual([
    'cus_0',
    'cus_2',
  ])
  expect(await streamOf('invoices').fetch!(w.ctx, ['in_never'])).toEqual([])
})

test('a proxy with a path prefix is used as base URL', async () => {
  const w = world({ baseUrl: 'http://127.0.0.1:4100/stripe' })
  w.sandbox.load(company())
  expect((await pull(w, 'customers')).records).toHaveLength(3)
})

test('check passes with a good key and says what is wrong with a bad one', async () => {
  const good = world({ apiKey: 'rk_test_51Hub' })
  await expect(connector.check!(good.ctx)).resolves.toBeUndefined()
  const bad = world({ apiKey: 'rk_test_other' })
  await expect(connector.check!(bad.ctx)).rejects.toThrow(AuthError)
  await expect(connector.check!(bad.ctx)).rejects.not.toThrow('rk_test_51Hub')
  const mode = world({ config: { livemode: true } })
  await expect(connector.check!(mode.ctx)).rejects.toThrow(ConfigError)
  const down = world()
  down.sandbox.fail({ kind: 'lost_before', times: 99 })
  await expect(connector.check!(down.ctx)).rejects.toMatchObject({ kind: 'transient', code: 'http.network' })
})

test('a key of the other mode reads nothing at all, and is told why', async () => {
  const w = world({ config: { apiKey: 'rk_live_51Hub', livemode: false } })
  w.sandbox.load(company())
  const refused = expect.objectContaining({
    code: 'config.rejected',
    message: expect.stringMatching(/livemode: false.*live key.*rk_test_/),
  })
  await expect(pull(w, 'customers')).rejects.toEqual(refused)
  await expect(streamOf('customers').fetch!(w.ctx, ['cus_solo'])).rejects.toEqual(refused)
  expect(w.sandbox.requests).toEqual([])
})

test('a connected account is read by name; one that the key may not see is an error of access', async () => {
  const w = world({ account: 'acct_1Shop', config: { account: 'acct_1Shop' } })
  w.sandbox.load(company())
  expect((await pull(w, 'customers')).records).toHaveLength(3)
  expect(await streamOf('customers').fetch!(w.ctx, ['cus_solo'])).toHaveLength(1)
  const other = world({ account: 'acct_1Shop', config: { account: 'acct_1Other' } })
  await expect(connector.check!(other.ctx)).rejects.toMatchObject({
    code: 'auth.forbidden',
    message: expect.stringContaining("'acct_1Other'"),
  })
})

test('rate limits and short outages are waited for; long ones are classed errors', async () => {
  const w = world({ maxPerSecond: 1 })
  w.sandbox.load(manyCustomers(250))
  expect((await pull(w, 'customers')).records).toHaveLength(250)
  w.sandbox.fail({
    kind: 'answer',
    status: 503,
    body: { error: { type: 'api_error', message: 'down' } },
    times: 2,
  })
  expect((await pull(w, 'customers')).records).toHaveLength(250)
  const always = { kind: 'answer', times: 99 } as const
  const limited = world()
  limited.sandbox.fail({
    ...always,
    status: 429,
    body: { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'slow' } },
  })
  await expect(pull(limited, 'customers')).rejects.toThrow(RateLimitError)
  const locked = world()
  locked.sandbox.fail({
    ...always,
    status: 429,
    body: { error: { type: 'invalid_request_error', code: 'lock_timeout', message: 'busy' } },
  })
  await expect(pull(locked, 'customers')).rejects.toMatchObject({
    code: 'record.locked',
    details: { vendorCode: 'lock_timeout' },
  })
  const broken = world()
  broken.sandbox.fail({ ...always, status: 503, body: {} })
  await expect(pull(broken, 'customers')).rejects.toThrow(TransientError)
})

test('a key without a permission is told which', async () => {
  const w = world()
  const message =
    "The provided key does not have the required permissions for this endpoint. Having the 'rak_charge_read' permission would allow this request to continue."
  w.sandbox.fail({ kind: 'answer', status: 403, body: { error: { type: 'invalid_request_error', message } } })
  await expect(pull(w, 'charges')).rejects.toMatchObject({
    kind: 'auth',
    code: 'auth.forbidden',
    message: expect.stringContaining('rak_charge_read'),
  })
})

test('a pull that is aborted stops', async () => {
  const w = world()
  w.sandbox.load(manyCustomers(150))
  const pages = streamOf('customers').pull!.read(w.ctx, undefined)
  await pages.next()
  w.stop.abort(new Error('stop'))
  await expect(pages.next()).rejects.toThrow('stop')
})

test('the connection can pin the API version', async () => {
  const w = world({ config: { apiVersion: '2025-09-30.clover' } })
  const seen: (string | null)[] = []
  w.sandbox.fail({
    kind: 'lost_before',
    matches: (request) => seen.push(request.headers.get('stripe-version')) < 0,
  })
  await pull(w, 'customers')
  expect(seen).toEqual(['2025-09-30.clover'])
  expect(() => world({ config: { apiVersion: '2024-06-20' } })).toThrow('2025-03-31')
})

test('dates of the simulator and this test agree', () => {
  expect(daysAgo(0) * 1000).toBe(NOW)
})
