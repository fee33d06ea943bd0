import { expect, test } from 'vitest'
import { CONTACTS, createWorld, MINUTE, person, START, type World } from './support.ts'

let version = 0
const emailOf = (n: number) => `person-${n}@acme-works.com`
const fact = (n: number, title: string) => ({
  key: emailOf(n),
  updated_at: START + ++version,
  says: [person(emailOf(n), { last_name: 'Lovelace', title })],
})
const titleOf = (w: World, n: number) =>
  w.sandboxes.salesforce.records('Contact').find((row) => row.Email === emailOf(n))?.Title

/** So many of the calls of the day are used, by all tools together; the hub learns of it by its next call. */
async function useUp(w: World, share: number) {
  w.sandboxes.salesforce.setDailyLimit(Math.round(w.sandboxes.salesforce.apiCalls / share))
  await w.bill(fact(0, `calls at ${w.sandboxes.salesforce.apiCalls}`))
  await w.settle()
}

test('above its share of the day’s API calls a lane waits, the urgent ones longest; it goes on when calls come back', async () => {
  const w = await createWorld({
    mappings: { 'contact.yaml': CONTACTS },
    with: { salesforce: 'quotaShare: 50' },
  })
  // Enough calls that a few more change the share by little.
  for (let n = 0; n < 60; n++) {
    await w.say(fact(n, 'first'))
    await w.settle()
  }
  // 44 % of all calls are 88 % of our share: touchpoints have to wait above 85 %, billing above 95 %, leads never before.
  await useUp(w, 0.44)
  await w.say(fact(1, 'patient'))
  await w.bill(fact(2, 'urgent'))
  await w.settle()
  expect(titleOf(w, 2)).toBe('urgent')
  expect(titleOf(w, 1)).toBe('first')

  await useUp(w, 0.48)
  await w.bill(fact(3, 'late'))
  await w.say(fact(100, 'new lead'))
  await w.settle()
  expect(titleOf(w, 100), 'a new lead').toBe('new lead')
  expect(titleOf(w, 3)).toBe('first')

  const before = w.sandboxes.salesforce.apiCalls
  await w.settle()
  expect(w.sandboxes.salesforce.apiCalls, 'no call while the share is used up').toBe(before)
  w.sandboxes.salesforce.setDailyLimit(1_000_000)
  w.clock.advance(16 * MINUTE)
  await w.settle()
  expect([titleOf(w, 1), titleOf(w, 3)]).toEqual(['patient', 'late'])
  await w.close()
})
