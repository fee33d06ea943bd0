import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '#kit'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a sleep ends after its time', async () => {
  let isOver = false
  const sleep = systemClock.sleep(1_000).then(() => (isOver = true))
  await vi.advanceTimersByTimeAsync(999)
  expect(isOver).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  await sleep
})

test('a sleep is stopped with the signal’s reason and leaves no timer', async () => {
  const stop = new AbortController()
  const sleep = systemClock.sleep(60_000, stop.signal)
  stop.abort('enough')
  await expect(sleep).rejects.toBe('enough')
  expect(vi.getTimerCount()).toBe(0)
  await expect(systemClock.sleep(1, AbortSignal.abort('before'))).rejects.toBe('before')
})

test('a sleep of months does not end at once', async () => {
  const days = 60 * 86_400_000
  const start = Date.now()
  const sleep = systemClock.sleep(days).then(() => Date.now() - start)
  await vi.runAllTimersAsync()
  expect(await sleep).toBe(days)
})

test('a timer fires once, or not at all when it is cancelled', async () => {
  const fired: string[] = []
  systemClock.startTimer(10, () => fired.push('a'))
  const cancel = systemClock.startTimer(10, () => fired.push('b'))
  cancel()
  await vi.advanceTimersByTimeAsync(100)
  expect(fired).toEqual(['a'])
  expect(vi.getTimerCount()).toBe(0)
})
