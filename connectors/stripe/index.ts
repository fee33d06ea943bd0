import type * as z from 'zod'
import { ConfigError, type ConnectorContext, defineConnector, streamsOf } from '#kit'
import { fetchByKey, probe, pullOf } from './api.ts'
import { classify } from './client.ts'
import { type StripeConfig, stripeConfig } from './config.ts'
import {
  mapCharge,
  mapCreditNote,
  mapCustomer,
  mapDispute,
  mapInvoice,
  mapQuote,
  mapRefund,
  mapSubscription,
} from './map.ts'
import {
  ChargeRecord,
  CreditNoteRecord,
  CustomerRecord,
  DisputeRecord,
  InvoiceRecord,
  PriceRecord,
  ProductRecord,
  QuoteRecord,
  RefundRecord,
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
  pull: pullOf(name),
  fetch: (ctx: ConnectorContext<StripeConfig>, keys: string[]) => fetchByKey(ctx, name, keys),
})

async function check(ctx: ConnectorContext<StripeConfig>): Promise<void> {
  const mode = /^[rs]k_(live|test)_/.exec(ctx.config.apiKey)?.[1]
  if (ctx.config.livemode !== undefined && mode !== undefined && (mode === 'live') !== ctx.config.livemode) {
    throw new ConfigError(
      'config.rejected',
      `The connection says livemode: ${ctx.config.livemode}, but its key is a ${mode} key`,
    )
  }
  await probe(ctx)
}

export default defineConnector({
  name: 'stripe',
  title: 'Stripe',
  baseUrl: 'https://api.stripe.com',
  config: stripeConfig,
  auth: { type: 'bearer', token: 'apiKey' },
  limits: { concurrency: 8, intervalCap: 80, intervalMs: 1000 },
  classify,
  check,
  streams: {
    customers: stream({ ...source('customers', CustomerRecord), title: 'Customers', map: mapCustomer }),
    products: stream({ ...source('products', ProductRecord), title: 'Products', map: () => [] }),
    prices: stream({ ...source('prices', PriceRecord), title: 'Prices', map: () => [] }),
    subscriptions: stream({
      ...source('subscriptions', SubscriptionRecord),
      title: 'Subscriptions',
      map: (record, { config }) => mapSubscription(record, config.mrr),
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
    quotes: stream({ ...source('quotes', QuoteRecord), title: 'Quotes', map: mapQuote }),
  },
  webhook,
})
