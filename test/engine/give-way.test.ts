import { expect, test } from 'vitest'
import type { Engine, StepOptions } from '../../src/engine/engine.ts'
import { drain } from '../../src/engine/schedule.ts'
import { testClock } from './support.ts'

/** An engine whose stage takes 10 ms a step, five steps long, while senders press until an instant. */
function pressedEngine(pressFor: number) {
  const clock = testClock()
  const pressEnds = clock.now() + pressFor
  const steps: { at: number; isPressed: boolean | undefined }[] = []
  const engine = {
    deps: { clock },
    receiver: { isPressed: () => clock.now() < pressEnds },
    async step(_: string, { isPressed }: StepOptions) {
      if (steps.length === 5) return { done: 0, more: false }
      steps.push({ at: clock.now(), isPressed })
      clock.advance(10)
      return { done: 1, more: true }
    },
  }
  return { engine: engine as unknown as Engine, steps, clock }
}

const { signal } = new AbortController()
const gaps = (steps: { at: number }[]) => steps.slice(1).map(({ at }, i) => at - steps[i]!.at)

test('stages take small steps and leave four fifths of the time to senders that press', async () => {
  const { engine, steps } = pressedEngine(1_000)
  await drain(engine, { signal, stages: ['absorb'] })
  expect(gaps(steps)).toEqual([50, 50, 50, 50])
  expect(steps.every((s) => s.isPressed)).toBe(true)
})

test('stages go on at once when the press is over', async () => {
  const { engine, steps } = pressedEngine(75)
  await drain(engine, { signal, stages: ['absorb'] })
  expect(gaps(steps)).toEqual([50, 25, 10, 10])
  expect(steps.map((s) => s.isPressed)).toEqual([true, true, false, false, false])
})

test('without a press nobody waits', async () => {
  const { engine, steps } = pressedEngine(0)
  await drain(engine, { signal, stages: ['absorb'] })
  expect(gaps(steps)).toEqual([10, 10, 10, 10])
})
