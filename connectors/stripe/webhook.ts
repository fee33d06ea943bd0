import Stripe from 'stripe'
import {
  ConfigError,
  hmac,
  type ReceivedDelivery,
  RecordError,
  signatureInvalid,
  signatureMissing,
  timestampStale,
  toHex,
  type Webhook,
} from '#kit'
import { isChange } from './changes.ts'
import { modeOfKey, type StripeConfig } from './config.ts'
import { type Hint, hintOf, hintOfRelated } from './hints.ts'
import { EventRecord, ThinEventRecord } from './records.ts'

const HEADER = 'stripe-signature'
const TOLERANCE_MS = 300_000

/** Signs with the kit's cached keys: importing a key for every delivery costs as much as checking it. */
class CachedKeys extends Stripe.CryptoProvider {
  override async computeHMACSignatureAsync(payload: string, secret: string): Promise<string> {
    return toHex(await hmac('SHA-256', secret, payload))
  }
}
const keys = new CachedKeys()

/**
 * Stripe signs `timestamp.body` with the endpoint's secret; while a secret is rolled, any of several signatures counts.
 * @see https://docs.stripe.com/webhooks/signature
 */
async function verify({
  headers,
  body,
  config,
  now,
}: Parameters<Webhook<StripeConfig>['verify']>[0]): Promise<void> {
  if (!config.webhookSecret) {
    throw new ConfigError(
      'config.invalid',
      'webhookSecret is not set, so deliveries of Stripe cannot be checked',
      {
        at: { key: 'webhookSecret' },
      },
    )
  }
  const header = headers.get(HEADER)
  if (!header) throw signatureMissing('Stripe-Signature header')
  // Without the SDK's own check of the age (tolerance 0), so that a stale delivery is told from a forged one.
  try {
    await Stripe.webhooks.signature!.verifyHeaderAsync(body, header, config.webhookSecret, 0, keys, now)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) throw signatureInvalid()
    throw error
  }
  const age = now - signedAt(header)
  if (!(Math.abs(age) <= TOLERANCE_MS)) throw timestampStale(age, TOLERANCE_MS)
}

function signedAt(header: string): number {
  const part = header.split(',').findLast((item) => item.startsWith('t='))
  return Number.parseInt(part?.slice(2) ?? '', 10) * 1000
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new RecordError('record.invalid', 'The delivery of Stripe is not JSON', { cause: error })
  }
}

function eventId({ body }: { body: string }): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    const id = typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : undefined
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

function receive({ body, config }: Parameters<Webhook<StripeConfig>['receive']>[0]): ReceivedDelivery {
  const raw = parseBody(body)
  const thin = ThinEventRecord.safeParse(raw)
  if (thin.success) {
    const { type, related_object, livemode, context } = thin.data
    if (isOfOthers({ livemode, account: context }, config) || !related_object) return {}
    return toDelivery([hintOfRelated(type, related_object)])
  }
  const event = EventRecord.safeParse(raw)
  if (!event.success) {
    const issue = event.error.issues[0]
    throw new RecordError(
      'record.invalid',
      `The delivery is not a Stripe event: ${issue?.path.join('.')}: ${issue?.message}`,
    )
  }
  if (isOfOthers(event.data, config)) return {}
  const change: Hint | undefined = isChange(event.data)
    ? { stream: 'events', key: event.data.id, isDeleted: false }
    : undefined
  return toDelivery([hintOf(event.data), change])
}

/**
 * An endpoint of a platform is told of all of its connected accounts, and one for live data of their test data too.
 * Their objects cannot be read with this connection's key, and would be taken for deleted.
 * @see https://docs.stripe.com/connect/webhooks
 */
function isOfOthers(
  event: { livemode?: boolean | null | undefined; account?: string | null | undefined },
  config: StripeConfig,
): boolean {
  const mode = config.livemode ?? modeOfKey(config.apiKey)
  const isOtherMode = mode !== undefined && event.livemode != null && event.livemode !== mode
  return isOtherMode || (event.account ?? undefined) !== config.account
}

/**
 * Deliveries come in any order, may repeat, and their shape depends on the endpoint's API version, so an event is only
 * a hint to read the object anew, and itself where it tells what the object does not. Deletions are final at Stripe and
 * need no reading.
 */
function toDelivery(hints: (Hint | undefined)[]): ReceivedDelivery {
  const known = hints.filter((hint) => hint !== undefined)
  const refetch = known.filter(({ isDeleted }) => !isDeleted).map(({ stream, key }) => ({ stream, key }))
  const deleted = known.filter(({ isDeleted }) => isDeleted).map(({ stream, key }) => ({ stream, key }))
  return { ...(refetch.length > 0 ? { refetch } : {}), ...(deleted.length > 0 ? { deleted } : {}) }
}

export const webhook: Webhook<StripeConfig> = { verify, deliveryId: eventId, receive }
