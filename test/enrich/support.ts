import { type AnyConnector, type ConnectorContext, createAuthenticator, createDoor, silentLog } from '#kit'
import { type Sandbox, sandboxFetch } from '../../src/sandbox/sandbox.ts'

export const NOW = Date.UTC(2026, 10, 20, 9, 30)

export interface TestClock {
  now(): number
  sleep(ms: number): Promise<void>
  advance(ms: number): void
}

/** A clock that jumps instead of waiting. */
export function testClock(start = NOW): TestClock {
  let at = start
  return {
    now: () => at,
    async sleep(ms) {
      at += ms
    },
    advance(ms) {
      at += ms
    },
  }
}

/** What the engine hands to a connector, aimed at simulators. */
export function contextOf<C extends Record<string, unknown>>(
  connector: AnyConnector,
  config: C,
  sandboxes: Sandbox[],
  clock: TestClock = testClock(),
): ConnectorContext<C> {
  const { baseUrl } = connector
  const fetch = sandboxFetch(sandboxes)
  return {
    connection: connector.name,
    config,
    log: silentLog,
    now: clock.now,
    signal: new AbortController().signal,
    http: createDoor({
      connection: connector.name,
      baseUrl,
      limits: connector.limits,
      authenticator: createAuthenticator(connector.auth, config, { baseUrl, fetch, clock }),
      classify: connector.classify,
      fetch,
      clock,
      random: () => 0.5,
      log: silentLog,
    }),
  }
}
