import type { Lane } from '#kit'
import { dayOf, type Instant, startOfDay } from '#model'
import { ledgerKeys, type Plan, planBatch, type Subject, withAnswer } from '../../enrich/index.ts'
import type { EngineDeps, StepOptions } from '../deps.ts'
import type { DirtyMark, EnrichmentRow, NewRecord } from '../ports.ts'
import { type Asked, askAll } from './ask.ts'
import type { LateAnswers } from './late-answers.ts'
import { waterfall } from './steps.ts'

/** What is known of earlier questions when a step begins. */
export interface Ledger {
  known: EnrichmentRow[]
  /** Calls since the start of the UTC day, by connection. */
  spentToday: Record<string, number>
  now: Instant
}

/** Whom to ask about, and the mark of whoever looks again where nobody else would mark it. */
export interface Case {
  subject: Subject
  mark: DirtyMark
  /** The most urgent of what asks for it. */
  lane: Lane
}

export interface Enriched {
  rows: EnrichmentRow[]
  records: NewRecord[]
  /** Subjects (by index) of whom the records tell something: a miss marks nobody when it is absorbed. */
  answered: Set<number>
  /** Subjects (by index) worth another look at an instant. */
  waits: Map<number, number>
  /** Subjects for which time was up; they are looked at again at once. */
  unfinished: Set<number>
  /** What was thrown and is no failure of a provider: told once the answers of the others are stored. */
  bugs: unknown[]
}

export const nothingAsked = (): Enriched => ({
  rows: [],
  records: [],
  answered: new Set(),
  waits: new Map(),
  unfinished: new Set(),
  bugs: [],
})

export async function readLedger(deps: EngineDeps, cases: readonly Case[]): Promise<Ledger> {
  const now = deps.clock.now()
  const steps = waterfall(deps)
  const keys = cases.flatMap(({ subject }) => ledgerKeys(steps, subject.question))
  const known = await deps.store.enrich.known(keys, now)
  const spentToday: Record<string, number> = {}
  for (const { connection } of steps)
    spentToday[connection] = (await deps.store.enrich.spent(connection, startOfDay(dayOf(now)))).calls
  return { known, spentToday, now }
}

/**
 * Cases about which nobody is to be asked, whatever comes of the questions about the others, and when each is worth
 * another look.
 */
export function splitQuiet<C extends Case>(
  deps: EngineDeps,
  ledger: Ledger,
  cases: readonly C[],
): { quiet: C[]; open: C[]; waits: Map<number, number> } {
  const steps = waterfall(deps)
  const subjects = cases.map(({ subject }) => subject)
  const plans = planBatch({ ...ledger, enrichers: steps, perEntity: deps.enrich.perEntity, subjects })
  const asks = plans.flatMap((plan) => plan.asks)
  const questions = new Set(asks.map(({ connection, key }) => `${connection} ${key}`))
  const asked = new Set(asks.map(({ connection }) => connection))
  const parts = { quiet: [] as C[], open: [] as C[], waits: new Map<number, number>() }
  for (const [i, { asks: own, deferred }] of plans.entries()) {
    const keys = ledgerKeys(steps, subjects[i]!.question)
    const isOpen =
      own.length > 0 ||
      keys.some(({ provider, key }) => questions.has(`${provider} ${key}`)) ||
      deferred.some(({ connection }) => asked.has(connection))
    if (!isOpen && deferred.length > 0)
      parts.waits.set(parts.quiet.length, Math.min(...deferred.map(({ until }) => until)))
    parts[isOpen ? 'open' : 'quiet'].push(cases[i]!)
  }
  return parts
}

/** Round by round: what one provider leaves open, or a failing one cannot say, the next is asked for. */
export async function askForGaps(
  deps: EngineDeps,
  late: LateAnswers,
  cases: readonly Case[],
  ledger: Ledger,
  options: StepOptions,
): Promise<Enriched> {
  const steps = waterfall(deps)
  const { now } = ledger
  const known = [...ledger.known]
  const spentToday = { ...ledger.spentToday }
  const enriched = nothingAsked()
  const current = cases.map(({ subject }) => subject)
  const wait = (index: number, until: number) =>
    enriched.waits.set(index, Math.min(until, enriched.waits.get(index) ?? until))

  for (;;) {
    const { perEntity } = deps.enrich
    const plans = planBatch({ enrichers: steps, known, spentToday, now, perEntity, subjects: current })
    const questions = plans.flatMap(({ asks }, index) =>
      asks.map((ask) => {
        const { mark, lane } = cases[index]!
        return { ask, index, question: current[index]!.question, mark, lane }
      }),
    )
    const asked = questions.length > 0 ? await askAll(deps, late, questions, options) : []
    const open = new Set<number>()
    let isBusy = false
    for (const [i, { ask, index }] of questions.entries()) {
      const outcome = asked[i]!
      note(outcome, ask.connection, { known, spentToday, enriched })
      if (outcome.status === 'cut') enriched.unfinished.add(index)
      // Who absorbs a hit marks its entity; of the others nobody else would ask the next provider.
      if (outcome.status === 'skipped' || outcome.status === 'taken' || isMiss(outcome)) open.add(index)
      if (outcome.status === 'failed')
        wait(index, Math.max(...outcome.rows.map(({ expiresAt }) => expiresAt)))
      if (outcome.status === 'answered' && outcome.answer.status === 'hit') enriched.answered.add(index)
      if (outcome.status === 'answered')
        current[index] = {
          ...current[index]!,
          goldenFields: withAnswer(current[index]!.goldenFields, ask.enricher, outcome.answer),
        }
      if (outcome.status !== 'busy') continue
      isBusy = true
      wait(index, outcome.until)
    }
    if (questions.length > 0 && enriched.unfinished.size === 0 && !isBusy) continue
    for (const index of open) enriched.unfinished.add(index)
    plans.forEach(({ deferred }: Plan, index) => {
      for (const { until } of deferred) wait(index, until)
    })
    return enriched
  }
}

const isMiss = (asked: Asked): boolean =>
  asked.status === 'failed' || (asked.status === 'answered' && asked.answer.status === 'miss')

/** What the next round knows more than this one. */
function note(
  asked: Asked,
  provider: string,
  round: { known: EnrichmentRow[]; spentToday: Record<string, number>; enriched: Enriched },
): void {
  const { known, spentToday, enriched } = round
  switch (asked.status) {
    case 'answered':
      known.push(...asked.rows)
      enriched.rows.push(...asked.rows)
      spentToday[provider] = (spentToday[provider] ?? 0) + 1
      if (asked.record) enriched.records.push(asked.record)
      return
    case 'failed':
      known.push(...asked.rows)
      enriched.rows.push(...asked.rows)
      if (asked.bug) enriched.bugs.push(asked.bug)
      return
    case 'late':
      known.push(asked.row)
      spentToday[provider] = (spentToday[provider] ?? 0) + 1
      return
    case 'taken':
      if (asked.row) known.push(asked.row)
      else spentToday[provider] = Number.POSITIVE_INFINITY
  }
}
