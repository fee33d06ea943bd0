import { type Clock, systemClock } from '../clock.ts'
import { type HubError, TransientError } from '../errors.ts'

/** What may end one attempt before its answer: the caller, or the deadline. */
export interface Stop {
  /** For `fetch`. Only ever one attempt old, so nothing gathers on the caller's long-lived signal. */
  readonly signal: AbortSignal
  /** Why the attempt was ended early; undefined while it was not. */
  reason(): HubError | undefined
  /** The promise, or the reason as soon as there is one: some runtimes and fakes do not heed signals. */
  race<T>(promise: Promise<T>): Promise<T>
  startDeadline(ms: number, reason: () => HubError): void
  /** Removes listener and timer. */
  dispose(): void
}

export function createStop(clock: Clock, caller: AbortSignal | undefined): Stop {
  const controller = new AbortController()
  let reason: HubError | undefined
  let cancelTimer: (() => void) | undefined
  let reject: (reason: HubError) => void = () => {}
  const stopped = new Promise<never>((_resolve, rejectStopped) => {
    reject = rejectStopped
  })
  stopped.catch(() => {})

  function stop(why: HubError): void {
    if (reason) return
    reason = why
    reject(why)
    controller.abort(why)
  }
  const onAbort = () => stop(aborted(caller?.reason))
  if (caller?.aborted) onAbort()
  else caller?.addEventListener('abort', onAbort, { once: true })

  return {
    signal: controller.signal,
    reason: () => reason,
    race: (promise) => Promise.race([promise, stopped]),
    startDeadline(ms, why) {
      const startTimer = clock.startTimer?.bind(clock) ?? systemClock.startTimer
      cancelTimer = startTimer(ms, () => stop(why()))
    },
    dispose() {
      cancelTimer?.()
      caller?.removeEventListener('abort', onAbort)
    },
  }
}

export function aborted(cause: unknown): TransientError {
  return new TransientError('http.aborted', 'The call was stopped before it ended', { cause })
}

/** The work, with whatever its signal makes it throw turned into `http.aborted`. */
export async function orAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw signal?.aborted ? aborted(error) : error
  }
}
