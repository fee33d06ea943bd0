import { type HubError, isRetryable } from '#kit'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import type { Engine } from '../engine.ts'
import { pullStream } from '../pull.ts'
import { backoffMs } from '../sending/backoff.ts'
import { noteFirstRead } from './first-read.ts'
import { pulledStreams } from './streams.ts'

/** A failing source has been asked several times already by its door: the first pause is half a minute. */
const PAUSES_SKIPPED = 4
const SHORTEST_LIMIT_MS = 60_000

interface Pause {
  until: number
  /** In a row. */
  failures: number
}

/**
 * Pulls every stream whose time has come, at most `maxPages` pages of each. A source that is down, refuses its key or
 * asks for patience is left alone as a whole, longer each time, so that ten streams do not knock at one closed door.
 * `hasMore`: a bound ended it, call again.
 */
export async function pullDue(
  { deps }: Pick<Engine, 'deps'>,
  options: { signal: AbortSignal; maxPages?: number; mayContinue?: () => boolean },
): Promise<{ pages: number; hasMore: boolean }> {
  const { control } = deps.store
  let pages = 0
  let hasMore = false
  const bugs: unknown[] = []
  for (const connection of deps.connections.values()) {
    const streams = pulledStreams(connection)
    if (streams.length === 0) continue
    let pause = await readPause(deps, connection)
    const settings = streams.map((name) => `pulled:${connection.name}/${name}`)
    const read = new Set((await control.settings(`pulled:${connection.name}/`)).map(({ key }) => key))
    const isFirst = settings.some((key) => !read.has(key))
    if (isFirst && !(pause && pause.until > deps.clock.now())) await noteFirstRead(deps, connection, true)
    for (const name of streams) {
      const now = deps.clock.now()
      if (options.signal.aborted || (pause && pause.until > now)) break
      const setting = `pulled:${connection.name}/${name}`
      const last = await control.getSetting(setting)
      if (last !== undefined && now - Number(last) < connection.everyMs) continue
      if (options.mayContinue?.() === false) return { pages, hasMore: true }
      let isBug = false
      const result = await pullStream(deps, connection, name, options).catch((bug: unknown) => {
        isBug = true
        bugs.push(bug)
        return undefined
      })
      const state = result?.run.state
      pages += result?.run.counts.pages ?? 0
      hasMore ||= state === 'stopped' && !options.signal.aborted
      if (result?.failure && concernsAll(result.failure)) {
        pause = await leaveAlone(deps, connection, pause, result.failure)
        break
      }
      if (isBug || state === 'done' || state === 'failed') {
        await control.setSetting(setting, String(now))
        read.add(setting)
      }
      if (pause && (state === 'done' || state === 'stopped')) pause = await resume(deps, connection)
    }
    const isLeftAlone = pause && pause.until > deps.clock.now()
    if (isLeftAlone || settings.every((key) => read.has(key))) await noteFirstRead(deps, connection, false)
  }
  if (bugs.length > 0) throw bugs[0]
  return { pages, hasMore }
}

/** A key that may not read one stream, or a query that is refused, says nothing about the other streams. */
const concernsAll = (error: HubError): boolean =>
  isRetryable(error) || (error.kind === 'auth' && error.code !== 'auth.forbidden')

const pauseOf = (connection: Connection): string => `pull-pause:${connection.name}`

async function readPause({ store }: EngineDeps, connection: Connection): Promise<Pause | undefined> {
  const text = await store.control.getSetting(pauseOf(connection))
  return text ? (JSON.parse(text) as Pause) : undefined
}

/** Never longer than the source is left alone when it is well. */
async function leaveAlone(
  { store, clock, log, random }: EngineDeps,
  connection: Connection,
  before: Pause | undefined,
  error: HubError,
): Promise<Pause> {
  const failures = (before?.failures ?? 0) + 1
  const limit = Math.max(connection.everyMs, SHORTEST_LIMIT_MS)
  const wait = error.details.retryAfterMs ?? Math.min(backoffMs(failures + PAUSES_SKIPPED, random), limit)
  const pause = { until: clock.now() + wait, failures }
  await store.control.setSetting(pauseOf(connection), JSON.stringify(pause))
  log.warn('source paused', {
    connection: connection.name,
    until: new Date(pause.until).toISOString(),
    failures,
  })
  return pause
}

async function resume({ store }: EngineDeps, connection: Connection): Promise<undefined> {
  await store.control.setSetting(pauseOf(connection), '')
}
