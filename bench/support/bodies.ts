import { createHmac } from 'node:crypto'
import { stripeInvoice } from '../../src/sandbox/stripe/index.ts'
import { STRIPE_SECRET, WRITE_KEY } from './settings.ts'

export interface Message {
  path: string
  headers: Record<string, string>
  body: string
}

/** Makes the n-th request of a kind; no two are equal, so that none is dropped as a repeat. */
export type MessageMaker = (n: number) => Message

const HEADERS = {
  'content-type': 'application/json',
  authorization: `Basic ${btoa(`${WRITE_KEY}:`)}`,
}

/** Users that events are about: `user-0` … */
export const PEOPLE = 2_000
export const emailOf = (person: number): string => `user-${person}@company-${person % 400}.example`

const context = (person: number): string =>
  `"context":{"library":{"name":"analytics.js","version":"2.11.1"},"locale":"en-GB","timezone":"Europe/Berlin",` +
  `"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",` +
  `"page":{"path":"/pricing","referrer":"https://www.google.com/","search":"?utm_source=google&utm_medium=cpc&utm_campaign=spring","title":"Pricing and plans",` +
  `"url":"https://www.example.com/pricing?utm_source=google&utm_medium=cpc&utm_campaign=spring"},` +
  `"campaign":{"name":"spring","source":"google","medium":"cpc"},"screen":{"width":1728,"height":1117,"density":2}},` +
  `"anonymousId":"7b1f0a52-6f0e-4c61-9a53-${String(person).padStart(12, '0')}"`

/** An event of about 1.1 kB, as analytics.js sends it. */
function event(type: string, n: number, special: string): string {
  const person = n % PEOPLE
  const at = new Date().toISOString()
  return (
    `{"type":"${type}","messageId":"ajs-next-${Date.now()}-${process.pid}-${n}","userId":"user-${person}",${special},` +
    `${context(person)},"integrations":{},"originalTimestamp":"${at}","sentAt":"${at}"}`
  )
}

const tracked = (n: number): string =>
  event(
    'track',
    n,
    `"event":"Feature Used","properties":{"feature":"export","plan":"team","seats":12,"duration_ms":1834,"is_first":false,"workspace":"wsp_0a1b2c3d4e5f","format":"csv","rows":48211}`,
  )
const viewed = (n: number): string =>
  event('page', n, `"name":"Pricing","properties":{"title":"Pricing and plans","category":"Marketing"}`)
const submitted = (n: number): string =>
  event('track', n, `"event":"Form Submitted","properties":{"form":"Demo request","form_id":"frm_${n}"}`)
const identified = (n: number): string =>
  event(
    'identify',
    n,
    `"traits":{"email":"${emailOf(n % PEOPLE)}","firstName":"Ada","lastName":"Lovelace ${n % PEOPLE}","title":"Head of Operations"}`,
  )

/** Everybody has another title than at the last time. */
const promoted = (n: number): string =>
  event(
    'identify',
    n,
    `"traits":{"email":"${emailOf(n % PEOPLE)}","title":"Head of ${Math.floor(n / PEOPLE)}"}`,
  )

const EVENTS = { promote: promoted, track: tracked, page: viewed, form: submitted, identify: identified }
export type EventKind = keyof typeof EVENTS
const CALLS: Record<EventKind, string> = {
  promote: 'identify',
  track: 'track',
  page: 'page',
  form: 'track',
  identify: 'identify',
}

export const single =
  (kind: EventKind): MessageMaker =>
  (n) => ({ path: `/v1/${CALLS[kind]}`, headers: HEADERS, body: EVENTS[kind](n) })

export const batch =
  (kind: EventKind, size: number): MessageMaker =>
  (n) => {
    const events = Array.from({ length: size }, (_, i) => EVENTS[kind](n * size + i))
    return {
      path: '/v1/batch',
      headers: HEADERS,
      body: `{"batch":[${events.join(',')}],"sentAt":"${new Date().toISOString()}"}`,
    }
  }

const CREATED = 1_760_000_000
const lineOf = (i: number, n: number) => ({
  id: `il_bench${i}_${n}`,
  object: 'line_item',
  amount: 4900,
  currency: 'eur',
  description: `${n + 1} × Team (at €49.00 / month), seats of the workspace Brightwave ${n}`,
  discount_amounts: [],
  invoice: `in_bench${i}`,
  livemode: false,
  metadata: { workspace: `wsp_${n}`, seats: '12' },
  parent: {
    type: 'subscription_item_details',
    subscription_item_details: { subscription_item: `si_bench${n}` },
  },
  period: { start: CREATED, end: CREATED + 2_592_000 },
  pricing: { type: 'price_details', price_details: { price: `price_bench${n}`, product: `prod_bench${n}` } },
  quantity: 1,
  taxes: [],
})

/** Invoices that the simulated Stripe holds, so that what a webhook announces can be fetched. About 4.5 kB an event. */
export const INVOICES = Array.from({ length: 20 }, (_, i) =>
  stripeInvoice({
    id: `in_bench${i}`,
    customer: `cus_bench${i}`,
    currency: 'eur',
    created: CREATED,
    finalizedAt: CREATED,
    paidAt: CREATED + 60,
    total: 19_600,
    paidBy: [{ intent: `pi_bench${i}`, amount: 19_600 }],
    lines: {
      object: 'list',
      data: [0, 1, 2, 3].map((n) => lineOf(i, n)),
      has_more: false,
      url: `/v1/invoices/in_bench${i}/lines`,
    },
  }),
)

/** A signed `invoice.paid` event; signing is the sender's work and costs the client. */
export const stripeWebhook: MessageMaker = (n) => {
  const created = Math.floor(Date.now() / 1000)
  const body = JSON.stringify({
    id: `evt_bench_${process.pid}_${n}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    data: { object: INVOICES[n % INVOICES.length] },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: 'invoice.paid',
  })
  const signature = createHmac('sha256', STRIPE_SECRET).update(`${created}.${body}`).digest('hex')
  return {
    path: '/hooks/stripe',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': `t=${created},v1=${signature}`,
    },
    body,
  }
}
