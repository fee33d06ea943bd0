import {
  ConfigError,
  concatBytes,
  fromBase64,
  type IncomingDelivery,
  SignatureError,
  signatureInvalid,
  signatureMissing,
  timestampStale,
} from '#kit'

export const SIGNATURE_HEADER = 'x-twilio-email-event-webhook-signature'
export const TIMESTAMP_HEADER = 'x-twilio-email-event-webhook-timestamp'

const COORDINATE = 32

/**
 * ECDSA P-256 with SHA-256 over timestamp + raw body.
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export async function verifySignature(
  { headers, body, now }: Pick<IncomingDelivery<unknown>, 'headers' | 'body' | 'now'>,
  publicKey: string,
  toleranceMs: number,
): Promise<void> {
  const signature = headers.get(SIGNATURE_HEADER)
  const timestamp = headers.get(TIMESTAMP_HEADER)
  if (!signature) throw signatureMissing(SIGNATURE_HEADER)
  if (!timestamp) throw signatureMissing(TIMESTAMP_HEADER)
  const raw = rawSignature(fromBase64(signature))
  const isValid =
    raw !== undefined &&
    (await crypto.subtle.verify(
      { name: 'ECDSA', hash: 'SHA-256' },
      await importKey(publicKey),
      raw,
      concatBytes(timestamp, body),
    ))
  if (!isValid) throw signatureInvalid()
  checkAge(timestamp, now, toleranceMs)
}

/** After the signature: an age is only worth an answer when the timestamp is the vendor's. */
function checkAge(timestamp: string, now: number, toleranceMs: number): void {
  const sentAt = Number(timestamp) * 1000
  if (!Number.isFinite(sentAt)) {
    throw new SignatureError('webhook.timestamp_stale', `${TIMESTAMP_HEADER} is not a number of seconds`)
  }
  const age = Math.abs(now - sentAt)
  if (age > toleranceMs) throw timestampStale(age, toleranceMs)
}

/** Keys, not promises of them: in a Worker no request may wait for what another one began. */
const keys = new Map<string, CryptoKey>()

async function importKey(publicKey: string): Promise<CryptoKey> {
  const known = keys.get(publicKey)
  if (known) return known
  const der = fromBase64(publicKey.replace(/-----[^-]+-----|\s/g, ''))
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  try {
    const key = await crypto.subtle.importKey('spki', der, algorithm, false, ['verify'])
    keys.set(publicKey, key)
    return key
  } catch (cause) {
    throw new ConfigError(
      'config.invalid',
      'verificationKey is not the public key that SendGrid shows for the webhook',
      { cause, at: { field: 'verificationKey' } },
    )
  }
}

/**
 * WebCrypto wants r and s as 32 bytes each; SendGrid sends them as DER: SEQUENCE { INTEGER r, INTEGER s }.
 * Undefined where the bytes are not that.
 */
export function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const r = integerAt(der, 2)
  const s = r && integerAt(der, r.end)
  if (!r || !s || s.end !== der.length) return undefined
  const out = new Uint8Array(2 * COORDINATE)
  out.set(r.digits, COORDINATE - r.digits.length)
  out.set(s.digits, 2 * COORDINATE - s.digits.length)
  return out
}

function integerAt(der: Uint8Array, offset: number): { digits: Uint8Array; end: number } | undefined {
  const length = der[offset + 1] ?? 0
  const end = offset + 2 + length
  if (der[offset] !== 0x02 || length === 0 || end > der.length) return undefined
  let start = offset + 2
  // A leading zero keeps the integer positive; it is no digit.
  while (start < end - 1 && der[start] === 0) start++
  return end - start > COORDINATE ? undefined : { digits: der.subarray(start, end), end }
}
