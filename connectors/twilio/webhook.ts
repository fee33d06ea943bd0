import {
  equalBytes,
  equalText,
  fromBase64,
  hmac,
  type IncomingDelivery,
  type ReceivedDelivery,
  type StoredDelivery,
  signatureInvalid,
  signatureMissing,
  toHex,
} from '#kit'
import type { TwilioConfig } from './api.ts'

const SIGNATURE_HEADER = 'x-twilio-signature'

/**
 * Base64 HMAC-SHA1 of the address as Twilio called it and, of a form, its fields sorted by name. A JSON body is covered by
 * its hash in the query. @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export async function verify({
  headers,
  url,
  body,
  config,
}: IncomingDelivery<{ authToken?: string | undefined }>): Promise<void> {
  const signature = headers.get(SIGNATURE_HEADER)
  if (!signature) throw signatureMissing(SIGNATURE_HEADER)
  // Without the token nothing can be verified, and what cannot be verified is not taken.
  if (!config.authToken) throw signatureInvalid()
  const bodyHash = new URL(url).searchParams.get('bodySHA256')
  if (bodyHash !== null) {
    const digest = await crypto.subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>)
    if (!equalText(toHex(new Uint8Array(digest)), bodyHash.toLowerCase())) throw signatureInvalid()
  }
  const fields = bodyHash === null ? sortedFields(new TextDecoder().decode(body)) : ''
  const given = fromBase64(signature)
  for (const address of addressesOf(url)) {
    if (equalBytes(given, await hmac('SHA-1', config.authToken, address + fields))) return
  }
  throw signatureInvalid()
}

/** Name and value of each field without anything between; several values of one name once each, in order. */
function sortedFields(body: string): string {
  const fields = new Map<string, Set<string>>()
  for (const [name, value] of new URLSearchParams(body))
    fields.set(name, (fields.get(name) ?? new Set()).add(value))
  return [...fields]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => [...values].sort().map((value) => name + value))
    .join('')
}

/** Whether the standard port is part of what is signed depends on the product that calls. */
function addressesOf(url: string): string[] {
  const [, scheme = '', host = '', rest = ''] = /^(https?:\/\/)([^/?#]*)(.*)$/s.exec(url) ?? []
  const port = scheme === 'https://' ? ':443' : ':80'
  if (/:\d+$/.test(host)) return [url, scheme + host.replace(/:\d+$/, '') + rest]
  return [url, scheme + host + port + rest]
}

const ENDED = new Set(['completed', 'busy', 'no-answer', 'canceled', 'failed'])

/** A hint once the call is over: the callback lacks when it began, and counts its statuses in no reliable order. */
export function receive({ body, config }: StoredDelivery<TwilioConfig>): ReceivedDelivery {
  const fields = new URLSearchParams(body)
  const key = fields.get('CallSid')
  const isOurs = fields.get('AccountSid') === config.accountSid
  return key && isOurs && ENDED.has(fields.get('CallStatus') ?? '')
    ? { refetch: [{ stream: 'calls', key }] }
    : {}
}

export function deliveryId({ body }: { body: string }): string | undefined {
  const fields = new URLSearchParams(body)
  const [sid, status] = [fields.get('CallSid'), fields.get('CallStatus')]
  return sid && status
    ? `${sid}/${status}/${fields.get('SequenceNumber')}/${fields.get('Timestamp')}`
    : undefined
}
