import {
  concatBytes,
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
import { memberKey } from './map.ts'

const SIGNATURE_HEADER = 'x-mailchimp-signature'
const TOLERANCE_MS = 300_000

/**
 * `t=<seconds>,v1=<hex>`, an HMAC-SHA256 of time, dot and body; several v1 while a secret is exchanged. Webhooks made before
 * there were signatures carry none: those are believed only at an address with a secret end, which the hub has checked.
 * @see https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
 */
export async function verify({
  headers,
  body,
  url,
  now,
  config,
}: IncomingDelivery<{ signingSecret?: string | undefined }>): Promise<void> {
  if (!config.signingSecret) {
    if (/\/hooks\/[^/]+\/[^/]+$/.test(new URL(url).pathname)) return
    throw signatureMissing(`${SIGNATURE_HEADER}, and its address has no hookSecret`)
  }
  const signature = headers.get(SIGNATURE_HEADER)
  if (!signature) throw signatureMissing(SIGNATURE_HEADER)
  const parts = signature.split(',').map((part) => part.trim().split('='))
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  const expected = await hmac('SHA-256', config.signingSecret, concatBytes(`${time}.`, body))
  const isValid = parts.some(([name, value]) => name === 'v1' && equalBytes(fromHex(value ?? ''), expected))
  if (!isValid || !/^\d+$/.test(time)) throw signatureInvalid()
  const age = Math.abs(now - Number(time) * 1000)
  if (age > TOLERANCE_MS) throw timestampStale(age, TOLERANCE_MS)
}

/** Mailchimp asks whether the address exists when it is entered. */
export const probe = ({ method }: { method: string }): Response | undefined =>
  method === 'GET' || method === 'HEAD' ? new Response(null, { status: 200 }) : undefined

const KNOWN = new Set(['subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail'])

/**
 * Hints to read the member, and who left in the report of the campaign; without a campaign it is told here alone. Times have
 * no zone: they are UTC.
 */
export function receive({ body }: { body: string }): ReceivedDelivery {
  const fields = new URLSearchParams(body)
  const type = fields.get('type') ?? ''
  if (!KNOWN.has(type)) return {}
  const audience = fields.get('data[list_id]')
  const names = type === 'upemail' ? ['data[new_email]', 'data[old_email]'] : ['data[email]']
  const addresses = names.flatMap((name) => fields.get(name) || [])
  if (!audience || addresses.length === 0)
    throw new RecordError('record.invalid', `A delivery of type ${type} names no address or no audience`)
  const keys = addresses.map((address) => memberKey(audience, address))
  const fired = fields.get('fired_at')
  const members = keys.map((key) => ({ stream: 'members', key }))
  if (type !== 'unsubscribe') return { refetch: members }
  const hash = keys[0]!.split('/')[1]
  const campaign = fields.get('data[campaign_id]')
  if (campaign) return { refetch: [...members, { stream: 'events', key: `${campaign}/${hash}/unsubscribe` }] }
  const event = {
    action: 'unsubscribe',
    campaign: null,
    email_id: hash,
    email_address: addresses[0],
    timestamp: fired ? `${fired.replace(' ', 'T')}Z` : null,
    reason: fields.get('data[reason]'),
  }
  return { refetch: members, records: [{ stream: 'events', record: event }] }
}
