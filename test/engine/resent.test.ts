import { expect, test } from 'vitest'
import { createWorld, HUBSPOT_CONTACTS, MINUTE, START } from './support.ts'

const ADA = {
  type: 'identify',
  messageId: 'm1',
  anonymousId: 'anon-1',
  traits: { email: 'ada@acme.de', name: 'آدا' },
  timestamp: new Date(START - MINUTE).toISOString(),
}
const world = () =>
  createWorld({ use: ['website', 'hubspot'], mappings: { 'contacts.yaml': HUBSPOT_CONTACTS } })

test('an event that is sent again later says nothing new: it is neither absorbed nor projected again', async () => {
  const w = await world()
  await w.event({ ...ADA, sentAt: new Date(START).toISOString() })
  await w.settle()
  const { requests } = w.sandboxes.hubspot
  requests.length = 0
  w.clock.advance(MINUTE)
  await w.event({ ...ADA, sentAt: new Date(START + MINUTE).toISOString(), _metadata: { retryCount: 1 } })
  await w.work({ stages: ['unpack'] })
  expect((await w.inspect.totals()).records).toMatchObject({ total: 1, pending: 0 })
  await w.settle()
  expect(requests).toEqual([])
  await w.close()
})

test('the same holds for events without a messageId', async () => {
  const w = await world()
  const { messageId: _, ...event } = ADA
  await w.event({ ...event, sentAt: new Date(START).toISOString() })
  await w.settle()
  w.clock.advance(MINUTE)
  await w.event({ ...event, sentAt: new Date(START + MINUTE).toISOString(), _metadata: { retryCount: 1 } })
  await w.work({ stages: ['unpack'] })
  expect((await w.inspect.totals()).records).toMatchObject({ total: 1, pending: 0 })
  await w.close()
})

test('an event that says something else under its old messageId counts', async () => {
  const w = await world()
  await w.event(ADA)
  await w.settle()
  w.clock.advance(MINUTE)
  await w.event({ ...ADA, traits: { email: 'ada@acme.de', firstName: 'Ada' } })
  await w.settle()
  expect(w.sandboxes.hubspot.records('contacts')).toMatchObject([{ properties: { firstname: 'Ada' } }])
  await w.close()
})
