import {
  type AccountAttributes,
  dayOf,
  type Identifier,
  type Instant,
  type PersonAttributes,
  startOfDay,
} from '#model'
import type { AnyConnector } from './connector.ts'
import { RateLimitError } from './errors.ts'
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

export type EnrichedFields = Partial<Record<keyof PersonAttributes | keyof AccountAttributes, EnrichedValue>>

/** A company that an answer names beside the one that was asked about. */
export interface NamedCompany {
  identifiers: Identifier[]
  name?: string | undefined
}

export type EnrichmentAnswer =
  | {
      status: 'hit'
      fields: EnrichedFields
      cost: number
      /** What else points at the company, beside what was asked with. */
      identifiers?: Identifier[]
      /** The company that it belongs to, and the one at the top. */
      parent?: NamedCompany
      ultimateParent?: NamedCompany
    }
  /** The provider knows nothing: an answer, kept so that it is not asked again. */
  | { status: 'miss'; cost: number }

/** Adds what others know about a person or company. */
export interface Enricher<C> {
  /** Values of this enricher are guesses (`inferred`) or statements of a provider (`derived`). */
  method: 'derived' | 'inferred'
  /** It tells nobody and costs nothing: it is asked about everybody, and no look-up is counted. */
  isLocal?: boolean
  /** Which questions it can answer; the waterfall does not ask others. */
  answers(question: EnrichmentQuestion): boolean
  /** The cache key: equal keys are never asked twice. */
  cacheKey(question: EnrichmentQuestion): string
  fields: { person?: readonly (keyof PersonAttributes)[]; account?: readonly (keyof AccountAttributes)[] }
  /** Days an answer and a miss are kept. */
  keepDays: { hit: number; miss: number }
  /** Whether a connection is asked where nobody has said who is: `enrich.order` is absent. Always, where this is. */
  isAskedByDefault?(config: C): boolean
  /** What differs from connection to connection, where the configuration says what can be told. */
  configured?(config: C): Partial<Pick<Enricher<C>, 'answers' | 'fields' | 'keepDays'>>
  /** Throws a HubError where the provider failed: that is not a miss. */
  enrich(ctx: ConnectorContext<C>, question: EnrichmentQuestion): Promise<EnrichmentAnswer>
}

export const defineEnricher = <C>(enricher: Enricher<C>): Enricher<C> => enricher

/** The enricher of a connection, as its configuration makes it; undefined where the vendor has none. */
export function enricherOf(
  { enricher }: Pick<AnyConnector, 'enricher'>,
  config: Record<string, unknown>,
  // biome-ignore lint/suspicious/noExplicitAny: the configuration was read by the connector's own schema
): Enricher<any> | undefined {
  const own = enricher?.configured?.(config)
  return enricher && own ? { ...enricher, ...own } : enricher
}

/** Values of one source and time as fields of an answer. What it does not say (absent, null, empty) is left out. */
export function enrichedFields(
  values: { [K in keyof PersonAttributes | keyof AccountAttributes]?: unknown },
  { observedAt, confidence, licence }: Omit<EnrichedValue, 'value'>,
): EnrichedFields {
  const said = Object.entries(values).flatMap(([field, value]) => {
    const text = typeof value === 'string' ? value.trim() : value
    return text === undefined || text === null || text === ''
      ? []
      : [[field, { value: text, observedAt, confidence, ...(licence ? { licence } : {}) }]]
  })
  return Object.fromEntries(said)
}

/** The account at the provider is used up: it is asked again tomorrow. */
export const creditsExhausted = (
  connection: string,
  provider: string,
  now: Instant,
  vendorCode?: string,
): RateLimitError =>
  new RateLimitError(
    'enrich.credits_exhausted',
    `${connection}: ${provider} has no credits left; asked again tomorrow`,
    {
      httpStatus: 402,
      ...(vendorCode === undefined ? {} : { vendorCode }),
      retryAfterMs: startOfDay(dayOf(now) + 1) - now,
    },
  )
