import {
  type EnrichmentAnswer,
  type EnrichmentQuestion,
  HubError,
  type Lane,
  reportOf,
  systemClock,
} from '#kit'
import { DAY_MS } from '#model'
import {
  ASK_LIVES_MS,
  type Ask,
  answerRecord,
  answerStream,
  expiryOf,
  isLocal,
  PAUSE_KEY,
  withoutUnwanted,
} from '../../enrich/index.ts'
import { contextOf } from '../connection.ts'
import type { EngineDeps, StepOptions } from '../deps.ts'
import type { DirtyMark, EnrichmentRow } from '../ports.ts'
import { toRecord } from '../reading/records.ts'
import type { LateAnswers, Outcome } from './late-answers.ts'

/** A question that one provider could not answer is left alone for a while; the others are asked meanwhile. */
const RETRY_FAILED_MS = 15 * 60_000
/** A provider that is out of reach is left alone as a whole, so that not every question waits for it. */
const OUTAGE_MS = 60_000
/** However soon a provider asks to be asked again. */
const SHORTEST_PAUSE_MS = 1_000
/** A question whose outcome nobody knows (the process was killed) may have been paid for: it stands so long. */
const LOST_MS = DAY_MS
/** Of one provider in one turn, and those that are late. */
const AT_ONCE = 8
/** Of one provider in all turns that overlap, those that are late included. */
const MOST_AT_ONCE = 3 * AT_ONCE
/** A provider that is busy with as many questions as it may have at once. */
const BUSY_MS = 1_000
/** No ask is begun after this, so that a backlog never keeps the other stages from a new lead. */
const START_WITHIN_MS = 500

export interface Question {
  ask: Ask
  question: EnrichmentQuestion
  /** Whoever is asked about. */
  mark: DirtyMark
  /** Of the answer: as urgent as what it is asked for. */
  lane: Lane
}

export type Asked =
  | ({ status: 'answered'; answer: EnrichmentAnswer } & Pick<Outcome, 'rows' | 'record'>)
  | { status: 'failed'; rows: EnrichmentRow[]; bug?: unknown }
  /** It goes on; the row is its claim. */
  | { status: 'late'; row: EnrichmentRow }
  /** The provider is not to be asked before this. */
  | { status: 'busy'; until: number }
  /** Another process asks or has asked it, or has spent the budget (no row). */
  | { status: 'taken'; row: EnrichmentRow | undefined }
  /** Something before it showed that the provider is out of reach. */
  | { status: 'skipped' }
  /** Time was up before it was asked. */
  | { status: 'cut' }

interface Turn {
  deps: EngineDeps
  late: LateAnswers
  /** Resolves when nobody waits any longer. */
  over: Promise<undefined>
}

/** Asks providers, as many questions as fit into a short turn; one outcome per question, in their order. */
export async function askAll(
  deps: EngineDeps,
  late: LateAnswers,
  questions: Question[],
  { signal, onAsking }: Pick<StepOptions, 'signal' | 'onAsking'>,
): Promise<Asked[]> {
  const { clock } = deps
  const started = clock.now()
  const { promise: over, resolve } = Promise.withResolvers<undefined>()
  let isOver = false
  const end = () => {
    isOver = true
    resolve(undefined)
  }
  const cancel = timerOf(deps)(Math.max(deps.enrich.graceMs, START_WITHIN_MS), end)
  signal.addEventListener('abort', end, { once: true })
  const results: Asked[] = questions.map(() => ({ status: 'cut' }))
  const down = new Set<string>()
  let next = 0
  const work = async () => {
    while (
      next < questions.length &&
      clock.now() - started <= START_WITHIN_MS &&
      !isOver &&
      !signal.aborted
    ) {
      const index = next++
      const { connection } = questions[index]!.ask
      const asked: Asked = down.has(connection)
        ? { status: 'skipped' }
        : await askOne({ deps, late, over }, questions[index]!)
      if (asked.status === 'failed' && asked.rows.some(({ key }) => key === PAUSE_KEY)) down.add(connection)
      results[index] = asked
    }
  }
  try {
    const asking = Promise.all(Array.from({ length: AT_ONCE }, work))
    if (questions.some(({ ask }) => !isLocal(ask))) onAsking?.()
    await asking
  } finally {
    cancel()
    signal.removeEventListener('abort', end)
  }
  return results
}

async function askOne(turn: Turn, asked: Question): Promise<Asked> {
  const { connection } = asked.ask
  if (isLocal(asked.ask)) return answerOf(turn, asked)
  if (turn.late.underWay(connection) >= MOST_AT_ONCE) return { status: 'cut' }
  const leave = turn.late.enter(connection)
  try {
    return await answerOf(turn, asked)
  } finally {
    leave()
  }
}

