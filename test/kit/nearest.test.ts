import { expect, test } from 'vitest'
import { didYouMean, nearest, nearestNames, nearestOrAll } from '../../src/kit/index.ts'

test.each([
  ['apikey', 'apiKey'],
  ['api_key', 'apiKey'],
  ['apiKye', 'apiKey'],
  ['apiKeys', 'apiKey'],
  ['secret', 'webhookSecret'],
  ['webhook', 'webhookSecret'],
  ['colour', undefined],
])('who wrote %s may have meant %s', (written, meant) => {
  expect(nearest(written, ['apiKey', 'webhookSecret', 'every'])).toBe(meant)
})

test('the nearest come first, at most three, and a tie goes by the alphabet whatever the order', () => {
  const known = ['mailer', 'work_email', 'E-Mail', 'emails', 'phone']
  const ranked = ['E-Mail', 'emails', 'work_email']
  expect(nearestNames('email', known)).toEqual(ranked)
  expect(nearestNames('email', known.toReversed())).toEqual(ranked)
})

test('a long word may be wrong in three places, not in more', () => {
  expect(nearest('subscriptoinstaus', ['subscriptionstatus'])).toBe('subscriptionstatus')
  expect(nearest('subsxxxxtionstatus', ['subscriptionstatus'])).toBeUndefined()
})

test('where nothing is near, all is listed or nothing is said', () => {
  expect(nearestOrAll('mrr', ['b', 'a'])).toBe('known: a, b')
  expect(nearestOrAll('mrr', [])).toBe('nothing is known here')
  expect(didYouMean('mrr', ['b', 'a'])).toBe('')
  expect(didYouMean('pur', ['per', 'put'])).toBe(' Did you mean per or put?')
})
