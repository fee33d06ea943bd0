import type { ConnectorContext, Cursor } from '#kit'
import { Contribution } from '#model'
import aircall from '../../connectors/aircall/index.ts'
import {
  type AircallCall,
  type AircallContact,
  createAircallSandbox,
} from '../../src/sandbox/aircall/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { clockOf, connectorContext } from '../support/connector-context.ts'

export const NOW = Date.parse('2026-03-02T12:00:00Z')
export const MINUTE = 60_000
export const BUYER = '+44 20 7946 0123'

export const parsed = (config: Record<string, unknown> = {}) =>
  aircall.config.parse({
    apiId: 'id',
    apiToken: 'api-token',
    webhookToken: 'hook-token',
    internalNumbers: ['+49 30 2312514*'],
    internalDomains: ['tributary.example'],
    ...config,
  }) as never

/** The simulator and the context of a connection that reaches it; waiting moves `at.now`. */
export function connect(options: { apiToken?: string; requestsPerMinute?: number } = {}) {
  const at = { now: NOW }
  const waits: number[] = []
  const sandbox = createAircallSandbox({
    apiId: 'id',
    apiToken: 'api-token',
    webhookToken: 'hook-token',
    now: () => at.now,
    ...(options.requestsPerMinute ? { requestsPerMinute: options.requestsPerMinute } : {}),
  })
  const config = parsed(options.apiToken ? { apiToken: options.apiToken } : {})
  const fetch = sandboxFetch([sandbox])
  const ctx = connectorContext<never>(aircall, {
    config,
    fetch,
    clock: clockOf(at, waits),
    connection: 'phone',
  })
  return { sandbox, ctx, at, waits }
}

export const { calls, contacts } = aircall.streams as Record<
  'calls' | 'contacts',
  NonNullable<typeof aircall.streams>[string]
>

export async function pull(
  stream: typeof calls,
  ctx: ConnectorContext<never>,
  cursor?: Cursor,
  between?: () => void,
) {
  const ids: number[] = []
  let last = cursor
  for await (const page of stream.pull!.read(ctx, cursor)) {
    ids.push(...page.records.map((record) => (record as { id: number }).id))
    last = JSON.parse(JSON.stringify(page.cursor))
    between?.()
  }
  return { ids, cursor: last! }
}

export const call = (id: number, more: Partial<AircallCall> = {}): AircallCall => ({
  id,
  direction: 'inbound',
  digits: BUYER,
  started: NOW - id * MINUTE,
  answered: NOW - id * MINUTE + 10_000,
  ended: NOW - id * MINUTE + 40_000,
  ...more,
})

export const contact = (id: number, more: Partial<AircallContact> = {}): AircallContact => ({
  id,
  created: NOW - id * MINUTE,
  updated: NOW - id * MINUTE,
  first_name: `C${id}`,
  emails: [`c${id}@buyer.example`],
  numbers: [BUYER],
  ...more,
})

export const map = (stream: typeof calls, raw: unknown): Contribution[] =>
  stream
    .map(stream.record.parse(raw), { connection: 'phone', config: parsed() })
    .map((contribution) => Contribution.parse(contribution))
