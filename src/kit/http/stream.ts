import type { Clock } from '../clock.ts'
import { HubError, TransientError } from '../errors.ts'
import type { Usage } from '../http.ts'
import { createStop } from './stop.ts'

interface Reading {
  /** Redacted address, for errors. */
  place: string
  deadlineMs: number
  signal: AbortSignal | undefined
  clock: Clock
  usage: Usage
}

/** The text of an answer as it comes. Whoever stops listening lets go of the connection. */
export async function* readText(
  { body }: Response,
  { place, deadlineMs, signal, clock, usage }: Reading,
): AsyncGenerator<string> {
  if (!body) return
  const stop = createStop(clock, signal)
  stop.startDeadline(
    deadlineMs,
    () => new TransientError('http.timeout', `${place} did not end within ${deadlineMs} ms`),
  )
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await stop.race(reader.read())
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true })
      isOver = done
      if (text !== '') yield text
      if (done) return
    }
  } catch (error) {
    if (!(error instanceof HubError && error.code === 'http.aborted')) usage.failures++
    if (error instanceof HubError) throw error
    throw new TransientError('http.network', `The connection to ${place} was lost`, { cause: error })
  } finally {
    stop.dispose()
    if (!isOver) await reader.cancel().catch(() => {})
  }
}
