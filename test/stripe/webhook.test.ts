import Stripe from 'stripe'
import { expect, test } from 'vitest'
import { ConfigError, RecordError, SignatureError } from '#kit'
import connector from '../../connectors/stripe/index.ts'
import { stripeCustomer, stripeInvoice } from '../../src/sandbox/stripe/index.ts'
import { company } from './company.ts'
import { type Config, mapRecord, NOW, pull, readConfig, streamOf, unix, world } from './support.ts'

const webhook = connector.webhook!
const SECRET = 'whsec_4f9aS'
const encode = (text: string) => new TextEncoder().encode(text)
const event = (type: string, object: Record<string, unknown>, over: Record<string, unknown> = {}) =>
  JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type,
    created: unix(NOW),
    livemode: false,
    data: { object },
    ...over,
  })

async function verify(
  over: { body?: string; header?: string | null; config?: Config; now?: number; timestamp?: number } = {},
) {
  const {
    body = event('customer.updated', { id: 'cus_1', object: 'customer', name: 'سارہ' }),
    timestamp = unix(NOW),
    now = NOW,
  } = over
  const signed = await Stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret: SECRET,
    timestamp,
  })
  const header = over.header === undefined ? signed : over.header
  const config = over.config ?? readConfig({ webhookSecret: SECRET })
  const headers = new Headers(header === null ? {} : { 'stripe-signature': header })
  return await webhook.verify({
    headers,
    body: encode(body),
    url: 'https://hub.example/hooks/stripe',
    config,
    now,
  })
}

test("a delivery signed by Stripe's own test helper is accepted", async () => {
  await expect(verify()).resolves.toBeUndefined()
})

test('while a secret is rolled, one good signature of several is enough', async () => {
  const body = event('customer.updated', { id: 'cus_1', object: 'customer' })
  const good = await Stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret: SECRET,
    timestamp: unix(NOW),
  })
  const header = good.replace(',v1=', `,v1=${'0'.repeat(64)},v1=`)
  await expect(verify({ body, header })).resolves.toBeUndefined()
})

test.each([
  ['no header', { header: null }, 'webhook.signature_missing'],
  ['a header without signature', { header: `t=${unix(NOW)}` }, 'webhook.signature_invalid'],
  ['garbage', { header: 'hello' }, 'webhook.signature_invalid'],
  ['only an old scheme', { header: `t=${unix(NOW)},v0=${'a'.repeat(64)}` }, 'webhook.signature_invalid'],
  ['another secret', { config: readConfig({ webhookSecret: 'whsec_other' }) }, 'webhook.signature_invalid'],
  ['301 s old', { now: NOW + 301_000 }, 'webhook.timestamp_stale'],
  ['301 s in the future', { now: NOW - 301_000 }, 'webhook.timestamp_stale'],
])('a delivery with %s is refused', async (_name, over, code) => {
  const refused = verify(over)
  await expect(refused).rejects.toThrow(SignatureError)
  await expect(refused).rejects.toMatchObject({ code })
})

test('five minutes of delay are tolerated', async () => {
  await expect(verify({ now: NOW + 300_000 })).resolves.toBeUndefined()
})

test('a changed body or timestamp is refused, and the answer does not show the secret', async () => {
  const body = event('customer.updated', { id: 'cus_1', object: 'customer' })
  const header = await Stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret: SECRET,
    timestamp: unix(NOW),
  })
  const tampered = verify({ body: body.replace('cus_1', 'cus_2'), header })
  await expect(tampered).rejects.toMatchObject({ code: 'webhook.signature_invalid' })
  await expect(tampered).rejects.not.toThrow(SECRET)
  await expect(verify({ body, header: header.replace(/t=\d+/, `t=${unix(NOW) + 1}`) })).rejects.toMatchObject(
    { code: 'webhook.signature_invalid' },
  )
})

test('without a secret deliveries cannot be checked, which is a matter of configuration', async () => {
  const { webhookSecret: _, ...config } = readConfig()
  await expect(verify({ config })).rejects.toThrow(ConfigError)
})

const receive = (body: string, config = readConfig()) =>
  webhook.receive({ headers: {}, body, receivedAt: NOW, config })

