import type { StripeObject } from './objects.ts'

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
