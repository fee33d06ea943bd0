import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { type EventRecord, isObject } from './api.ts'

const MAX_KEY = 200

/** The client's messageId, which is the same in every retry. Without one the event is told apart by what it says. */
export function keyOf(record: EventRecord): string {
  const { event } = record
  const messageId = isObject(event) ? event.messageId : undefined
  if (typeof messageId === 'string' && messageId !== '' && messageId.length <= MAX_KEY) return messageId
  return digest(saidBy(record))
}

/** The event without what changes when it is sent again: the time of sending, and the client's notes on its own tries. */
export function saidBy({ event }: EventRecord): unknown {
  if (!isObject(event)) return event
  const { sentAt: _, _metadata: __, ...said } = event
  return said
}

const digest = (value: unknown): string =>
  `sha256:${bytesToHex(sha256(utf8ToBytes(JSON.stringify(value)))).slice(0, 40)}`
