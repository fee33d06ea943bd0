import { expect, test } from 'vitest'
import { callOf, type TwilioCall } from '../../src/sandbox/twilio/calls.ts'
import { ACCOUNT, BUYER, call, mapCall, NOW, US } from './support.ts'

const map = (more: Partial<TwilioCall>, config: Record<string, unknown> = {}) =>
  mapCall(callOf(ACCOUNT, call(1, more)), config)

test('a call is a touchpoint of the other side, with how long it was', () => {
  expect(map({ seconds: 61 })).toEqual([
    {
      type: 'touchpoint',
      person: [{ kind: 'phone', value: BUYER }],
      touchpoint: expect.objectContaining({
        kind: 'call.completed',
        occurred_at: NOW - 60_000,
        direction: 'inbound',
        channel: 'phone',
        props: expect.objectContaining({ seconds: 61, our_number: US }),
      }),
    },
  ])
  const [dialled] = map({ direction: 'outbound-dial', from: US, to: BUYER })
  expect(dialled).toMatchObject({
    person: [{ kind: 'phone', value: BUYER }],
    touchpoint: { direction: 'outbound' },
  })
})

test.each(['busy', 'no-answer', 'canceled'])('%s is a missed call', (status) => {
  const [missed] = map({ status, seconds: 0 })
  expect(missed).toMatchObject({ touchpoint: { kind: 'call.missed', props: { reason: status } } })
  expect(missed).not.toHaveProperty('touchpoint.props.seconds')
})

test('an answering machine is nobody who was spoken to', () => {
  const outbound = { direction: 'outbound-api', from: US, to: BUYER, answeredBy: 'machine_end_beep' } as const
  expect(map(outbound)).toMatchObject([{ touchpoint: { kind: 'call.missed', props: { reason: 'machine' } } }])
})

test.each(['queued', 'ringing', 'in-progress', 'failed', 'of-the-future'])('%s says nothing', (status) => {
  expect(map({ status })).toEqual([])
})

test.each(['client:sam', 'sip:sam@pbx.example', '+266696687', 'anonymous', '', '142', '+493023125142'])(
  'a call with %s concerns no buyer',
  (other) => {
    expect(map({ from: other })).toEqual([])
    expect(map({ direction: 'outbound-dial', from: US, to: other })).toEqual([])
  },
)

test('a date that cannot be read is a dead letter', () => {
  expect(() => mapCall({ ...callOf(ACCOUNT, call(1)), start_time: 'soon' })).toThrow(
    expect.objectContaining({ code: 'record.invalid' }),
  )
})
