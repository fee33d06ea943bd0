import { toRecord } from '../../src/engine/reading/records.ts'
import type { Stream } from '../../src/kit/index.ts'
import {
  type StripeObject,
  stripeCharge,
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeProduct,
  stripeQuote,
  stripeRefund,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { DAY, HOUR, MINUTE, NOW, type TestHub } from './hub.ts'
import type { Sandboxes } from './sandboxes.ts'

/** Something that happened at a source: how it reaches the hub. Equal names are deliveries of one event. */
export type SourceEvent =
  | { name: string; source: 'website'; call: Record<string, unknown> }
  | {
      name: string
      source: 'sendgrid'
      event: { event: string; email: string; timestamp: number } & Record<string, unknown>
    }
  | { name: string; source: 'stripe'; type: string; id: string }
  | { name: string; source: 'pandadoc'; event: string; id: string }
  | {
      name: string
      source: 'csv'
      kind: 'customers' | 'contacts' | 'invoices' | 'quotes'
      row: { key: string } & Record<string, unknown>
    }

const iso = (msAgo: number) => new Date(NOW - msAgo).toISOString()
export const unix = (msAgo: number): number => Math.floor((NOW - msAgo) / 1000)

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A call of a page or product, `msAgo` before NOW. */
export function web(
  name: string,
  type: string,
  msAgo: number,
  more: Record<string, unknown> & { page?: string; referrer?: string },
): SourceEvent {
  const { page, referrer, ...rest } = more
  const seen = page
    ? { page: { url: `https://northwind.example${page}`, ...(referrer ? { referrer } : {}) } }
    : {}
  return {
    name,
    source: 'website',
    call: { type, messageId: name, timestamp: iso(msAgo), context: { userAgent: AGENT, ...seen }, ...rest },
  }
}

export const mail = (
  name: string,
  event: string,
  email: string,
  msAgo: number,
  more: Record<string, unknown> = {},
): SourceEvent => ({
  name,
  source: 'sendgrid',
  event: { event, email, timestamp: unix(msAgo), sg_event_id: name, sg_message_id: 'm', ...more },
})

export const hint = (type: string, id: string): SourceEvent => ({
  name: `${type} ${id}`,
  source: 'stripe',
  type,
  id,
})
export const document = (event: string, id: string): SourceEvent => ({
  name: `${event} ${id}`,
  source: 'pandadoc',
  event,
  id,
})

/** Hands events to the hub as their senders do: website calls of one batch in one request, e-mail events in another. */
export async function deliver(
  hub: Pick<TestHub, 'collect' | 'post' | 'sandboxes' | 'engine' | 'store' | 'clock'>,
  events: readonly SourceEvent[],
): Promise<void> {
  const statuses: number[] = []
  const calls = events.flatMap((e) => (e.source === 'website' ? [e.call] : []))
  if (calls.length > 0) statuses.push(await hub.collect('batch', { batch: calls }))
  const mails = events.flatMap((e) => (e.source === 'sendgrid' ? [e.event] : []))
  if (mails.length > 0) {
    const { body, headers } = await hub.sandboxes.sendgrid.signedDelivery(mails)
    statuses.push(await hub.post('/hooks/sendgrid', body, headers))
  }
  for (const event of events) {
    if (event.source === 'stripe') {
      const { body, headers } = await hub.sandboxes.stripe.signedDelivery(stripeEvent(hub.sandboxes, event))
      statuses.push(await hub.post('/hooks/stripe', body, headers))
    } else if (event.source === 'pandadoc') {
      const { body, headers, query } = await hub.sandboxes.pandadoc.signedDelivery([event], {
        eventId: event.name,
      })
      statuses.push(await hub.post(`/hooks/pandadoc${query}`, body, headers))
    } else if (event.source === 'csv') await importRows(hub, event.kind, [event.row])
  }
  const refused = statuses.filter((status) => status !== 200)
  if (refused.length > 0) throw new Error(`The hub answered ${refused.join(', ')}`)
}

/** The event under an id of its own, with the object as it is now. */
export function stripeEvent(
  { stripe }: Pick<Sandboxes, 'stripe'>,
  { name, type, id }: { name: string; type: string; id: string },
): StripeObject {
  const object = STRIPE_TYPES.map((kind) => stripe.read(kind, id)).find((found) => found !== undefined)
  if (!object) throw new Error(`The simulator has no ${id}`)
  return {
    id: `evt_${name.replace(/\W/g, '')}`,
    object: 'event',
    type,
    created: unix(0),
    livemode: false,
    api_version: '2026-10-28.endive',
    data: { object },
    pending_webhooks: 1,
    request: null,
  }
}

const STRIPE_TYPES = ['customer', 'subscription', 'invoice', 'charge', 'refund', 'quote']

/** What `tributary import` does with rows that it has read. */
export async function importRows(
  { engine, store, clock }: Pick<TestHub, 'engine' | 'store' | 'clock'>,
  kind: 'customers' | 'contacts' | 'invoices' | 'quotes',
  rows: ({ key: string } & Record<string, unknown>)[],
): Promise<number> {
  const stream = engine.deps.connections.get('csv')!.connector.streams![kind] as Stream<unknown, unknown>
  const now = clock.now()
  const records = rows.map((row) => toRecord('csv', kind, stream, row, { fetchedAt: now }))
  return (await store.intake.commitPage({ connection: 'csv', stream: kind, records, now })).changed
}

// ---------------------------------------------------------------- a small company

export const PLAN = stripePrice({
  id: 'price_team',
  unit_amount: 4900,
  currency: 'eur',
  nickname: 'Team',
  product: stripeProduct({ id: 'prod_team', name: 'Fleet' }),
})

/** A customer who pays: subscription, two invoices (one paid by a charge, one overdue), a partial refund, an open quote. */
export function payingCustomer(
  id: string,
  customer: Record<string, unknown>,
  options: { startedAgo?: number } = {},
): StripeObject[] {
  const started = unix(options.startedAgo ?? 60 * DAY)
  const month = 30 * 86_400
  return [
    stripeCustomer({ id: `cus_${id}`, created: started, ...customer }),
    stripeSubscription({
      id: `sub_${id}`,
      customer: `cus_${id}`,
      created: started,
      currency: 'eur',
      items: [{ price: PLAN, quantity: 2 }],
      period: { start: started + month, end: started + 3 * month },
    }),
    stripeInvoice({
      id: `in_${id}_1`,
      number: `${id.toUpperCase()}-0001`,
      customer: `cus_${id}`,
      created: started,
      currency: 'eur',
      total: 9800,
      subscription: `sub_${id}`,
      finalizedAt: started + 60,
      paidAt: started + 120,
      paidBy: [{ intent: `pi_${id}`, amount: 9800 }],
    }),
    stripeInvoice({
      id: `in_${id}_2`,
      number: `${id.toUpperCase()}-0002`,
      customer: `cus_${id}`,
      created: started + month,
      currency: 'eur',
      total: 9800,
      subscription: `sub_${id}`,
      finalizedAt: started + month + 60,
      due_date: unix(3 * DAY),
      collection_method: 'send_invoice',
    }),
    stripeCharge({
      id: `ch_${id}`,
      customer: `cus_${id}`,
      created: started + 120,
      amount: 9800,
      currency: 'eur',
      payment_intent: `pi_${id}`,
    }),
    stripeRefund({
      id: `re_${id}`,
      charge: `ch_${id}`,
      created: started + 86_400,
      amount: 1000,
      currency: 'eur',
    }),
    stripeQuote({
      id: `qt_${id}`,
      customer: `cus_${id}`,
      created: unix(5 * DAY),
      amount_total: 58_800,
      currency: 'eur',
      number: `QT-${id}`,
      finalizedAt: unix(4 * DAY),
    }),
  ]
}

/** Everything that Stripe would announce about `payingCustomer`. */
export const announcementsOf = (id: string): SourceEvent[] => [
  hint('customer.created', `cus_${id}`),
  hint('customer.updated', `cus_${id}`),
  hint('customer.subscription.created', `sub_${id}`),
  hint('customer.subscription.updated', `sub_${id}`),
  hint('invoice.finalized', `in_${id}_1`),
  hint('invoice.paid', `in_${id}_1`),
  hint('invoice.finalized', `in_${id}_2`),
  hint('charge.succeeded', `ch_${id}`),
  hint('refund.created', `re_${id}`),
  hint('quote.finalized', `qt_${id}`),
]

/** Documents that the simulators hold before anything is announced. */
export function stock({ stripe, pandadoc }: Sandboxes): void {
  stripe.load(
    payingCustomer('acme', {
      email: 'cfo@acmeworks.com',
      name: 'Acme Works SARL',
      individual_name: '王小明',
      taxIds: [{ type: 'eu_vat', value: 'FR123' }],
      address: {
        line1: 'Rue 1',
        line2: null,
        city: 'Lyon',
        state: null,
        postal_code: '69001',
        country: 'FR',
      },
    }),
  )
  stripe.load(payingCustomer('zoe', { email: 'zoe@khan.pk', name: 'زویا خان' }))
  pandadoc.load([
    {
      id: 'doc_ada',
      name: 'Offer for Tarabridge',
      status: 'document.sent',
      date_created: iso(6 * DAY),
      date_modified: iso(5 * DAY),
      date_sent: iso(5 * DAY),
      recipients: [{ email: 'ada@tarabridge.com', first_name: 'Ada', last_name: 'Løvelace', role: 'Client' }],
      grand_total: { amount: '1234.50', currency: 'EUR' },
    },
    {
      id: 'doc_acme',
      name: 'Renewal',
      status: 'document.completed',
      date_created: iso(20 * DAY),
      date_modified: iso(12 * DAY),
      date_sent: iso(19 * DAY),
      date_completed: iso(12 * DAY),
      recipients: [{ email: 'cfo@acmeworks.com', first_name: '小明', last_name: '王', role: 'Client' }],
      grand_total: { amount: '5000.00', currency: 'EUR' },
    },
  ])
}

/** What enrichment knows. */
export const KNOWN_COMPANIES = [
  {
    likelihood: 9,
    profile: {
      id: 'c1',
      name: 'tarabridge',
      display_name: 'Tarabridge',
      website: 'tarabridge.com',
      industry: 'computer software',
      employee_count: 120,
      size: '51-200',
      founded: 2011,
      type: 'private',
      summary: null,
      headline: null,
      linkedin_url: 'linkedin.com/company/tarabridge',
      location: {
        name: 'germany',
        locality: 'berlin',
        region: 'berlin',
        country: 'germany',
        postal_code: null,
      },
    },
  },
]

const form = { event: 'Demo Requested', properties: { form: 'demo', message: 'سلام' } }

/** Prospects only: nobody here pays, so everybody stays a lead. */
export const PROSPECTS: SourceEvent[] = [
  web('ada-1', 'page', 9 * DAY, {
    anonymousId: 'browser-ada',
    page: '/?utm_source=google&utm_medium=cpc&utm_campaign=spring',
    referrer: 'https://www.google.com/',
  }),
  web('ada-2', 'page', 9 * DAY - MINUTE, { anonymousId: 'browser-ada', page: '/pricing' }),
  web('ada-3', 'identify', 9 * DAY - 2 * MINUTE, {
    anonymousId: 'browser-ada',
    userId: 'u-ada',
    traits: {
      email: 'Ada@Tarabridge.com',
      name: 'Ada Lovelace',
      title: 'CTO',
      company: { id: 'g-tara', name: 'Tarabridge GmbH', website: 'https://www.tarabridge.com' },
    },
  }),
  web('ada-4', 'track', 9 * DAY - 3 * MINUTE, {
    anonymousId: 'browser-ada',
    userId: 'u-ada',
    ...form,
    page: '/demo',
  }),
  web('ada-5', 'group', 8 * DAY, {
    userId: 'u-ada',
    groupId: 'g-tara',
    traits: { name: 'Tarabridge GmbH', website: 'https://www.tarabridge.com', employees: 130 },
  }),
  web('ada-6', 'page', 7 * DAY, { anonymousId: 'tablet-ada', page: '/docs' }),
  web('ada-7', 'alias', 7 * DAY - MINUTE, { previousId: 'tablet-ada', userId: 'u-ada' }),
  // One browser, two people: what was seen before anybody said who they are belongs to who said so first.
  web('shared-1', 'page', 6 * DAY, {
    anonymousId: 'kiosk',
    page: '/fleet',
    referrer: 'https://news.example/',
  }),
  web('shared-2', 'identify', 6 * DAY - MINUTE, {
    anonymousId: 'kiosk',
    userId: 'u-ben',
    traits: { email: 'ben.okoye@gmail.com', firstName: 'Ben', lastName: 'Okoye', phone: '+49 30 123456' },
  }),
  web('shared-3', 'page', 6 * DAY - 2 * MINUTE, { anonymousId: 'kiosk', page: '/fleet/2' }),
  web('shared-4', 'identify', 5 * DAY, {
    anonymousId: 'kiosk',
    userId: 'u-ada',
    traits: { email: 'ada@tarabridge.com' },
  }),
  web('shared-5', 'page', 5 * DAY - MINUTE, { anonymousId: 'kiosk', page: '/fleet/3' }),
  web('shared-6', 'track', 5 * DAY - 2 * MINUTE, { anonymousId: 'kiosk', event: 'Video Played' }),
  // Known by user id long before an e-mail address is.
  web('zara-1', 'identify', 4 * DAY, {
    userId: 'u-zara',
    anonymousId: 'browser-zara',
    traits: { name: 'زارا احمد' },
  }),
  web('zara-2', 'page', 4 * DAY - MINUTE, { userId: 'u-zara', anonymousId: 'browser-zara', page: '/ur' }),
  web('zara-3', 'identify', 3 * DAY, { userId: 'u-zara', traits: { email: 'zara@noori.pk', title: 'مدیر' } }),
  mail('mail-1', 'delivered', 'ada@tarabridge.com', 4 * DAY, { singlesend_name: 'Spring news' }),
  mail('mail-2', 'click', 'ADA@tarabridge.com', 4 * DAY - HOUR, {
    singlesend_name: 'Spring news',
    url: 'https://northwind.example/a',
  }),
  mail('mail-3', 'click', 'ada@tarabridge.com', 4 * DAY - 2 * HOUR, {
    singlesend_name: 'Spring news',
    url: 'https://northwind.example/b',
  }),
  mail('mail-4', 'open', 'ben.okoye@gmail.com', 2 * DAY, { user_id: 'u-ben' }),
  mail('mail-5', 'unsubscribe', 'zara@noori.pk', 2 * DAY),
  mail('mail-6', 'click', 'lee@hualan.cn', 2 * DAY - HOUR, { url: 'https://northwind.example/c' }),
  document('document_state_changed', 'doc_ada'),
  document('recipient_completed', 'doc_ada'),
  {
    name: 'csv-lee',
    source: 'csv',
    kind: 'contacts',
    row: { key: 'lee', email: 'lee@hualan.cn', full_name: '李雷', company: '华兰生物', country: 'CN' },
  },
]

/** People who pay, or did: contacts and accounts. */
export const CUSTOMERS: SourceEvent[] = [
  ...announcementsOf('acme'),
  ...announcementsOf('zoe'),
  web('cfo-1', 'page', 15 * DAY, { anonymousId: 'browser-cfo', page: '/login' }),
  web('cfo-2', 'identify', 15 * DAY - MINUTE, {
    anonymousId: 'browser-cfo',
    userId: 'u-cfo',
    traits: { email: 'cfo@acmeworks.com' },
  }),
  web('colleague-1', 'identify', 14 * DAY, {
    userId: 'u-dev',
    traits: { email: 'dev@acmeworks.com', firstName: 'आरव', lastName: 'शर्मा' },
  }),
  web('zoe-1', 'page', 61 * DAY, { anonymousId: 'browser-zoe', page: '/?utm_source=bing' }),
  web('zoe-2', 'track', 61 * DAY - MINUTE, {
    anonymousId: 'browser-zoe',
    event: 'Signed Up',
    properties: { email: 'zoe@khan.pk' },
  }),
  mail('mail-7', 'click', 'cfo@acmeworks.com', 3 * DAY, { url: 'https://northwind.example/d' }),
  mail('mail-8', 'spamreport', 'dev@acmeworks.com', DAY),
  document('document_state_changed', 'doc_acme'),
  {
    name: 'csv-sam',
    source: 'csv',
    kind: 'customers',
    row: { key: 'C-1', id: 'C-1', email: 'sam@siam.co.th', full_name: 'Sam Siam' },
  },
  {
    name: 'csv-invoice-1',
    source: 'csv',
    kind: 'invoices',
    row: {
      key: 'I-1',
      customer_id: 'C-1',
      currency: 'USD',
      status: 'paid',
      issued_at: NOW - 30 * DAY,
      paid_at: NOW - 29 * DAY,
      total: 1980,
      paid: 1980,
      open: 0,
    },
  },
  {
    name: 'csv-invoice-2',
    source: 'csv',
    kind: 'invoices',
    row: {
      key: 'I-2',
      customer_id: 'C-1',
      currency: 'USD',
      status: 'open',
      issued_at: NOW - 20 * DAY,
      due_at: NOW - 2 * DAY,
      total: 500,
      paid: 0,
      open: 500,
    },
  },
]
