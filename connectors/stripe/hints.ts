import { RESOURCES, type Resource, type StreamName } from './resources.ts'

export interface Hint {
  stream: StreamName
  key: string
  isDeleted: boolean
}

type Object_ = Record<string, unknown>

const STREAM_OF: Record<string, StreamName> = {
  customer: 'customers',
  product: 'products',
  price: 'prices',
  subscription: 'subscriptions',
  subscription_schedule: 'subscription_schedules',
  invoice: 'invoices',
  charge: 'charges',
  refund: 'refunds',
  dispute: 'disputes',
  credit_note: 'credit_notes',
  quote: 'quotes',
}

/** Objects that are part of another one, or are read by it: the field that names it. */
const PARENT_OF: Record<string, { stream: StreamName; field: string }> = {
  tax_id: { stream: 'customers', field: 'customer' },
  invoice_payment: { stream: 'invoices', field: 'invoice' },
  discount: { stream: 'subscriptions', field: 'subscription' },
  payment_intent: { stream: 'charges', field: 'latest_charge' },
  // What a checkout makes has events of its own; the customer may have got a name and an address by it.
  'checkout.session': { stream: 'customers', field: 'customer' },
}

/** Events of these types end an object; `customer.subscription.deleted` only ends a contract that can still be read. */
const DELETIONS = new Set<string>(
  Object.values<Resource>(RESOURCES).flatMap(({ deletions }) => deletions ?? []),
)

const idIn = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'object' && value !== null && 'id' in value ? idIn(value.id) : undefined
}

/**
 * Which record an event tells of; undefined for what is not read here. Decided by the object and not by the event's
 * name, so that a new verb of a known object is still a hint.
 */
export function hintOf(event: { type: string; data: { object: Object_ } }): Hint | undefined {
  const { object } = event.data
  // A preview of the next invoice: it has no existence of its own.
  if (event.type === 'invoice.upcoming') return undefined
  const kind = String(object.object)
  const parent = PARENT_OF[kind]
  const stream = parent?.stream ?? STREAM_OF[kind]
  const key = idIn(parent ? object[parent.field] : object.id)
  if (!stream || !key) return undefined
  return { stream, key, isDeleted: DELETIONS.has(event.type) }
}

/** What is read below its parent names it in its address. */
const BELOW_CUSTOMER = /^\/v1\/customers\/([^/?]+)\/./

/** The same for a thin event's related object ("customer", "billing.meter", …). */
export function hintOfRelated(
  type: string,
  related: { id: string; type: string; url?: string | null | undefined },
): Hint | undefined {
  const kind = related.type.replace(/^v1\./, '')
  const parent = kind in PARENT_OF ? BELOW_CUSTOMER.exec(related.url ?? '')?.[1] : undefined
  if (parent) return { stream: 'customers', key: parent, isDeleted: false }
  const stream = STREAM_OF[kind]
  return stream ? { stream, key: related.id, isDeleted: DELETIONS.has(type.replace(/^v1\./, '')) } : undefined
}
