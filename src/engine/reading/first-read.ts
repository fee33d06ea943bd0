import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'

/**
 * While a source is read for the first time, half of it is known: customers without their subscriptions look like leads,
 * and would become leads in the CRM. What a first read brings leaves when that read is complete, however long it takes.
 */
const PREFIX = 'first-read:'

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
  const isNoted = Boolean(await store.control.getSetting(key))
  if (isNoted === isUnderWay) return
  await store.control.setSetting(key, isUnderWay ? String(clock.now()) : '')
  seen.delete(connections)
}

/** Whether any source is being read for the first time, by this process or another. */
export async function isFirstReadUnderWay({ store, clock, connections }: EngineDeps): Promise<boolean> {
  const now = clock.now()
  const last = seen.get(connections)
  if (last && now - last.at >= 0 && now - last.at < LOOK_MS) return last.isUnderWay
  const noted = await store.control.settings(PREFIX)
  const isUnderWay = noted.some(
    ({ key, value }) =>
      value && connections.has(key.slice(PREFIX.length)) && now - Number(value) < LONGEST_MS,
  )
  seen.set(connections, { at: now, isUnderWay })
  return isUnderWay
}
