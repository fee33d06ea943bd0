import { type MapContext, normalisePhone, ownNumbers, RecordError } from '#kit'
import { type Contribution, parseInstant, phone, type Touchpoint } from '#model'
import type { Call, TwilioConfig } from './api.ts'

/** How a call ended. `failed` is a number that does not exist or a fault of the line: nobody was called. */
const KINDS: Record<string, string> = {
  completed: 'call.completed',
  busy: 'call.missed',
  'no-answer': 'call.missed',
  canceled: 'call.missed',
}

/** One leg of a call as a conversation with somebody outside, or as the attempt at one. */
export function map(call: Call, { config }: Pick<MapContext<TwilioConfig>, 'config'>): Contribution[] {
  const isInbound = !/^outbound|^trunking-terminating$/.test(call.direction ?? '')
  const [theirs, ours] = isInbound ? [call.from, call.to] : [call.to, call.from]
  // Softphones (client:ada), SIP addresses and withheld numbers are no telephone numbers.
  const number = normalisePhone(theirs ?? '')
  const ended = KINDS[call.status ?? '']
  if (!number || !ended || ownNumbers(config.internalNumbers)(number)) return []
  const begun = call.start_time || call.date_created
  if (!begun) return []
  const at = parseInstant(begun)
  if (at === undefined) throw new RecordError('record.invalid', `start_time is not a date: ${begun}`)
  const isMachine = /^(machine|fax)/.test(call.answered_by ?? '')
  const kind = isMachine && !isInbound ? 'call.missed' : ended
  const props = propsOf(call, { kind, ours, isMachine })
  const direction = isInbound ? 'inbound' : 'outbound'
  const touchpoint: Touchpoint = { kind, occurred_at: at, channel: 'phone', direction, props }
  return [{ type: 'touchpoint', person: [phone(number)], touchpoint }]
}

function propsOf(
  call: Call,
  { kind, ours, isMachine }: { kind: string; ours: string | null | undefined; isMachine: boolean },
): Record<string, unknown> {
  const isCompleted = kind === 'call.completed'
  const seconds = call.duration === '' ? Number.NaN : Number(call.duration ?? Number.NaN)
  const recordings = call.subresource_uris?.recordings
  return {
    ...(isCompleted && Number.isFinite(seconds) ? { seconds } : {}),
    ...(isCompleted ? {} : { reason: isMachine ? 'machine' : call.status }),
    ...(ours ? { our_number: ours } : {}),
    ...(call.answered_by ? { answered_by: call.answered_by } : {}),
    // An address at Twilio, open to whoever may sign in there.
    ...(isCompleted && recordings ? { recordings: `https://api.twilio.com${recordings}` } : {}),
  }
}
