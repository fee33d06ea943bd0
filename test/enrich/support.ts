import type { AnyConnector, ConnectorContext } from '#kit'
import { type Sandbox, sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { connectorContext } from '../support/connector-context.ts'

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
  return connectorContext<C>(connector, { config, fetch: sandboxFetch(sandboxes), clock, isLimited: true })
}
