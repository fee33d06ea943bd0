import type * as z from 'zod'
import { type ConnectorContext, defineConnector, streamsOf } from '#kit'
import { fetchByKey, probe, pullOf } from './api.ts'
import { classify } from './client.ts'
import { type StripeConfig, stripeConfig } from './config.ts'
import {
  mapChange,
  mapCharge,
  mapCreditNote,
  mapCustomer,
  mapDispute,
  mapInvoice,
  mapQuote,
  mapRefund,
  mapSchedule,
  mapSubscription,
} from './map.ts'
import {
  ChargeRecord,
  CreditNoteRecord,
  CustomerRecord,
  DisputeRecord,
  EventRecord,
  InvoiceRecord,
  PriceRecord,
  ProductRecord,
  QuoteRecord,
  RefundRecord,
  ScheduleRecord,
  SubscriptionRecord,
} from './records.ts'
import type { StreamName } from './resources.ts'
import { webhook } from './webhook.ts'

const stream = streamsOf<StripeConfig>()

/** Stripe's objects carry no time of change: their version is the time they were read. */
const source = <R extends { id: string }>(name: StreamName, record: z.ZodType<R>) => ({
  record,
  key: ({ id }: R) => id,
  lane: 'billing' as const,
  // Events are kept for a month.
  listsAll: name !== 'events',
  pull: pullOf(name),
  fetch: (ctx: ConnectorContext<StripeConfig>, keys: string[]) => fetchByKey(ctx, name, keys),
})

export default defineConnector({
  name: 'stripe',
  title: 'Stripe',
  baseUrl: 'https://api.stripe.com',
  config: stripeConfig,
  auth: { type: 'bearer', token: 'apiKey' },
  limits: { concurrency: 8, intervalCap: 80, intervalMs: 1000 },
  classify,
  check: probe,
  streams: {
    customers: stream({ ...source('customers', CustomerRecord), title: 'Customers', map: mapCustomer }),
    products: stream({ ...source('products', ProductRecord), title: 'Products', map: () => [] }),
    prices: stream({ ...source('prices', PriceRecord), title: 'Prices', map: () => [] }),
    subscriptions: stream({
      ...source('subscriptions', SubscriptionRecord),
      title: 'Subscriptions',
      map: (record, { config }) => mapSubscription(record, config.mrr),
    }),
    subscription_schedules: stream({
      ...source('subscription_schedules', ScheduleRecord),
      title: 'Subscription schedules',
      map: mapSchedule,
    }),
    invoices: stream({ ...source('invoices', InvoiceRecord), title: 'Invoices', map: mapInvoice }),
    charges: stream({ ...source('charges', ChargeRecord), title: 'Charges', map: mapCharge }),
    refunds: stream({ ...source('refunds', RefundRecord), title: 'Refunds', map: mapRefund }),
    disputes: stream({ ...source('disputes', DisputeRecord), title: 'Disputes', map: mapDispute }),
    credit_notes: stream({
      ...source('credit_notes', CreditNoteRecord),
      title: 'Credit notes',
      map: mapCreditNote,
    }),
    events: stream({ ...source('events', EventRecord), title: 'Changes', map: mapChange }),
    quotes: stream({ ...source('quotes', QuoteRecord), title: 'Quotes', map: mapQuote }),
  },
  webhook,
})
