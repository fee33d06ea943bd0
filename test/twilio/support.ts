import { Contribution } from '#model'
import type { TwilioConfig } from '../../connectors/twilio/api.ts'
import twilio from '../../connectors/twilio/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { createTwilioSandbox, type TwilioCall } from '../../src/sandbox/twilio/index.ts'
import { clockOf, connectorContext } from '../support/connector-context.ts'

export const NOW = Date.parse('2026-03-02T12:00:00Z')
export const MINUTE = 60_000
export const ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`
export const US = '+493023125100'
export const BUYER = '+442079460123'

export const parsed = (config: Record<string, unknown> = {}) =>
  twilio.config.parse({
    accountSid: ACCOUNT,
    apiKeySid: 'SK1',
    apiKeySecret: 'key-secret',
    authToken: 'auth-token',
    internalNumbers: ['+49 30 2312514*'],
    ...config,
  }) as unknown as TwilioConfig

/** The simulator and the context of a connection that reaches it; `at.now` is the time for both. */
export function connect(
  options: { config?: Record<string, unknown>; apiKeySecret?: string; requestsPerSecond?: number } = {},
) {
  const at = { now: NOW }
  const clock = clockOf(at)
  const sandbox = createTwilioSandbox({
    accountSid: ACCOUNT,
    apiKeySid: 'SK1',
    apiKeySecret: 'key-secret',
    authToken: 'auth-token',
    now: clock.now,
    ...(options.requestsPerSecond ? { requestsPerSecond: options.requestsPerSecond } : {}),
  })
  const config = parsed({
    ...options.config,
    ...(options.apiKeySecret ? { apiKeySecret: options.apiKeySecret } : {}),
  })
  const fetch = sandboxFetch([sandbox])
  const ctx = connectorContext<never>(twilio, {
    config: config as never,
    fetch,
    clock,
    connection: 'calls',
  })
  return { sandbox, ctx, at }
}

export const calls = twilio.streams!.calls!

export const sidOf = (n: number): string => `CA${n.toString(16).padStart(32, '0')}`

export const call = (n: number, more: Partial<TwilioCall> = {}): TwilioCall => ({
  sid: sidOf(n),
  from: BUYER,
  to: US,
  direction: 'inbound',
  status: 'completed',
  started: NOW - n * MINUTE,
  seconds: 30,
  ...more,
})

export const mapCall = (raw: unknown, config: Record<string, unknown> = {}): Contribution[] =>
  calls
    .map(calls.record.parse(raw), { connection: 'calls', config: parsed(config) as never })
    .map((contribution) => Contribution.parse(contribution))