test.each([
  [
    'customer.created',
    { object: 'customer', id: 'cus_1' },
    { refetch: [{ stream: 'customers', key: 'cus_1' }] },
  ],
  [
    'customer.deleted',
    { object: 'customer', id: 'cus_1' },
    { deleted: [{ stream: 'customers', key: 'cus_1' }] },
  ],
  [
    'customer.tax_id.created',
    { object: 'tax_id', id: 'txi_1', customer: 'cus_1' },
    { refetch: [{ stream: 'customers', key: 'cus_1' }] },
  ],
  [
    'customer.subscription.deleted',
    { object: 'subscription', id: 'sub_1' },
    { refetch: [{ stream: 'subscriptions', key: 'sub_1' }] },
  ],
  [
    'customer.discount.deleted',
    { object: 'discount', id: 'di_1', subscription: 'sub_1' },
    { refetch: [{ stream: 'subscriptions', key: 'sub_1' }] },
  ],
  ['customer.discount.created', { object: 'discount', id: 'di_1', subscription: null }, {}],
  [
    'invoice.payment_failed',
    { object: 'invoice', id: 'in_1' },
    {
      refetch: [
        { stream: 'invoices', key: 'in_1' },
        { stream: 'events', key: 'evt_1' },
      ],
    },
  ],
  ['invoice.deleted', { object: 'invoice', id: 'in_1' }, { deleted: [{ stream: 'invoices', key: 'in_1' }] }],
  [
    'invoice_payment.paid',
    { object: 'invoice_payment', id: 'inpay_1', invoice: 'in_1' },
    { refetch: [{ stream: 'invoices', key: 'in_1' }] },
  ],
  ['invoice.upcoming', { object: 'invoice', id: 'upcoming_in_1' }, {}],
  ['charge.refunded', { object: 'charge', id: 'ch_1' }, { refetch: [{ stream: 'charges', key: 'ch_1' }] }],
  [
    'charge.refund.updated',
    { object: 'refund', id: 're_1' },
    { refetch: [{ stream: 'refunds', key: 're_1' }] },
  ],
  [
    'charge.dispute.closed',
    { object: 'dispute', id: 'dp_1' },
    {
      refetch: [
        { stream: 'disputes', key: 'dp_1' },
        { stream: 'events', key: 'evt_1' },
      ],
    },
  ],
  [
    'credit_note.voided',
    { object: 'credit_note', id: 'cn_1' },
    { refetch: [{ stream: 'credit_notes', key: 'cn_1' }] },
  ],
  ['quote.accepted', { object: 'quote', id: 'qt_1' }, { refetch: [{ stream: 'quotes', key: 'qt_1' }] }],
  [
    'product.deleted',
    { object: 'product', id: 'prod_1' },
    { deleted: [{ stream: 'products', key: 'prod_1' }] },
  ],
  ['price.updated', { object: 'price', id: 'price_1' }, { refetch: [{ stream: 'prices', key: 'price_1' }] }],
  [
    'payment_intent.payment_failed',
    { object: 'payment_intent', id: 'pi_1', latest_charge: 'ch_1' },
    { refetch: [{ stream: 'charges', key: 'ch_1' }] },
  ],
  ['payment_intent.canceled', { object: 'payment_intent', id: 'pi_1', latest_charge: null }, {}],
  [
    'checkout.session.completed',
    { object: 'checkout.session', id: 'cs_1', customer: 'cus_1' },
    { refetch: [{ stream: 'customers', key: 'cus_1' }] },
  ],
  [
    'subscription_schedule.released',
    { object: 'subscription_schedule', id: 'sub_sched_1' },
    { refetch: [{ stream: 'subscription_schedules', key: 'sub_sched_1' }] },
  ],
  ['coupon.deleted', { object: 'coupon', id: 'co_1' }, {}],
  ['payout.paid', { object: 'payout', id: 'po_1' }, {}],
  [
    'customer.something_new',
    { object: 'customer', id: 'cus_1' },
    { refetch: [{ stream: 'customers', key: 'cus_1' }] },
  ],
])('%s is a hint and no more', (type, object, expected) => {
  expect(receive(event(type, object))).toEqual(expected)
})

test('a thin event names the object to read', () => {
  const thin = (type: string) => ({
    id: 'evt_t',
    object: 'v2.core.event',
    type: `v1.${type}.updated`,
    created: 'x',
    related_object: { id: 'x_1', type, url: '/v1/x' },
  })
  expect(receive(JSON.stringify(thin('customer')))).toEqual({
    refetch: [{ stream: 'customers', key: 'x_1' }],
  })
  expect(receive(JSON.stringify(thin('billing.meter')))).toEqual({})
})

test('events of the other mode are ignored where the connection names one', () => {
  const body = event('customer.updated', { object: 'customer', id: 'cus_1' }, { livemode: true })
  expect(receive(body, readConfig({ livemode: false }))).toEqual({})
  expect(receive(body, readConfig({ livemode: true }))).not.toEqual({})
})

test("without livemode the key's own mode counts, where it has one", () => {
  const live = event('customer.updated', { object: 'customer', id: 'cus_1' }, { livemode: true })
  expect(receive(live)).toEqual({})
  expect(receive(live, readConfig({ apiKey: 'rk_live_51Hub' }))).not.toEqual({})
  expect(receive(live, readConfig({ apiKey: 'sk_org_51Hub' }))).not.toEqual({})
})

