import { type EnrichmentAnswer, type EnrichmentQuestion, HubError, reportOf, systemClock } from '#kit'
import { type Ask, answerRecord, answerStream, expiryOf, PAUSE_KEY } from '../enrich/index.ts'
import { contextOf } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import type { EnrichmentRow, NewRecord } from './ports.ts'
import { toRecord } from './records.ts'

/** A question that one provider could not answer is left alone for a while; the others are asked meanwhile. */
const RETRY_FAILED_MS = 15 * 60_000
/** A provider that is out of reach is left alone as a whole, so that not every question waits for it. */
const OUTAGE_MS = 60_000
/** However soon a provider asks to be asked again. */
const SHORTEST_PAUSE_MS = 1_000
const AT_ONCE = 8
/** No ask is begun after this, so that a backlog never keeps the other stages from a new lead. */
const START_WITHIN_MS = 500

export interface Question {
  ask: Ask
  question: EnrichmentQuestion
}

export type Asked =
  | { status: 'answered'; answer: EnrichmentAnswer; row: EnrichmentRow; record: NewRecord }
  | { status: 'failed'; row: EnrichmentRow }
  /** Time was up before it was asked, or before the answer came. */
  | { status: 'cut' }

/**
 * Asks providers, as many questions as fit into a short turn; one outcome per question, in their order. A provider that
 * let the whole turn pass without an answer is out of reach.
 */
export async function askAll(deps: EngineDeps, questions: Question[], signal: AbortSignal): Promise<Asked[]> {
  const { clock } = deps
  const started = clock.now()
  const turn = new AbortController()
  const startTimer = clock.startTimer?.bind(clock) ?? systemClock.startTimer
  const cancel = startTimer(Math.max(deps.enrich.graceMs, START_WITHIN_MS), () =>
    turn.abort(new Error('turn is over')),
  )
  const either = AbortSignal.any([signal, turn.signal])
  const results: Asked[] = questions.map(() => ({ status: 'cut' }))
  const silent = new Set<string>()
  let next = 0
  const work = async () => {
    while (next < questions.length && clock.now() - started <= START_WITHIN_MS && !either.aborted) {
      const index = next++
      const { ask, question } = questions[index]!
      const asked = await askOne(deps, ask, question, either)
      results[index] = asked
      if (asked.status === 'cut') silent.add(ask.connection)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    cancel()
  }
  signal.throwIfAborted()
  results.forEach((asked, i) => {
    if (asked.status !== 'cut') silent.delete(questions[i]!.ask.connection)
  })
  return results.map((asked, i) => {
    const { connection } = questions[i]!.ask
    if (asked.status !== 'cut' || !silent.has(connection)) return asked
    deps.log.warn('enrichment provider did not answer in time', { provider: connection })
    return { status: 'failed', row: pauseOf(connection, clock.now(), OUTAGE_MS) }
  })
}

const pauseOf = (provider: string, at: number, waitMs: number): EnrichmentRow => ({
  provider,
  key: PAUSE_KEY,
  status: 'error',
  cost: 0,
  at,
  expiresAt: at + Math.max(waitMs, SHORTEST_PAUSE_MS),
})

async function askOne(
  deps: EngineDeps,
  ask: Ask,
  question: EnrichmentQuestion,
  signal: AbortSignal,
): Promise<Asked> {
  const connection = deps.connections.get(ask.connection)!
  try {
    const answer = await ask.enricher.enrich(contextOf(connection, { ...deps, signal }), question)
    const at = deps.clock.now()
    const row: EnrichmentRow = {
      provider: ask.connection,
      key: ask.key,
      status: answer.status,
      cost: answer.cost,
      at,
      expiresAt: expiryOf(ask.enricher, answer.status, at),
    }
    const body = answerRecord(ask.connection, question, answer, at)
    const record = toRecord(ask.connection, question.kind, answerStream(ask.enricher), body, {
      fetchedAt: at,
    })
    return { status: 'answered', answer, row, record }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    if (signal.aborted && error.code === 'http.aborted') return { status: 'cut' }
    deps.log.warn('enrichment failed', { provider: ask.connection, error: reportOf(error) })
    return { status: 'failed', row: failureOf(ask, error, deps.clock.now()) }
  }
}

/** What is the matter with the provider pauses it as a whole; what is the matter with one question, only that one. */
function failureOf(ask: Ask, error: HubError, at: number): EnrichmentRow {
  const asked = error.details.retryAfterMs
  switch (error.kind) {
    case 'rate_limit':
    case 'transient':
      return pauseOf(ask.connection, at, asked ?? OUTAGE_MS)
    case 'auth':
    case 'config':
      return pauseOf(ask.connection, at, asked ?? RETRY_FAILED_MS)
    default:
      return {
        provider: ask.connection,
        key: ask.key,
        status: 'error',
        cost: 0,
        at,
        expiresAt: at + (asked ?? RETRY_FAILED_MS),
      }
  }
}
