import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

test('a seed plays the same history every time', async () => {
  for (const seed of [3, 24, 57]) {
    const first = await simulate(seed)
    const second = await simulate(seed)
    expect(first.trace.length).toBeGreaterThan(20)
    expect(second.trace).toEqual(first.trace)
  }
})
