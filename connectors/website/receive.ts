import { type ReceivedDelivery, RecordError, type StoredDelivery } from '#kit'
import { CollectedRequest, type EventRecord, isObject, type Json } from './api.ts'

/** Splits a stored request into one record per event; batch-level context and integrations count for each of them. */
export function receive({ body }: Pick<StoredDelivery<unknown>, 'body'>): ReceivedDelivery {
  const { type, payload, oversize = {}, ...arrival } = parse(body)
  const events = type === 'batch' ? batchedEvents(payload) : [{ ...payload, type }]
  return {
    records: events.map((event, index) => ({
      stream: 'events',
      record: {
        ...arrival,
        event: withoutKey(event),
        ...(oversize[index] === undefined ? {} : { oversize: oversize[index] }),
      } satisfies EventRecord,
    })),
  }
}

function parse(body: string): CollectedRequest {
  const parsed = CollectedRequest.safeParse(json(body))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RecordError(
    'record.invalid',
    `The stored request does not have the collector's shape: ${issue?.path.join('.')}: ${issue?.message}`,
  )
}

function json(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new RecordError('record.invalid', 'The stored request is not JSON', { cause: error })
  }
}

function batchedEvents({ batch, context, integrations, sentAt }: Json): unknown[] {
  if (!Array.isArray(batch))
    throw new RecordError('record.invalid', 'batch is not an array', { at: { field: 'batch' } })
  return batch.map((event) => {
    if (!isObject(event)) return event
    return {
      ...event,
      ...merged('context', context, event),
      ...merged('integrations', integrations, event),
      // The request's own time of sending is the one that the clock can be compared with.
      ...(sentAt === undefined ? {} : { sentAt }),
    }
  })
}

function merged(key: string, shared: unknown, event: Json): Json {
  if (!isObject(shared)) return {}
  const own = event[key]
  if (own === undefined || own === null) return { [key]: shared }
  return isObject(own) ? { [key]: { ...shared, ...own } } : {}
}

function withoutKey(event: unknown): unknown {
  if (!isObject(event) || !('writeKey' in event)) return event
  const { writeKey: _, ...rest } = event
  return rest
}
