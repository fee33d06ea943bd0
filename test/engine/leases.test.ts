import { expect, test } from 'vitest'
import { createLeases, presenceOf, takeOver } from '../../src/engine/sending/leases.ts'
import { openStore } from '../../src/store/open-store.ts'
import { START, testClock } from './support.ts'

test('a stage belongs to one process until its lease ends or is handed over', async () => {
  const store = await openStore('file::memory:')
  const clock = testClock()
  const [first, second] = ['host:1', 'host:2'].map((holder) => createLeases({ store, clock, holder }))
  expect(await first!.hold('stage:absorb')).toBe(true)
  expect(await second!.hold('stage:absorb')).toBe(false)
  await first!.release()
  expect(await second!.hold('stage:absorb')).toBe(true)
  clock.advance(60_000)
  expect(await first!.hold('stage:absorb')).toBe(true)
  await store.close()
})

test('a lease that is used is kept alive', async () => {
  const store = await openStore('file::memory:')
  const clock = testClock()
  const [first, second] = ['host:1', 'host:2'].map((holder) => createLeases({ store, clock, holder }))
  for (let i = 0; i < 20; i++) {
    expect(await first!.hold('stage:absorb')).toBe(true)
    clock.advance(5_000)
    expect(await second!.hold('stage:absorb')).toBe(false)
  }
  await store.close()
})

test('what a dead process held is taken over at once; what a living one holds is not', async () => {
  const store = await openStore('file::memory:')
  const clock = testClock()
  await createLeases({ store, clock, holder: 'host:dead' }).hold('stage:absorb')
  await createLeases({ store, clock, holder: 'host:alive' }).hold(presenceOf('host:alive'))
  await takeOver(store, { now: START, isDead: (holder) => holder === 'host:dead' })
  expect(await store.control.leaseHolders(START)).toEqual(['host:alive'])
  await store.close()
})
