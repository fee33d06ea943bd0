/** Time as a dependency, so that tests and simulations decide what "now" is and never wait. */
export interface Clock {
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fire` after `ms`, unless the returned function was called before. Real time where absent. */
  startTimer?(ms: number, fire: () => void): () => void
}

/** What a timer can hold; beyond it, `setTimeout` fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock & Required<Pick<Clock, 'startTimer'>> = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    for (let left = ms; ; left -= MAX_TIMER_MS) {
      await sleepOnce(Math.min(left, MAX_TIMER_MS), signal)
      if (left <= MAX_TIMER_MS) return
    }
  },
  startTimer(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

const sleepOnce = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
