import fc from 'fast-check'
import { expect, test } from 'vitest'
import website from '../../connectors/website/index.ts'
import { defaults, mapEvent, RECEIVED_AT, touchpointIn } from './support.ts'

const { streams, webhook } = website
const events = streams!.events!

const receive = (envelope: Record<string, unknown>) =>
  webhook!.receive({ headers: {}, body: JSON.stringify(envelope), receivedAt: RECEIVED_AT, config: defaults })
    .records!

test('a batch becomes one record per event, each with the shared context and the time of sending', () => {
  const records = receive({
    type: 'batch',
    received_at: RECEIVED_AT,
    user_agent: 'UA',
    payload: {
      writeKey: 'wk',
      sentAt: '2026-03-01T11:59:00Z',
      context: { ip: '1.2.3.4', library: { name: 'shared' } },
      integrations: { All: true },
      batch: [
        { type: 'track', messageId: 'a', writeKey: 'wk', context: { library: { name: 'own' } } },
        { type: 'page', messageId: 'b' },
      ],
    },
  })
  expect(records).toEqual([
    {
      stream: 'events',
      record: {
        received_at: RECEIVED_AT,
        user_agent: 'UA',
        event: {
          type: 'track',
          messageId: 'a',
          sentAt: '2026-03-01T11:59:00Z',
          context: { ip: '1.2.3.4', library: { name: 'own' } },
          integrations: { All: true },
        },
      },
    },
    {
      stream: 'events',
      record: {
        received_at: RECEIVED_AT,
        user_agent: 'UA',
        event: {
          type: 'page',
          messageId: 'b',
          sentAt: '2026-03-01T11:59:00Z',
          context: { ip: '1.2.3.4', library: { name: 'shared' } },
          integrations: { All: true },
        },
      },
    },
  ])
})

test('the path of a single call decides its type', () => {
  const [only] = receive({
    type: 'identify',
    received_at: RECEIVED_AT,
    payload: { type: 'track', userId: 'u' },
  })
  expect(only!.record).toMatchObject({ event: { type: 'identify', userId: 'u' } })
})

test('a malformed event of a batch is kept beside its good neighbours, under a key of its own', () => {
  const records = receive({
    type: 'batch',
    received_at: RECEIVED_AT,
    payload: { batch: [null, 7, { type: 'page', anonymousId: 'x' }] },
  })
  const keys = records.map(({ record }) => events.key(events.record.parse(record)))
  expect(new Set(keys).size).toBe(3)
  expect(() =>
    events.map(events.record.parse(records[0]!.record), { connection: 'web', config: defaults }),
  ).toThrow('not an object')
})

test('an event without messageId is told apart by what it says, not by when it was sent', () => {
  const key = (event: unknown) => events.key({ received_at: 1, event })
  const event = { type: 'track', event: 'X', userId: 'u', sentAt: '2026-01-01T00:00:00Z' }
  expect(key(event)).toBe(key({ ...event, sentAt: '2026-01-02T00:00:00Z' }))
  expect(key(event)).not.toBe(key({ ...event, event: 'Y' }))
  expect(key({ ...event, messageId: 'm' })).toBe('m')
})

const at = (event: Record<string, unknown>) =>
  touchpointIn(mapEvent({ type: 'page', ...event })).touchpoint.occurred_at
const iso = (ms: number) => new Date(ms).toISOString()

test('a client clock that is wrong is wrong by the same amount in both of its times', () => {
  const skew = 3 * 3_600_000
  const original = RECEIVED_AT - 60_000
  expect(at({ timestamp: iso(original + skew), sentAt: iso(RECEIVED_AT + skew) })).toBe(original)
  expect(at({ originalTimestamp: iso(original - skew), sentAt: iso(RECEIVED_AT - skew) })).toBe(original)
})

test('without sentAt the given time counts, without any time the arrival', () => {
  expect(at({ timestamp: iso(RECEIVED_AT - 5_000) })).toBe(RECEIVED_AT - 5_000)
  expect(at({})).toBe(RECEIVED_AT)
  expect(at({ timestamp: 'yesterday' })).toBe(RECEIVED_AT)
})

test('a time after the arrival or older than ten years is not believed', () => {
  expect(at({ timestamp: iso(RECEIVED_AT + 1) })).toBe(RECEIVED_AT)
  expect(at({ timestamp: '1970-01-01T00:00:00Z' })).toBe(RECEIVED_AT)
})

test('whatever the clocks say, nothing happened after it was received or before ten years ago', () => {
  const time = fc.option(
    fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
    { nil: undefined },
  )
  fc.assert(
    fc.property(time, time, time, (timestamp, originalTimestamp, sentAt) => {
      const occurred = at({ timestamp, originalTimestamp, sentAt })
      expect(occurred).toBeLessThanOrEqual(RECEIVED_AT)
      expect(occurred).toBeGreaterThan(RECEIVED_AT - 3_660 * 86_400_000)
    }),
  )
})

test('map is pure: the same record gives the same contributions and is left unchanged', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (properties, context) => {
        const event = { type: 'track', event: 'X', properties, context }
        const before = JSON.stringify(event)
        const first = mapEvent(event)
        expect(mapEvent(event)).toEqual(first)
        expect(JSON.stringify(event)).toBe(before)
      },
    ),
  )
})

test('the webhook address is no way around the write key', async () => {
  const delivery = {
    headers: new Headers(),
    body: new Uint8Array(),
    url: 'https://hub.example/hooks/web',
    config: defaults,
    now: 0,
  }
  await expect(webhook!.verify(delivery)).rejects.toMatchObject({ code: 'webhook.unknown_connection' })
})
