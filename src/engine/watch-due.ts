import { HubError, isRetryable, RateLimitError, reportOf } from '#kit'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import { isPaused, leaveAlone, pause, resume } from './sending/pause.ts'
import { lanesWithin } from './sending/quota.ts'
import { watchPage } from './watch.ts'

/** A CRM that refuses a poll is asked again after a minute at the earliest. */
const PAUSES_SKIPPED = 5
/** In place of an object: a CRM that counts calls counts those of all objects together. */
const ALL_OBJECTS = '*'

const pollOf = (object: string): string => `poll ${object}`

/** Objects of a destination that mappings write and that can tell what changed. */
function watchedObjects(deps: EngineDeps, connection: Connection): string[] {
  const { destination } = connection.connector
  if (!destination?.changes) return []
  const own = deps.mappings().filter((m) => m.destination === connection.name && m.mode !== 'off')
  return [...new Set(own.map((m) => m.object))].filter((object) => object in destination.objects)
}

/**
 * Polls every CRM object whose time has come, page by page. It gives way to delivery: a CRM whose quota is short is not
 * polled. `hasMore`: a bound ended it, call again.
 */
export async function watchDue(
  { deps }: { deps: EngineDeps },
  options: { signal: AbortSignal; maxPages?: number; mayContinue?: () => boolean },
): Promise<{ pages: number; hasMore: boolean }> {
  const { maxPages = Number.POSITIVE_INFINITY, mayContinue = () => true, signal } = options
  let pages = 0
  for (const connection of deps.connections.values()) {
    const objects = watchedObjects(deps, connection)
    if (objects.length === 0) continue
    const feeds = new Map((await deps.store.watch.feeds(connection.name)).map((feed) => [feed.object, feed]))
    for (const object of objects) {
      const now = deps.clock.now()
      const feed = feeds.get(object)
      const last = feed?.polledAt ?? Number.NEGATIVE_INFINITY
      const everyMs = Math.max(connection.everyMs, connection.connector.destination!.changes!.everyMs)
      if (feed?.page === undefined && now - last < everyMs) continue
      if (isLeftAlone(connection, ALL_OBJECTS, now)) break
      if (isLeftAlone(connection, object, now)) continue
      // A CRM that is down, or lets nobody in, is asked by one of us.
      if (isPaused(connection, now)) break
      if (!lanesWithin(connection, now).includes('touchpoint')) break
      const { deletionsEveryMs } = connection.connector.destination!.changes!
      const deletions = now - (feed?.deletionsAt ?? Number.NEGATIVE_INFINITY) >= deletionsEveryMs
      for (let left = maxPages; ; left--) {
        if (signal.aborted || left <= 0 || !mayContinue()) return { pages, hasMore: !signal.aborted }
        const watched = await watchCarefully(deps, connection, object, { deletions, signal })
        if (!watched || watched.isBusy) break
        pages++
        if (watched.isComplete) break
      }
    }
  }
  return { pages, hasMore: false }
}

const isLeftAlone = (connection: Connection, object: string, now: number): boolean =>
  isPaused(connection, now, pollOf(object))

/** What a CRM refuses of one object concerns neither the others nor delivery. */
async function watchCarefully(
  deps: EngineDeps,
  connection: Connection,
  object: string,
  { deletions, signal }: { deletions: boolean; signal: AbortSignal },
) {
  try {
    const watched = await watchPage(deps, contextOf(connection, { ...deps, signal }), object, { deletions })
    resume(connection, pollOf(object))
    resume(connection, pollOf(ALL_OBJECTS))
    return watched
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    // Our own database had no time: that is no outage of the CRM, and the next turn asks again.
    if (error.code === 'http.aborted' || error.code.startsWith('store.')) return undefined
    if ((isRetryable(error) && !(error instanceof RateLimitError)) || error.code === 'auth.rejected') {
      pause(deps, connection, error)
      return undefined
    }
    const refused = error instanceof RateLimitError ? ALL_OBJECTS : object
    leaveAlone(deps, connection, error, { subject: pollOf(refused), skipped: PAUSES_SKIPPED })
    deps.log.warn('change poll paused', { destination: connection.name, object, error: reportOf(error) })
    return undefined
  }
}
