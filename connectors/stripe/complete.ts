import type { Json, StripeClient } from './client.ts'
import type { StreamName } from './resources.ts'

/**
 * Fills in what one request cannot bring: Stripe expands four levels at most ("data.items.data.price.product" is
 * five), nested lists stop at ten entries, and some fields only come when a single object is read. Lists and single
 * reads are completed alike, so a record looks the same however it arrived.
 * @see https://docs.stripe.com/expand
 */
export async function complete(client: StripeClient, stream: StreamName, records: Json[]): Promise<Json[]> {
  if (stream === 'subscriptions') {
    for (const record of records) keepDiscount(record)
    await Promise.all(records.map((record) => fillList(client, record, 'items')))
    await completeSubscriptions(client, records)
  }
  if (stream === 'subscription_schedules') await completeSubscriptions(client, records.flatMap(phasesOf))
  if (stream === 'events') await completeEvents(client, records)
  if (stream === 'invoices') await Promise.all(records.map((record) => fillList(client, record, 'payments')))
  if (stream === 'customers') await Promise.all(records.map((record) => fillList(client, record, 'tax_ids')))
  return records
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

async function fillList(client: StripeClient, record: Json, field: string): Promise<void> {
  const list = record[field]
  if (!isObject(list) || list.has_more !== true) return
  // From the start: the order inside an object need not be the order of the list.
  const data: Json[] = []
  const url = new URL(String(list.url), 'https://api.stripe.com')
  const query = Object.fromEntries(url.searchParams)
  const expand = field === 'items' ? ['data.discounts'] : undefined
  for (let hasMore = true; hasMore; ) {
    const last = textOf(data.at(-1)?.id)
    const page = await client.list(url.pathname, { ...query, limit: 100, starting_after: last, expand })
    data.push(...page.data)
    hasMore = page.has_more && page.data.length > 0
  }
  list.data = data
  list.has_more = false
}

/** Of the customer only the discount is a matter of the subscription. */
function keepDiscount(record: Json): void {
  const { customer } = record
  if (!isObject(customer)) return
  const { id, object, discount } = customer
  record.customer = isObject(discount) ? { id, object, discount } : id
}

async function completeSubscriptions(client: StripeClient, records: Json[]): Promise<void> {
  const priced = records.flatMap((record) =>
    objects(isObject(record.items) ? record.items.data : []).flatMap((item) =>
      isObject(item.price) ? [{ price: item.price, currency: textOf(record.currency) }] : [],
    ),
  )
  const discounts = records.flatMap((record) => [
    ...objects(record.discounts),
    ...objects([isObject(record.customer) ? record.customer.discount : undefined]),
    ...objects(isObject(record.items) ? record.items.data : []).flatMap((item) => objects(item.discounts)),
  ])
  await Promise.all([
    fillProducts(
      client,
      priced.map(({ price }) => price),
    ),
    fillPrices(client, priced),
    fillCoupons(client, discounts),
  ])
}

/** A phase is what a subscription will be, under other names. */
const phasesOf = ({ phases }: Json): Json[] =>
  objects(phases).map(({ currency, items }) => ({ currency, items: { data: items } }))

/** The plan before and after by name and price, and the charge behind a dispute: an event cannot be expanded. */
async function completeEvents(client: StripeClient, events: Json[]): Promise<void> {
  const changed = events.flatMap(({ data }) => (isObject(data) && isObject(data.object) ? [data] : []))
  const subscriptions = changed.flatMap(({ object, previous_attributes: previous }) => {
    if (!isObject(object) || object.object !== 'subscription') return []
    const { currency } = object
    return [object, ...(isObject(previous) ? [previous] : [])].map(({ items }) => ({ currency, items }))
  })
  const disputes = changed.flatMap(({ object }) =>
    isObject(object) && object.object === 'dispute' && textOf(object.charge) ? [object] : [],
  )
  const [charges] = await Promise.all([
    findAll(
      disputes.map(({ charge }) => String(charge)),
      (id) => client.find(`/v1/charges/${encodeURIComponent(id)}`),
    ),
    completeSubscriptions(client, subscriptions),
  ])
  for (const dispute of disputes) dispute.charge = charges.get(String(dispute.charge)) ?? dispute.charge
}

async function fillProducts(client: StripeClient, prices: Json[]): Promise<void> {
  const ids = [...new Set(prices.flatMap(({ product }) => textOf(product) ?? []))]
  const found = new Map<string, Json>()
  for (let i = 0; i < ids.length; i += 100) {
    const page = await client.list('/v1/products', { ids: ids.slice(i, i + 100), limit: 100 })
    for (const product of page.data) found.set(String(product.id), product)
  }
  for (const price of prices) price.product = found.get(String(price.product)) ?? price.product
}

/** Tiers, and amounts in other currencies than the price's own, come with a single price only. */
async function fillPrices(
  client: StripeClient,
  priced: { price: Json; currency: string | undefined }[],
): Promise<void> {
  const needs = priced.filter(
    ({ price, currency }) =>
      (price.billing_scheme === 'tiered' && !price.tiers) || price.currency !== currency,
  )
  const found = await findAll(
    needs.map(({ price }) => String(price.id)),
    (id) => {
      return client.find(`/v1/prices/${encodeURIComponent(id)}`, { expand: ['tiers', 'currency_options'] })
    },
  )
  for (const { price } of needs) {
    const full = found.get(String(price.id))
    if (full?.tiers) price.tiers = full.tiers
    if (full?.currency_options) price.currency_options = full.currency_options
  }
}

/** Which products a coupon is for is not part of an expanded coupon. A deleted coupon stays as the discount knew it. */
async function fillCoupons(client: StripeClient, discounts: Json[]): Promise<void> {
  const sources = discounts.flatMap(({ source }) => (isObject(source) ? [source] : []))
  const idOf = (coupon: unknown) => (isObject(coupon) ? textOf(coupon.id) : textOf(coupon))
  const found = await findAll(
    sources.flatMap(({ coupon }) => idOf(coupon) ?? []),
    (id) => {
      return client.find(`/v1/coupons/${encodeURIComponent(id)}`, { expand: ['applies_to'] })
    },
  )
  for (const source of sources) source.coupon = found.get(idOf(source.coupon) ?? '') ?? source.coupon
}

async function findAll(
  ids: string[],
  find: (id: string) => Promise<Json | undefined>,
): Promise<Map<string, Json>> {
  const unique = [...new Set(ids)]
  const found = await Promise.all(unique.map(find))
  return new Map(unique.flatMap((id, i) => (found[i] ? [[id, found[i]]] : [])))
}
