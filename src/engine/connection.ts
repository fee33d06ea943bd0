import type { Clock } from '#kit'
import {
  type AnyConnector,
  type ConnectorContext,
  type ConsentFlow,
  type Door,
  type DriftPolicy,
  LANES,
  type Lane,
  type Log,
} from '#kit'
import type { DeletionRules } from './reading/deletions.ts'

/** One configured account of a connector, ready to use. */
export interface Connection {
  name: string
  connector: AnyConnector
  config: Record<string, unknown>
  http: Door
  /** Milliseconds between scheduled pulls. */
  everyMs: number
  /** Of the CRM's daily API limit, how many percent all tools together may use before this one waits. */
  quotaShare?: number
  /** What becomes of a pull whose records have other fields than before; warn where absent. */
  drift?: DriftPolicy | Record<string, DriftPolicy>
  /** How much of a stream may be deleted at once; the defaults where absent. */
  deletes?: Partial<DeletionRules>
  /** Secret path segment of its webhook address. */
  hookSecret?: string
  /** Where it is configured to be let in by a browser. */
  consent?: ConsentFlow
  /** Public address of the hub, for vendors that sign the URL. */
  publicUrl?: string
}

export function contextOf(
  connection: Connection,
  deps: { clock: Clock; log: Log; signal: AbortSignal },
): ConnectorContext<Record<string, unknown>> {
  return {
    connection: connection.name,
    config: connection.config,
    http: connection.http,
    log: deps.log.child({ connection: connection.name }),
    now: () => deps.clock.now(),
    signal: deps.signal,
  }
}

/** Milliseconds from a change to its deadline, by lane. */
export type LaneDeadlines = Record<Lane, number>

export const moreUrgent = (a: Lane, b: Lane): Lane => (LANES.indexOf(a) <= LANES.indexOf(b) ? a : b)
