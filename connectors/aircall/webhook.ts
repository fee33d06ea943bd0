import * as z from 'zod'
import {
  equalText,
  type IncomingDelivery,
  type ReceivedDelivery,
  RecordError,
  signatureInvalid,
  signatureMissing,
} from '#kit'

const Event = z.looseObject({
  event: z.string(),
  timestamp: z.number().nullish(),
  token: z.string().nullish(),
  data: z.looseObject({ id: z.number().nullish() }).nullish(),
})

function parse(body: string): z.infer<typeof Event> {
  try {
    return Event.parse(JSON.parse(body))
  } catch (cause) {
    throw new RecordError('record.invalid', 'The delivery is not an event of Aircall', { cause })
  }
}

/** Aircall signs nothing: each event carries the token of its webhook. @see https://developer.aircall.io/docs/setup-webhooks */
export async function verify({
  body,
  config,
}: IncomingDelivery<{ webhookToken?: string | undefined }>): Promise<void> {
  let token: unknown
  try {
    token = JSON.parse(new TextDecoder().decode(body))?.token
  } catch {
    throw signatureMissing('token')
  }
  if (typeof token !== 'string') throw signatureMissing('token')
  // Without a token of our own nothing can be verified, and what cannot be verified is not taken.
  if (!config.webhookToken || !equalText(token, config.webhookToken)) throw signatureInvalid()
}

/** What changes something that is kept. `call.hungup` comes before everything is known, `call.ended` half a minute later. */
const STREAMS: Record<string, string> = {
  'call.ended': 'calls',
  'call.voicemail_left': 'calls',
  'call.commented': 'calls',
  'call.tagged': 'calls',
  'call.untagged': 'calls',
  'contact.created': 'contacts',
  'contact.updated': 'contacts',
}

/** Hints: events carry no version, so of two that overtake each other nobody knows which one is newer. */
export function receive({ body }: { body: string }): ReceivedDelivery {
  const { event, data } = parse(body)
  const key = String(data?.id ?? '')
  if (key && event === 'contact.deleted') return { deleted: [{ stream: 'contacts', key }] }
  const stream = STREAMS[event]
  return stream && key ? { refetch: [{ stream, key }] } : {}
}

export function deliveryId({ body }: { body: string }): string | undefined {
  const { data: told } = Event.safeParse(JSON.parse(body))
  return told?.data?.id ? `${told.event}/${told.data.id}/${told.timestamp}` : undefined
}
