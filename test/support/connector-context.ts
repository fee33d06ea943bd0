import {
  type AnyConnector,
  type Clock,
  type ConnectorContext,
  createAuthenticator,
  createDoor,
  silentLog,
} from '#kit'

interface Given<C> {
  config: C
  /** Reaches the simulators. */
  fetch: typeof globalThis.fetch
  clock: Clock
  /** Name of the connection; the connector's where absent. */
  connection?: string
  baseUrl?: string
  signal?: AbortSignal
  /** The connector's own limits hold: they are kept by real timers. */
  isLimited?: boolean
}

/** What the engine hands to a connector, aimed at simulators: its authentication and its errors through the one door. */
export function connectorContext<C extends Record<string, unknown>>(
  connector: AnyConnector,
  given: Given<C>,
): ConnectorContext<C> {
  const { config, fetch, clock, connection = connector.name, baseUrl = connector.baseUrl } = given
  const http = createDoor({
    connection,
    baseUrl,
    authenticator: createAuthenticator(connector.auth, config, { baseUrl, fetch, clock }),
    classify: connector.classify,
    ...(given.isLimited ? { limits: connector.limits } : {}),
    fetch,
    clock,
    random: () => 0.5,
    log: silentLog,
  })
  const signal = given.signal ?? new AbortController().signal
  return { connection, config, http, log: silentLog, now: clock.now, signal }
}

/** A clock that stands at `at.now`; waiting moves it on at once. */
export const clockOf = (at: { now: number }, waits: number[] = []): Clock => ({
  now: () => at.now,
  async sleep(ms, signal) {
    signal?.throwIfAborted()
    waits.push(ms)
    at.now += ms
  },
})