async function answerOf(turn: Turn, asked: Question): Promise<Asked> {
  const { deps, late, over } = turn
  const { ask, mark } = asked
  const { connection } = ask
  const at = deps.clock.now()
  const claim: EnrichmentRow = {
    provider: connection,
    key: ask.key,
    status: 'asked',
    cost: 0,
    at,
    expiresAt: at + LOST_MS,
  }
  if (!isLocal(ask)) {
    if (late.count(connection) >= AT_ONCE) return { status: 'busy', until: at + BUSY_MS }
    if (!(await deps.store.enrich.claim(claim, ask.budget)))
      return { status: 'taken', row: (await deps.store.enrich.known([claim], at))[0] }
  }
  let answer: EnrichmentAnswer | undefined
  const asking = outcomeOf(deps, asked, claim, late.signal, (given) => {
    answer = given
  })
  const outcome = late.isSlow(connection) ? undefined : await Promise.race([asking, over])
  if (!outcome) {
    late.add({ provider: connection, at, mark }, asking)
    return { status: 'late', row: claim }
  }
  const { rows, record, bug } = outcome
  if (answer) return { status: 'answered', answer, rows, ...(record ? { record } : {}) }
  return { status: 'failed', rows, ...(bug ? { bug } : {}) }
}

/** `undefined` where the question was broken off and nobody knows what became of it. */
async function outcomeOf(
  deps: EngineDeps,
  { ask, question, lane }: Question,
  claim: EnrichmentRow,
  stopped: AbortSignal,
  onAnswer: (answer: EnrichmentAnswer) => void,
): Promise<Outcome | undefined> {
  const { connection: name, enricher, key } = ask
  const lifetime = new AbortController()
  const cancel = timerOf(deps)(ASK_LIVES_MS, () => lifetime.abort(new Error('no answer in time')))
  const signal = AbortSignal.any([stopped, lifetime.signal])
  try {
    const connection = deps.connections.get(name)!
    const stored = async (stream: string, recordKey: string): Promise<unknown> => {
      const found = await deps.store.lookup.record({ connection: name, stream, key: recordKey })
      return found && JSON.parse(found.body)
    }
    const ctx = { ...contextOf(connection, { ...deps, signal }), stored }
    const given = await enricher.enrich(ctx, question)
    const answer = withoutUnwanted(ask, question.kind, given)
    const now = deps.clock.now()
    const body = answerRecord(name, question, answer, now)
    const record = toRecord(name, question.kind, answerStream(enricher), body, { fetchedAt: now, lane })
    const expiresAt = expiryOf(ask, question.kind, given.status, now)
    onAnswer(answer)
    return {
      status: answer.status,
      rows: [{ ...claim, key, status: given.status, cost: given.cost, expiresAt }],
      record,
    }
  } catch (error) {
    if (error instanceof HubError) {
      if (signal.aborted && error.code === 'http.aborted') return undefined
      deps.log.warn('enrichment failed', { provider: name, error: reportOf(error) })
      return { status: 'failed', rows: failureOf(claim, error, deps.clock.now()) }
    }
    const now = deps.clock.now()
    return { status: 'failed', rows: [failedRow(claim, now + RETRY_FAILED_MS)], bug: error }
  } finally {
    cancel()
  }
}

const timerOf = ({ clock }: EngineDeps) => clock.startTimer?.bind(clock) ?? systemClock.startTimer

/** A failure costs nothing, and is not counted against the budget. */
const failedRow = (claim: EnrichmentRow, expiresAt: number): EnrichmentRow => ({
  ...claim,
  status: 'error',
  expiresAt,
})

/** What is the matter with the provider pauses it as a whole; what is the matter with one question, only that one. */
function failureOf(claim: EnrichmentRow, error: HubError, now: number): EnrichmentRow[] {
  const asked = error.details.retryAfterMs
  const pause = (waitMs: number): EnrichmentRow[] => [
    failedRow(claim, now),
    {
      ...failedRow(claim, now + Math.max(waitMs, SHORTEST_PAUSE_MS)),
      key: PAUSE_KEY,
      at: now,
    },
  ]
  switch (error.kind) {
    case 'rate_limit':
    case 'transient':
      return pause(asked ?? OUTAGE_MS)
    case 'auth':
    case 'config':
      return pause(asked ?? RETRY_FAILED_MS)
    default:
      return [failedRow(claim, now + (asked ?? RETRY_FAILED_MS))]
  }
}
