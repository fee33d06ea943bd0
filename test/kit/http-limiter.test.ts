import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BASE, bench, json, status } from './door-support.ts'

// p-queue reads the machine's clock and timers, so these tests replace those. `setImmediate` stays real.
beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }),
)
afterEach(() => void vi.useRealTimers())

test('no more requests are in flight than the limits allow', async () => {
  let running = 0
  let most = 0
  const ends: (() => void)[] = []
  const { door } = bench(
    async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => ends.push(resolve))
      running--
      return json({})
    },
    { limits: { concurrency: 3 } },
  )
  const calls = Array.from({ length: 10 }, (_, i) =>
    i % 2 ? door.request({ url: '/x' }) : door.fetch(`${BASE}/x`),
  )
  let done = 0
  while (done < 10) {
    await new Promise((resolve) => setImmediate(resolve))
    const end = ends.shift()
    if (end) {
      end()
      done++
    }
  }
  await Promise.all(calls)
  expect(most).toBe(3)
})

test('no span of an interval sees more starts than the limits allow, and everything is sent in order', async () => {
  const starts: number[] = []
  const { door, sent } = bench(
    () => {
      starts.push(Date.now())
      return json({})
    },
    { limits: { concurrency: 100, intervalCap: 5, intervalMs: 1_000 } },
  )
  const calls = [door.request({ url: '/0' })]
  await vi.advanceTimersByTimeAsync(900)
  for (let i = 1; i < 23; i++) calls.push(door.request({ url: `/${i}` }))
  await vi.advanceTimersByTimeAsync(10_000)
  await Promise.all(calls)
  expect(sent.map(({ url }) => Number(url.split('/').at(-1)))).toEqual(
    Array.from({ length: 23 }, (_, i) => i),
  )
  for (const [i, start] of starts.entries()) {
    const sixth = starts[i + 5]
    if (sixth !== undefined) expect(sixth - start).toBeGreaterThanOrEqual(1_000)
  }
  expect(starts.at(-1)! - starts[0]!).toBeLessThan(6_000)
})

test('a repeat takes its turn like any other request', async () => {
  const starts: number[] = []
  const { door } = bench(
    () => {
      starts.push(Date.now())
      return starts.length === 1 ? status(503) : json({})
    },
    { limits: { intervalCap: 1, intervalMs: 1_000 } },
  )
  const call = door.request({ url: '/x' })
  await vi.advanceTimersByTimeAsync(1_500)
  await call
  expect(starts[1]! - starts[0]!).toBeGreaterThanOrEqual(1_000)
})

test('a request that waits to be repeated leaves its place to others', async () => {
  const { door, clock, sent } = bench([status(503), json({})], { limits: { concurrency: 1 } })
  const others: Promise<unknown>[] = []
  clock.sleep = async () => {
    others.push(door.request({ url: '/other' }))
    await others[0]
  }
  await door.request({ url: '/first' })
  expect(sent.map(({ url }) => new URL(url).pathname)).toEqual(['/first', '/other', '/first'])
})

test('connections do not wait for each other', async () => {
  const limits = { intervalCap: 1, intervalMs: 60_000 }
  const a = bench(json({}), { connection: 'a', limits })
  const b = bench(json({}), { connection: 'b', limits })
  await Promise.all([a.door.request({ url: '/x' }), b.door.request({ url: '/x' })])
  expect([a.sent.length, b.sent.length]).toEqual([1, 1])
})

test('an idle limiter leaves no timer behind', async () => {
  const { door } = bench(json({}), { limits: { intervalCap: 5, intervalMs: 60_000 } })
  await door.request({ url: '/x' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(vi.getTimerCount()).toBe(0)
})
