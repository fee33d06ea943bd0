import { afterEach, expect, test } from 'vitest'
import { dailyPass } from '../../src/engine/daily.ts'
import { CONTACTS, createWorld, DAY, person, START, touch, type World } from './support.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

const CALL = 'phone.called'

/** Fields of the one contact that the CRM holds. */
async function contact(fields: string): Promise<Record<string, unknown>> {
  world = await createWorld({ mappings: { 'contact.yaml': CONTACTS + fields } })
  await world.say({
    key: '1',
    says: [
      person('ada@example.com', { last_name: 'Lovelace' }),
      touch('ada@example.com', CALL, START - 400 * DAY, { channel: 'phone' }),
      touch('ada@example.com', 'page.viewed', START - DAY),
    ],
  })
  await world.settle()
  return contactNow()
}
const contactNow = (): Record<string, unknown> => {
  const [record] = world!.sandboxes.salesforce.records('Contact')
  return record as Record<string, unknown>
}

test('a field over all days sees all days, although others look back a month only', async () => {
  const fields = await contact(`  Visits_30d__c: touchpoints | since("30d") | count
  First_Channel__c: touchpoints | first(channel)
  Touches__c: touchpoints | count
`)
  expect(fields).toMatchObject({ Visits_30d__c: 1, First_Channel__c: 'phone', Touches__c: 2 })
})

test('a streak that nothing continues ends by itself', async () => {
  const fields = await contact(
    '  Streak__c: { from: touchpoints | since("90d") | current_streak, write: always }\n',
  )
  expect(fields).toMatchObject({ Streak__c: 1 })
  const { deps } = world!.engine
  await dailyPass(deps)
  world!.clock.advance(2 * DAY)
  await dailyPass(deps)
  await world!.settle()
  expect(contactNow()).toMatchObject({ Streak__c: 0 })
})
