import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { type EventRecord, isObject } from './api.ts'

const MAX_KEY = 200

/**
 * The client's messageId, which is the same in every retry. Without one the event is told apart by what it says, apart
 * from sentAt, which changes with every retry.
 */
export function keyOf({ event }: EventRecord): string {
  const messageId = isObject(event) ? event.messageId : undefined
  if (typeof messageId === 'string' && messageId !== '' && messageId.length <= MAX_KEY) return messageId
  if (!isObject(event)) return digest(event)
  const { sentAt: _, ...said } = event
  return digest(said)
}

const digest = (value: unknown): string =>
  `sha256:${bytesToHex(sha256(utf8ToBytes(JSON.stringify(value)))).slice(0, 40)}`