test('a connection is of one account: what happened in others is set aside, in either shape', async () => {
  const w = world({ account: 'acct_1Shop', config: { account: 'acct_1Shop' } })
  const upserted = w.sandbox.upsert(stripeCustomer({ id: 'cus_1', email: 'a@b.co' }))
  const bodies = [
    (await w.sandbox.signedDelivery(upserted)).body,
    (await w.sandbox.signedThinDelivery(upserted)).body,
  ]
  for (const body of bodies) {
    expect(receive(body, w.ctx.config)).toEqual({ refetch: [{ stream: 'customers', key: 'cus_1' }] })
    expect(receive(body, readConfig({ account: 'acct_1Other' }))).toEqual({})
    // Its objects are not found with the platform's key, and must not be taken for deleted.
    expect(receive(body)).toEqual({})
  }
  const own = event('customer.updated', { object: 'customer', id: 'cus_1' })
  expect(receive(own, w.ctx.config)).toEqual({})
})

test('a thin event of a tax id leads to its customer', async () => {
  const w = world()
  const taxId = { id: 'txi_1', object: 'tax_id', customer: 'cus_1', type: 'eu_vat', value: 'DE1' }
  const delivery = await w.sandbox.signedThinDelivery(w.sandbox.upsert(taxId))
  await webhook.verify({
    headers: new Headers(delivery.headers),
    body: encode(delivery.body),
    url: '',
    config: w.ctx.config,
    now: NOW,
  })
  expect(receive(delivery.body)).toEqual({ refetch: [{ stream: 'customers', key: 'cus_1' }] })
})

test('a thin event tells of a deletion as well', async () => {
  const w = world()
  w.sandbox.load([stripeCustomer({ id: 'cus_1' })])
  const { body } = await w.sandbox.signedThinDelivery(w.sandbox.remove('customer', 'cus_1'))
  expect(receive(body)).toEqual({ deleted: [{ stream: 'customers', key: 'cus_1' }] })
})

test('what is not an event is a dead letter with its reason', () => {
  expect(() => receive('{"hello": 1}')).toThrow(RecordError)
  expect(() => receive('not json')).toThrow(RecordError)
})

test('a delivery is known by the id of its event', () => {
  expect(webhook.deliveryId!({ headers: new Headers(), body: event('a.b', { object: 'x' }) })).toBe('evt_1')
  expect(webhook.deliveryId!({ headers: new Headers(), body: 'nonsense' })).toBeUndefined()
})

test('webhook and pull of one object give equal contributions', async () => {
  const w = world()
  w.sandbox.load(company())
  for (const type of [
    'customer',
    'subscription',
    'invoice',
    'charge',
    'refund',
    'dispute',
    'credit_note',
    'quote',
  ]) {
    const object = company().find((candidate) => candidate.object === type)!
    const delivery = await w.sandbox.signedDelivery(w.sandbox.upsert(object))
    await webhook.verify({
      headers: new Headers(delivery.headers),
      body: encode(delivery.body),
      url: '',
      config: w.ctx.config,
      now: w.time.now,
    })
    const { refetch } = webhook.receive({
      headers: {},
      body: delivery.body,
      receivedAt: w.time.now,
      config: w.ctx.config,
    })
    const [{ stream, key }] = refetch as [{ stream: string; key: string }]
    const [fetched] = await streamOf(stream).fetch!(w.ctx, [key])
    const listed = (await pull(w, stream)).records.find((record) => (record as { id: string }).id === key)
    expect(mapRecord(w, stream, fetched), type).toEqual(mapRecord(w, stream, listed))
  }
})

test('a stale delivery brings the object as it is now', async () => {
  const w = world()
  const old = w.sandbox.upsert(
    stripeInvoice({ id: 'in_1', customer: 'cus_1', created: 1, total: 100, finalizedAt: 2 }),
  )
  w.sandbox.upsert(
    stripeInvoice({ id: 'in_1', customer: 'cus_1', created: 1, total: 100, finalizedAt: 2, paidAt: 3 }),
  )
  const { refetch } = receive((await w.sandbox.signedDelivery(old)).body)
  expect(
    await streamOf('invoices').fetch!(
      w.ctx,
      refetch!.map(({ key }) => key),
    ),
  ).toMatchObject([{ status: 'paid' }])
})

test('a hint for something deleted since finds nothing', async () => {
  const w = world()
  w.sandbox.upsert(stripeCustomer({ id: 'cus_1', email: 'a@b.co' }))
  w.sandbox.remove('customer', 'cus_1')
  expect(await streamOf('customers').fetch!(w.ctx, ['cus_1'])).toEqual([])
})
