import {
  equalBytes,
  fromHex,
  hmac,
  type IncomingDelivery,
  type ReceivedDelivery,
  RecordError,
  signatureInvalid,
  signatureMissing,
} from '#kit'
import { Notifications } from './api.ts'

export const EVENT_ID_HEADER = 'x-pandadoc-webhook-event-id'

/** Hex HMAC-SHA256 of the raw body in the query. @see https://developers.pandadoc.com/docs/webhook-verification */
export async function verify({
  url,
  body,
  config,
}: IncomingDelivery<{ webhookKey?: string | undefined }>): Promise<void> {
  const signature = new URL(url).searchParams.get('signature')
  if (!signature) throw signatureMissing('?signature=')
  // Without a key nothing can be verified, and what cannot be verified is not taken.
  if (!config.webhookKey) throw signatureInvalid()
  const expected = await hmac('SHA-256', config.webhookKey, body)
  if (!equalBytes(fromHex(signature), expected)) throw signatureInvalid()
}

const CHANGES = new Set([
  'document_state_changed',
  'document_updated',
  'document_completed_pdf_ready',
  'document_section_added',
  'recipient_completed',
  'quote_updated',
])

/** Hints only: the details are fetched, because deliveries overtake each other and carry no amounts unless configured. */
export function receive({ body }: { body: string }): ReceivedDelivery {
  const changed = new Set<string>()
  const deleted = new Set<string>()
  for (const { event, data } of parse(body)) {
    if (!data?.id) continue
    if (event === 'document_deleted') deleted.add(data.id)
    else if (CHANGES.has(event)) changed.add(data.id)
  }
  const named = (keys: Set<string>) => [...keys].map((key) => ({ stream: 'documents', key }))
  return { refetch: named(changed), deleted: named(deleted) }
}

function parse(body: string) {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new RecordError('record.invalid', 'The delivery is not JSON', { cause: error })
  }
  const parsed = Notifications.safeParse(Array.isArray(value) ? value : [value])
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new RecordError('record.invalid', `The delivery does not have PandaDoc's shape: ${field}`, {
    at: { field },
  })
}
