import type { EnrichmentAnswer, EnrichmentQuestion } from '#kit'
import { type Consent, dayOf, type Instant, startOfDay } from '#model'
import {
  type AnyEnricher,
  type Circumstances,
  fieldsOf,
  gapOf,
  isLocal,
  type KnownValue,
  type WaterfallStep,
} from './rules.ts'

/** A ledger row: this question was asked; its answer (or failure) stands until `expiresAt`. */
export interface KnownAnswer {
  provider: string
  key: string
  expiresAt: Instant
  /** `asked`: nobody knows the answer yet. */
  status?: 'hit' | 'miss' | 'error' | 'asked'
  at?: Instant
}

/**
 * Ledger key of a provider as a whole. A row under it (its quota or credits are used up) keeps every question from that
 * provider until the row expires.
 */
export const PAUSE_KEY = '*'

/** Nobody waits longer for an answer. A claim that is older has lost its process. */
export const ASK_LIVES_MS = 60_000

export interface Subject {
  question: EnrichmentQuestion
  /** How each golden field is known; undefined or missing where it is absent or null. */
  goldenFields: Readonly<Record<string, KnownValue | undefined>>
  /** Golden values, for conditions of the configuration. */
  values?: Circumstances['values']
  consent?: Consent | null | undefined
}

export interface PlanRequest {
  enrichers: readonly WaterfallStep[]
  known: readonly KnownAnswer[]
  /** Calls made since the start of the UTC day, by connection. */
  spentToday: Readonly<Record<string, number>>
  now: Instant
  /** Most look-ups of third parties about one person or company, while their answers are kept. */
  perEntity?: number | undefined
}

export interface Ask {
  connection: string
  enricher: AnyEnricher
  step: WaterfallStep
  /** Cache key: also the key of the record that the answer becomes. */
  key: string
  /** What the claim has to fit into. */
  budget?: { calls: number; since: Instant }
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

/** `open`: may be asked · `hoped`: is being asked · `closed`: has said what it knows, or may not be asked now. */
type State = 'open' | 'hoped' | 'closed'

/**
 * Whom to ask next about each person or company, in order. A provider is asked only where it could fill a field that is
 * absent, null, merely inferred, too old or not sure enough, and that no provider before it in this plan could fill: plan
 * again with that answer added (`withAnswer`) to ask the next provider for what is still missing, until nothing is left
 * to ask. Never asked: what the ledger still holds (a hit, a miss or a failure that has not expired), what the budgets do
 * not cover, what the configuration excludes, and third parties about a person who objected (GPC, or marketing denied).
 * The subjects share the budget, and a question that two of them have is asked once.
 */
export function planBatch(request: PlanRequest & { subjects: readonly Subject[] }): Plan[] {
  const { now } = request
  const today = startOfDay(dayOf(now))
  const tomorrow = startOfDay(dayOf(now) + 1)
  const known = new Map<string, KnownAnswer>()
  for (const row of request.known) if (row.expiresAt > now) known.set(idOf(row.provider, row.key), row)
  const inThisPlan = new Set<string>()
  const left = new Map(
    request.enrichers.map(({ connection, dailyBudget }) => [
      connection,
      Math.max(0, (dailyBudget ?? Number.POSITIVE_INFINITY) - (request.spentToday[connection] ?? 0)),
    ]),
  )

  return request.subjects.map((subject) => {
    const { question, goldenFields, values = {}, consent } = subject
    const { kind } = question
    const plan: Plan = { asks: [], deferred: [] }
    const states = new Map<WaterfallStep, State>()
    const steps = request.enrichers.filter(
      (step) =>
        mayAsk(step, subject) &&
        step.enricher.answers(question) &&
        (step.rule?.when?.[kind]?.({ values, consent, now }) ?? true),
    )
    let lookups = steps.filter((step) => {
      const row = known.get(idOf(step.connection, step.enricher.cacheKey(question)))
      return row && row.status !== 'error' && !isLocal(step)
    }).length

    const open = (step: WaterfallStep): State => {
      const { connection, enricher, dailyBudget } = step
      const key = enricher.cacheKey(question)
      const id = idOf(connection, key)
      const defer = (until: Instant): State => {
        plan.deferred.push({ connection, key, until })
        return 'closed'
      }
      const row = known.get(id)
      if (row?.status === 'asked') {
        const lives = (row.at ?? now) + ASK_LIVES_MS
        defer(lives > now ? lives : row.expiresAt)
        return lives > now ? 'hoped' : 'closed'
      }
      if (row) return 'closed'
      if (inThisPlan.has(id)) return 'hoped'
      const pause = known.get(idOf(connection, PAUSE_KEY))
      if (pause) return defer(pause.expiresAt)
      if (!isLocal(step) && lookups >= (request.perEntity ?? Number.POSITIVE_INFINITY)) return 'closed'
      const budget = left.get(connection) ?? 0
      if (budget < 1) return defer(tomorrow)
      left.set(connection, budget - 1)
      inThisPlan.add(id)
      if (!isLocal(step)) lookups++
      const claimed = dailyBudget === undefined ? {} : { budget: { calls: dailyBudget, since: today } }
      plan.asks.push({ connection, enricher, step, key, ...claimed })
      return 'open'
    }

    const inOrder = new Set(steps.flatMap((step) => fieldsOf(step, kind)))
    for (const field of inOrder) {
      const { from, when } = steps[0]?.fields?.[kind]?.[field] ?? {}
      if (when && !when({ values, consent, now })) continue
      const golden = goldenFields[field]
      for (const step of chainOf(steps, from)) {
        if (!fieldsOf(step, kind).includes(field)) continue
        const gap = gapOf(step, kind, field, golden, now)
        if (gap.until !== undefined)
          plan.deferred.push({
            connection: step.connection,
            key: step.enricher.cacheKey(question),
            until: gap.until,
          })
        if (!gap.isOpen) continue
        const state = states.get(step) ?? open(step)
        states.set(step, state)
        // A guess is no reason not to ask somebody who knows.
        if (state !== 'closed' && step.enricher.method !== 'inferred') break
      }
    }
    const placeOf = (ask: Ask) => request.enrichers.indexOf(ask.step)
    plan.asks.sort((a, b) => placeOf(a) - placeOf(b))
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
  for (const [field, { confidence, observedAt }] of Object.entries(answer.fields)) {
    const before = known[field]
    if (before && (before.method === 'asserted' || enricher.method === 'inferred')) continue
    known[field] = { method: enricher.method, confidence, observedAt }
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

const idOf = (provider: string, key: string) => `${provider}\u0000${key}`

const chainOf = (
  steps: readonly WaterfallStep[],
  from: readonly string[] | undefined,
): readonly WaterfallStep[] =>
  from ? from.flatMap((name) => steps.find(({ connection }) => connection === name) ?? []) : steps

function mayAsk(step: WaterfallStep, { question, consent }: Subject): boolean {
  if (isLocal(step) || question.kind === 'account') return true
  return consent?.gpc !== true && consent?.marketing !== 'denied'
}
