import type { Contribution, PersonContribution, TouchpointContribution } from '#model'
import { Contribution as ContributionSchema } from '#model'
import website from '../../connectors/website/index.ts'

export const RECEIVED_AT = Date.parse('2026-03-01T12:00:00Z')

export const defaults = { writeKey: 'wk_test', keepBots: false }

/** What the connector makes of one event, checked against the canonical schema. */
export function mapEvent(
  event: Record<string, unknown>,
  options: { arrival?: Record<string, unknown>; config?: Record<string, unknown> } = {},
): Contribution[] {
  const stream = website.streams!.events!
  const record = stream.record.parse({
    received_at: RECEIVED_AT,
    ...options.arrival,
    event: { messageId: 'm1', anonymousId: 'anon-1', ...event },
  })
  const mapped = stream.map(record, { connection: 'web', config: { ...defaults, ...options.config } })
  return mapped.map((contribution) => ContributionSchema.parse(contribution))
}

export const touchpointIn = (contributions: Contribution[]): TouchpointContribution => {
  const found = contributions.filter((c) => c.type === 'touchpoint')
  if (found.length !== 1) throw new Error(`expected one touchpoint, got ${found.length}`)
  return found[0]!
}

export const personIn = (contributions: Contribution[]): PersonContribution => {
  const found = contributions.filter((c) => c.type === 'person')
  if (found.length !== 1) throw new Error(`expected one person, got ${found.length}`)
  return found[0]!
}

export const page = (context: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  type: 'page',
  context: { page: { url: 'https://www.acme.example/pricing', title: 'Pricing', ...context }, ...more },
})
