import type { AccountAttributes, Instant, PersonAttributes } from '#model'
import type { ConnectorContext } from './source.ts'

export interface EnrichmentQuestion {
  kind: 'person' | 'account'
  /** What is known; only these leave for a provider. */
  email?: string
  domain?: string
  name?: string
  country?: string
  phone?: string
}

export interface EnrichedValue {
  value: unknown
  observedAt: Instant
  /** 0…1 */
  confidence: number
  licence?: string
}

export type EnrichmentAnswer =
  | {
      status: 'hit'
      fields: Partial<Record<keyof PersonAttributes | keyof AccountAttributes, EnrichedValue>>
      cost: number
    }
  /** The provider knows nothing: an answer, kept so that it is not asked again. */
  | { status: 'miss'; cost: number }

/** Adds what others know about a person or company. */
export interface Enricher<C> {
  /** Values of this enricher are guesses (`inferred`) or statements of a provider (`derived`). */
  method: 'derived' | 'inferred'
  /** Which questions it can answer; the waterfall does not ask others. */
  answers(question: EnrichmentQuestion): boolean
  /** The cache key: equal keys are never asked twice. */
  cacheKey(question: EnrichmentQuestion): string
  fields: { person?: readonly (keyof PersonAttributes)[]; account?: readonly (keyof AccountAttributes)[] }
  /** Days an answer and a miss are kept. */
  keepDays: { hit: number; miss: number }
  /** Throws a HubError where the provider failed: that is not a miss. */
  enrich(ctx: ConnectorContext<C>, question: EnrichmentQuestion): Promise<EnrichmentAnswer>
}

export const defineEnricher = <C>(enricher: Enricher<C>): Enricher<C> => enricher
