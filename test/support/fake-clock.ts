import type { Clock } from '../../src/kit/clock.ts'

export interface FakeClock extends Clock {
  startTimer(ms: number, fire: () => void): () => void
  /** Every wait asked of `sleep`, in order. */
  readonly waits: number[]
  /** Sleeps and timers that have neither ended nor been cancelled. */
  pending(): number
  /** Moves time on, ending sleeps and firing timers that fall due, each at its own instant. */
  advance(ms: number): Promise<void>
}

/**
 * A clock that moves only when told. `sleep` ends when the test has advanced far enough or, with `waiting: 'at once'`,
 * immediately, taking the time with it. Timers fire only through `advance`.
 */
export function fakeClock(
  options: { start?: number; waiting?: 'until advanced' | 'at once' } = {},
): FakeClock {
  const { start = Date.UTC(2026, 10, 22), waiting = 'until advanced' } = options
  let now = start
  const waits: number[] = []
  const due = new Set<{ at: number; fire: () => void }>()

  function startTimer(ms: number, fire: () => void): () => void {
    const timer = { at: now + ms, fire }
    due.add(timer)
    return () => {
      due.delete(timer)
    }
  }

  return {
    waits,
    now: () => now,
    pending: () => due.size,
    startTimer,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      waits.push(ms)
      if (waiting === 'at once') {
        now += ms
        return
      }
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          cancel()
          reject(signal?.reason)
        }
        const cancel = startTimer(ms, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const next = [...due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        due.delete(next)
        now = Math.max(now, next.at)
        next.fire()
        await settle()
      }
      now = end
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
