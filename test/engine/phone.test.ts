import { expect, test } from 'vitest'
import { Contribution, type Contribution as Said } from '#model'
import { CONTACTS, createWorld, MINUTE, person, START, type World } from './support.ts'

const CALLS = `${CONTACTS}
activities:
  - { kind: call.completed, as: Task, subject: "Call" }
`
const world = () => createWorld({ use: ['salesforce'], mappings: { 'contact.yaml': CALLS } })

const call = (number: string, minutes: number): Said =>
  Contribution.parse({
    type: 'touchpoint',
    person: [{ kind: 'phone', value: number }],
    touchpoint: {
      kind: 'call.completed',
      occurred_at: START - minutes * MINUTE,
      channel: 'phone',
      direction: 'inbound',
    },
  })

const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')
const callsOf = (w: World, email: string) => {
  const contact = contacts(w).find(({ Email }) => Email === email)
  return w.sandboxes.salesforce.records('Task').filter(({ WhoId }) => WhoId === contact?.Id).length
}

test('a call stands with the person whose number a source tells, before or after it', async () => {
  const w = await world()
  await w.say({ key: 'call-1', says: [call('+442079460123', 50)] })
  await w.settle()
  expect(contacts(w)).toEqual([])

  w.clock.advance(MINUTE)
  await w.say({
    key: 'ada',
    says: [person('ada@acme.de', { last_name: 'Lovelace', phone: '+44 (0)20 7946 0123' })],
  })
  await w.settle()
  expect(callsOf(w, 'ada@acme.de')).toBe(1)

  w.clock.advance(MINUTE)
  await w.say({ key: 'call-2', says: [call('+44 20 7946 0123', 10)] })
  await w.settle()
  expect(callsOf(w, 'ada@acme.de')).toBe(2)
  await w.close()
})

test('colleagues behind one switchboard stay two people; its calls stand with the one known first', async () => {
  const w = await world()
  const colleague = (name: string) => person(`${name}@acme.de`, { last_name: name, phone: '+442079460123' })
  await w.say({ key: 'ada', says: [colleague('ada')] })
  w.clock.advance(MINUTE)
  await w.say({ key: 'bob', says: [colleague('bob')] })
  await w.say({ key: 'call', says: [call('+442079460123', 10)] })
  await w.settle()
  expect(contacts(w)).toHaveLength(2)
  expect([callsOf(w, 'ada@acme.de'), callsOf(w, 'bob@acme.de')]).toEqual([1, 0])
  await w.close()
})

test('numbers that were guessed or bought lead no calls to anybody', async () => {
  const w = await world()
  const says = [
    person('ada@acme.de', { last_name: 'Lovelace' }),
    person('ada@acme.de', { phone: '+442079460123' }, { method: 'inferred', slot: 'guess' }),
  ]
  await w.say({ key: 'ada', says }, { key: 'call', says: [call('+442079460123', 10)] })
  await w.settle()
  expect(callsOf(w, 'ada@acme.de')).toBe(0)
  await w.close()
})
