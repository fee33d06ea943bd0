import { isPlain, type StripeObject } from './objects.ts'

export interface SignedDelivery {
  headers: Record<string, string>
  /** The exact bytes that were signed, as text. */
  body: string
}

/** A webhook request as Stripe sends it. @see https://docs.stripe.com/webhooks/signature */
export async function signDelivery(
  event: StripeObject,
  secret: string,
  now: number,
): Promise<SignedDelivery> {
  const body = JSON.stringify(event, null, 2)
  const seconds = Math.floor(now / 1000)
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const signature = new Uint8Array(
    await crypto.subtle.sign('HMAC', key, encoder.encode(`${seconds}.${body}`)),
  )
  const hex = Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'stripe-signature': `t=${seconds},v1=${hex}`,
    },
    body,
  }
}

/** Objects that are read below their parent. */
const BELOW: Record<string, (object: Record<string, unknown>) => string> = {
  tax_id: ({ id, customer }) => `/v1/customers/${String(customer)}/tax_ids/${String(id)}`,
}

/** The notification of an event that carries no object. @see https://docs.stripe.com/event-destinations#thin-events */
export function thinOf(event: StripeObject): StripeObject {
  const object = isPlain(event.data) && isPlain(event.data.object) ? event.data.object : {}
  const type = String(object.object)
  const url = BELOW[type]?.(object) ?? `/v1/${type}s/${String(object.id)}`
  return {
    id: `${event.id}_thin`,
    object: 'v2.core.event',
    type: `v1.${String(event.type)}`,
    created: new Date(Number(event.created) * 1000).toISOString(),
    livemode: event.livemode,
    ...(event.account ? { context: event.account } : {}),
    related_object: { id: object.id, type, url },
  }
}
