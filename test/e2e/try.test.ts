import { expect, test } from 'vitest'
import { NOW, startHub } from '../support/hub.ts'
import { contentOf, duplicatesIn, writesOf } from '../support/snapshots.ts'
test('x', async () => {
  const hub = await startHub()
  const t0 = performance.now()
  const { stripe, sendgrid } = hub.sandboxes
  expect(await hub.collect('batch', { batch: [
    { type: 'page', messageId: 'm1', anonymousId: 'a1', timestamp: new Date(NOW - 3600000).toISOString(), context: { page: { url: 'https://x.example/?utm_source=g&utm_medium=cpc', referrer: 'https://www.google.com/' } } },
    { type: 'identify', messageId: 'm2', anonymousId: 'a1', userId: 'u1', timestamp: new Date(NOW - 3500000).toISOString(), traits: { email: 'Ada@Tarabridge.com', name: 'علی رضا', title: 'x' } },
  ] })).toBe(200)
  const d = await sendgrid.signedDelivery([{ event: 'click', email: 'ada@tarabridge.com', timestamp: Math.floor(NOW / 1000) - 60, url: 'https://x.example/a' }])
  expect(await hub.post('/hooks/sendgrid', d.body, d.headers)).toBe(200)
  await hub.drainAll()
  console.log(performance.now() - t0, JSON.stringify(contentOf(hub.sandboxes), null, 1), duplicatesIn(hub.sandboxes), writesOf(hub.sandboxes))
  console.log(JSON.stringify((await hub.store.inspect.totals()), null, 1))
})
