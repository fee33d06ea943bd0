import type { Instant } from '#model'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'

/**
 * While a source is read for the first time, half of it is known: customers without their subscriptions look like leads,
 * and would become leads in the CRM. What a first read brings leaves when that read is complete, however long it takes,
 * and all that it brought is projected. The setting: when it began, and whether it has come to its end.
 */
const PREFIX = 'first-read:'
const ENDED = 'ended'

/** A source that never comes to its end must not keep the others waiting. */
const LONGEST_MS = 6 * 3_600_000
/** Between two looks at the database; many steps of delivery pass in that time. */
const LOOK_MS = 1_000

const seen = new WeakMap<object, { at: number; isUnderWay: boolean }>()

/** Notes that a source is being read for the first time, or no longer is: it is complete, or left alone. */
export async function noteFirstRead(
  { store, clock, connections }: EngineDeps,
  { name }: Connection,
  isUnderWay: boolean,
): Promise<void> {
  const key = PREFIX + name
  const noted = readOf(await store.control.getSetting(key))
  const isNoted = noted !== undefined && !noted.hasEnded
  if (isNoted === isUnderWay) return
  await store.control.setSetting(key, isUnderWay ? String(clock.now()) : `${noted?.startedAt} ${ENDED}`)
  seen.delete(connections)
}

interface FirstRead {
  startedAt: Instant
  hasEnded: boolean
}

function readOf(value: string | undefined): FirstRead | undefined {
  if (!value) return undefined
  const [startedAt, state] = value.split(' ')
  return { startedAt: Number(startedAt), hasEnded: state === ENDED }
}

/** Whether any source is being read for the first time, by this process or another, or what it brought is still under way. */
export async function isFirstReadUnderWay({ store, clock, connections }: EngineDeps): Promise<boolean> {
  const now = clock.now()
  const last = seen.get(connections)
  if (last && now - last.at >= 0 && now - last.at < LOOK_MS) return last.isUnderWay
  let isUnderWay = false
  let isEnding = false
  for (const { key, value } of await store.control.settings(PREFIX)) {
    const read = readOf(value)
    if (!read || !connections.has(key.slice(PREFIX.length)) || now - read.startedAt >= LONGEST_MS) continue
    if (!read.hasEnded) isUnderWay = true
    else if (await store.project.isBehind('backfill')) isEnding = true
    else await store.control.setSetting(key, '')
  }
  // The next step may have projected the rest.
  if (!isUnderWay && isEnding) return true
  seen.set(connections, { at: now, isUnderWay })
  return isUnderWay
}
