import type { Enricher, EnrichmentAnswer, EnrichmentQuestion } from '#kit'
import { type Consent, DAY_MS, dayOf, type Instant, type Method, startOfDay } from '#model'

// biome-ignore lint/suspicious/noExplicitAny: planning never touches the config, whose type differs per connector
export type AnyEnricher = Enricher<any>

/** One step of the waterfall: a connection that can enrich, in the order in which it is to be asked. */
export interface WaterfallStep {
  connection: string
  enricher: AnyEnricher
  /** Calls per UTC day; unlimited where absent. */
  dailyBudget?: number | undefined
  /** Answers without telling anyone. By default, enrichers that infer. */
  isLocal?: boolean
}

/** A ledger row: this question was asked; its answer (or failure) stands until `expiresAt`. */
export interface KnownAnswer {
  provider: string
  key: string
  expiresAt: Instant
}

/**
 * Ledger key of a provider as a whole. A row under it (its quota or credits are used up) keeps every question from that
 * provider until the row expires.
 */
export const PAUSE_KEY = '*'

export interface Subject {
  question: EnrichmentQuestion
  /** How each golden field is known; undefined or missing where it is absent or null. */
  goldenFields: Readonly<Record<string, { method: Method } | undefined>>
  consent?: Consent | null | undefined
}

export interface PlanRequest {
  enrichers: readonly WaterfallStep[]
  known: readonly KnownAnswer[]
  /** Calls made since the start of the UTC day, by connection. */
  spentToday: Readonly<Record<string, number>>
  now: Instant
}

export interface Ask {
  connection: string
  enricher: AnyEnricher
  /** Cache key: also the key of the record that the answer becomes. */
  key: string
}

/** A question that would be asked but for its budget or a pause of the provider; worth another look at `until`. */
export interface Deferral {
  connection: string
  key: string
  until: Instant
}

export interface Plan {
  asks: Ask[]
  deferred: Deferral[]
}

/**
 * Whom to ask next about each person or company, in order. A provider is asked only where it could fill a field that is
 * absent, null or merely inferred and that no provider before it in this plan could fill: plan again with that answer
 * added (`withAnswer`) to ask the next provider for what is still missing, until nothing is left to ask. Never asked: what the ledger still holds
 * (a hit, a miss or a failure that has not expired), what the budget does not cover, and third parties about a person
 * who objected (GPC, or marketing denied). The subjects share the budget, and a question that two of them have is asked
 * once.
 */
export function planBatch(request: PlanRequest & { subjects: readonly Subject[] }): Plan[] {
  const taken = new Set(
    request.known.filter((row) => row.expiresAt > request.now).map((row) => idOf(row.provider, row.key)),
  )
  const left = new Map(
    request.enrichers.map(({ connection, dailyBudget }) => [
      connection,
      Math.max(0, (dailyBudget ?? Number.POSITIVE_INFINITY) - (request.spentToday[connection] ?? 0)),
    ]),
  )
  const tomorrow = startOfDay(dayOf(request.now) + 1)
  const pausedUntil = new Map(
    request.known.filter((row) => row.key === PAUSE_KEY).map((row) => [row.provider, row.expiresAt]),
  )

  return request.subjects.map((subject) => {
    const plan: Plan = { asks: [], deferred: [] }
    const hopedFor = new Set<string>()
    for (const step of request.enrichers) {
      const { connection, enricher } = step
      if (!mayAsk(step, subject) || !enricher.answers(subject.question)) continue
      const gaps = gapsOf(enricher, subject).filter((field) => !hopedFor.has(field))
      if (gaps.length === 0) continue
      const key = enricher.cacheKey(subject.question)
      if (taken.has(idOf(connection, key))) continue
      const pause = pausedUntil.get(connection) ?? 0
      const budget = left.get(connection) ?? 0
      if (pause > request.now || budget < 1) {
        plan.deferred.push({ connection, key, until: pause > request.now ? pause : tomorrow })
        continue
      }
      left.set(connection, budget - 1)
      taken.add(idOf(connection, key))
      plan.asks.push({ connection, enricher, key })
      if (enricher.method !== 'inferred') for (const field of gaps) hopedFor.add(field)
    }
    return plan
  })
}

/** What is known once an answer is in, so that the next plan sees it before it has been absorbed. */
export function withAnswer(
  goldenFields: Subject['goldenFields'],
  enricher: AnyEnricher,
  answer: EnrichmentAnswer,
): Subject['goldenFields'] {
  if (answer.status === 'miss') return goldenFields
  const known = { ...goldenFields }
  for (const field of Object.keys(answer.fields)) {
    if (known[field] && known[field].method !== 'inferred') continue
    known[field] = { method: enricher.method }
  }
  return known
}

/** Ledger keys of a subject, the pauses of its providers included, for reading what is known before planning. */
export function ledgerKeys(
  enrichers: readonly WaterfallStep[],
  question: EnrichmentQuestion,
): { provider: string; key: string }[] {
  return enrichers
    .filter(({ enricher }) => enricher.answers(question))
    .flatMap(({ connection, enricher }) => [
      { provider: connection, key: enricher.cacheKey(question) },
      { provider: connection, key: PAUSE_KEY },
    ])
}

/** Until when an answer is kept: the ledger's `expiresAt`. */
export function expiryOf(enricher: AnyEnricher, status: 'hit' | 'miss', now: Instant): Instant {
  return now + enricher.keepDays[status] * DAY_MS
}

const idOf = (provider: string, key: string) => `${provider}\u0000${key}`

function mayAsk(
  { enricher, isLocal = enricher.method === 'inferred' }: WaterfallStep,
  { question, consent }: Subject,
): boolean {
  if (isLocal || question.kind === 'account') return true
  return consent?.gpc !== true && consent?.marketing !== 'denied'
}

/** A guess improves only on nothing; a provider also improves on a guess. */
function gapsOf(enricher: AnyEnricher, { question, goldenFields }: Subject): string[] {
  const fields: readonly string[] = enricher.fields[question.kind] ?? []
  return fields.filter((field) => {
    const golden = goldenFields[field]
    return !golden || (golden.method === 'inferred' && enricher.method !== 'inferred')
  })
}
