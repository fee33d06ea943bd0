import { expect, test } from 'vitest'
import type { AircallCall, AircallContact } from '../../src/sandbox/aircall/index.ts'
import { callOf, contactOf } from '../../src/sandbox/aircall/objects.ts'
import { call, calls, contact, contacts, map, NOW } from './support.ts'

const mapCall = (more: Partial<AircallCall>, entry?: Partial<AircallContact>) =>
  map(calls, callOf(call(1, more), entry ? contactOf(contact(7, entry)) : null))
const mapContact = (more: Partial<AircallContact>) => map(contacts, contactOf(contact(7, more)))

test('a call stands with its contact and its number; who took it, tags and comments are kept', () => {
  const user = { id: 1, name: 'Sam Seller', email: 'sam@tributary.example' }
  expect(mapCall({ user, tags: ['Demo'], comments: ['Likes it'], isRecorded: true }, {})).toEqual([
    {
      type: 'touchpoint',
      person: [
        { kind: 'vendor_id', value: '7' },
        { kind: 'email', value: 'c7@buyer.example' },
        { kind: 'phone', value: '+442079460123' },
      ],
      touchpoint: {
        kind: 'call.completed',
        occurred_at: NOW - 60_000,
        channel: 'phone',
        direction: 'inbound',
        props: {
          seconds: 30,
          user: 'Sam Seller',
          user_email: 'sam@tributary.example',
          our_number: '+49 30 23125100',
          tags: ['Demo'],
          comments: ['Likes it'],
          recording: 'https://assets.aircall.io/calls/1/recording',
        },
      },
    },
  ])
})

test('a call that nobody answered is missed, with its reason and whether somebody left a message', () => {
  const { answered: _, ...missed } = call(1, { reason: 'no_available_agent', hasVoicemail: true })
  const [touchpoint] = map(calls, callOf(missed, null))
  expect(touchpoint).toMatchObject({
    touchpoint: { kind: 'call.missed', props: { reason: 'no_available_agent', voicemail: true } },
  })
  expect(JSON.stringify(touchpoint)).not.toContain('Signature')
})

test('calls under way, among colleagues and of withheld numbers say nothing', () => {
  const { ended: _, ...underWay } = call(1)
  expect(map(calls, callOf(underWay, null))).toEqual([])
  expect(mapCall({ digits: 'anonymous' })).toEqual([])
  expect(mapCall({ digits: '+49 30 23125142' })).toEqual([])
  expect(mapCall({}, { emails: ['bo@tributary.example'] })).toEqual([])
})

test('a contact is a person by its first address; every number leads calls to it', () => {
  expect(
    mapContact({
      emails: ['', 'ada@buyer.example', 'bob@buyer.example'],
      numbers: ['+1 212 555 0199', '030 1'],
    }),
  ).toMatchObject([
    {
      identifiers: [
        { kind: 'vendor_id', value: '7' },
        { kind: 'email', value: 'ada@buyer.example' },
        { kind: 'phone', value: '+1 212 555 0199' },
        { kind: 'phone', value: '030 1' },
      ],
      attributes: { email: 'ada@buyer.example', phone: '+1 212 555 0199' },
    },
  ])
  expect(mapContact({ emails: ['bo@tributary.example'] })).toEqual([])
  expect(mapContact({ emails: [], numbers: ['+49 30 231 251 42'] })).toEqual([])
})
