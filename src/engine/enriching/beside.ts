import { reportOf } from '#kit'
import type { StepResult } from '../deps.ts'
import type { Engine } from '../engine.ts'

/** Steps that wait for answers at the same time. A lead that comes while there are so many waits for the first to end. */
const MOST_AT_ONCE = 8
const AFTER_FAILURE_MS = 1_000

export interface Beside {
  /** The engine's step; of `enrich` only as far as it works: while it waits for answers, the other stages go on. */
  step: Engine['step']
  /** Resolves when no step waits any longer. */
  ended: () => Promise<void>
}

/** Lets the stages go on while providers are asked. `wake`: called when answers have been stored. */
export function enrichBeside(engine: Engine, signal: AbortSignal, wake: () => void): Beside {
  const { clock, log } = engine.deps
  const underWay = new Set<Promise<void>>()

  async function waitFor(turn: Promise<StepResult>): Promise<void> {
    try {
      if ((await turn).done > 0) wake()
    } catch (error) {
      if (signal.aborted) return
      log.error('stage failed', { error: reportOf(error) })
      await clock.sleep(AFTER_FAILURE_MS, signal).catch(() => {})
    }
  }

  return {
    async step(stage, options) {
      if (stage !== 'enrich') return engine.step(stage, options)
      if (underWay.size >= MOST_AT_ONCE) return { done: 0, more: false }
      const { promise: asking, resolve } = Promise.withResolvers<'asking'>()
      const turn = engine.step(stage, { ...options, onAsking: () => resolve('asking') })
      const first = await Promise.race([turn, asking])
      if (first !== 'asking') return first
      const waiting = waitFor(turn).finally(() => underWay.delete(waiting))
      underWay.add(waiting)
      return { done: 0, more: false }
    },
    async ended() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
