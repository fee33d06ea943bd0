import { LANES, type Lane, type Quota } from '#kit'
import type { Connection } from '../connection.ts'

/** Where the configuration names no share: a fifth of the day's calls stays for people and other tools. */
export const DEFAULT_QUOTA_SHARE = 80

/** How much of our share may be in use before a lane has to wait: the urgent ones go on longest. */
const LANE_SHARE: Record<Lane, number> = { lead: 1, billing: 0.95, touchpoint: 0.85, backfill: 0.7 }

/** Without calls nobody learns that the window has moved on: so often one step goes ahead all the same. */
const PROBE_MS = 15 * 60_000

/** What the CRM said of its daily quota in its last answer; undefined before the first one. */
export const quotaOf = ({ connector, http }: Connection): Quota | undefined =>
  connector.destination?.quota?.(http.usage.quota)

/**
 * Lanes that may leave now, most urgent first: the day's quota is a budget, of which all tools together may use
 * `quotaShare` percent before this one waits. None where even the most urgent lane has to.
 */
export function lanesWithin(connection: Connection, now: number): readonly Lane[] {
  const quota = quotaOf(connection)
  const { answeredAt = 0 } = connection.http.usage
  if (!quota || now - answeredAt >= PROBE_MS) return LANES
  return LANES.filter((lane) => leavesRoom(connection, lane))
}

/** Whether a call that nobody waits for may be made now. */
function leavesRoom(connection: Connection, lane: Lane): boolean {
  const quota = quotaOf(connection)
  const share = (connection.quotaShare ?? DEFAULT_QUOTA_SHARE) / 100
  return !quota || quota.used < quota.limit * share * LANE_SHARE[lane]
}
