import * as z from 'zod'
import {
  equalBytes,
  fromHex,
  hmac,
  type IncomingDelivery,
  type ReceivedDelivery,
  RecordError,
  signatureInvalid,
  signatureMissing,
  timestampStale,
} from '#kit'

const SIGNATURE_HEADER = 'x-signature'
const TIMESTAMP_HEADER = 'x-timestamp'
export const DELIVERY_ID_HEADER = 'x-delivery-id'

const TOLERANCE_MS = 5 * 60_000

/** Hex HMAC-SHA256 of timestamp (seconds), a dot and the raw body. */
export async function verify({
  headers,
  body,
  config,
  now,
}: IncomingDelivery<{ webhookSecret?: string | undefined }>): Promise<void> {
  const signature = headers.get(SIGNATURE_HEADER)
  const timestamp = headers.get(TIMESTAMP_HEADER)
  if (!signature || !timestamp) throw signatureMissing(SIGNATURE_HEADER)
  // What cannot be verified is not taken.
  if (!config.webhookSecret) throw signatureInvalid()
  const signed = `${timestamp}.${new TextDecoder().decode(body)}`
  if (!equalBytes(fromHex(signature), await hmac('SHA-256', config.webhookSecret, signed)))
    throw signatureInvalid()
  const age = Math.abs(now - Number(timestamp) * 1000)
  if (!(age <= TOLERANCE_MS)) throw timestampStale(age, TOLERANCE_MS)
}

const Event = z.looseObject({ type: z.string(), contact_id: z.string().nullish() })

/** Hints only: deliveries overtake each other, so the contact is read anew. */
export function receive({ body }: { body: string }): ReceivedDelivery {
  const { type, contact_id: key } = parse(body)
  if (!key) return {}
  if (type === 'contact.deleted') return { deleted: [{ stream: 'contacts', key }] }
  return type.startsWith('contact.') ? { refetch: [{ stream: 'contacts', key }] } : {}
}

function parse(body: string): z.infer<typeof Event> {
  try {
    return Event.parse(JSON.parse(body))
  } catch (error) {
    throw new RecordError('record.invalid', 'The delivery does not have the documented shape', {
      cause: error,
    })
  }
}
