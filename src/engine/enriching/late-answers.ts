import { reportOf, systemClock } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { DirtyMark, EnrichmentRow, NewRecord } from '../ports.ts'

/** What became of one question. */
export interface Outcome {
  status: 'hit' | 'miss' | 'failed'
  /** For the ledger. */
  rows: EnrichmentRow[]
  /** The answer, where there is one. */
  record?: NewRecord
  /** What was thrown and is no failure of the provider. */
  bug?: unknown
}

/** `undefined`: nobody knows what became of it; its claim stays in the ledger. */
export type Asking = Promise<Outcome | undefined>

/**
 * Questions that are answered after their turn. They are not broken off, because a look-up is paid for once it is made:
 * the pipeline goes on without the answer, and takes it when it comes.
 */
export interface LateAnswers {
  /** Breaks off what is still under way when the process ends. */
  readonly signal: AbortSignal
  /** Of one provider, or of all. */
  count(provider?: string): number
  /** Of one provider, those included whose turn still waits for them. */
  underWay(provider: string): number
  /** A turn waits for an answer of this provider, until the result is called. */
  enter(provider: string): () => void
  /** Whether the last answer of a provider was late: then nobody waits for the next one, until one would have been in time. */
  isSlow(provider: string): boolean
  /** `mark`: who looks for another provider where this one knows nothing. */
  add(question: { provider: string; at: number; mark: DirtyMark }, asking: Asking): void
  /** Resolves when everything that was under way has been stored. */
  settled(): Promise<void>
  /** Waits a while for what is under way, and breaks off the rest: the process ends. */
  stop(): Promise<void>
  /** Called whenever a late answer has been stored. */
  onStored(listener: () => void): void
}

/** How long a process that ends waits for answers that are paid for. */
const STOP_MS = 5_000

export function createLateAnswers({ store, clock, log, enrich }: EngineDeps): LateAnswers {
  const underWay = new Map<Promise<void>, string>()
  const inTurns = new Map<string, number>()
  const slow = new Set<string>()
  const listeners: (() => void)[] = []
  let stopping = new AbortController()

  async function keep(
    { provider, at, mark }: { provider: string; at: number; mark: DirtyMark },
    asking: Asking,
  ): Promise<void> {
    try {
      const outcome = await asking
      if (!outcome) return
      if (outcome.status !== 'failed' && clock.now() - at <= enrich.graceMs) slow.delete(provider)
      const { status, rows, record, bug } = outcome
      await store.enrich.commit({
        now: clock.now(),
        rows,
        records: record ? [record] : [],
        dirtyDone: [],
        // Who absorbs a hit marks it: before that, the next provider would be asked for what this one has told.
        dirty: status === 'hit' ? [] : [mark],
      })
      if (bug) log.error('enrichment failed', { error: reportOf(bug) })
      for (const listener of listeners) listener()
    } catch (error) {
      log.error('a late answer was not kept', { error: reportOf(error) })
    }
  }

  const settled = async () => {
    while (underWay.size > 0) await Promise.all(underWay.keys())
  }
  const count = (provider?: string) =>
    provider === undefined ? underWay.size : [...underWay.values()].filter((p) => p === provider).length
  const addInTurns = (provider: string, change: number) =>
    inTurns.set(provider, (inTurns.get(provider) ?? 0) + change)
  return {
    get signal() {
      return stopping.signal
    },
    count,
    underWay: (provider) => count(provider) + (inTurns.get(provider) ?? 0),
    enter(provider) {
      addInTurns(provider, 1)
      return () => addInTurns(provider, -1)
    },
    isSlow: (provider) => slow.has(provider),
    add(question, asking) {
      slow.add(question.provider)
      const kept = keep(question, asking).finally(() => underWay.delete(kept))
      underWay.set(kept, question.provider)
    },
    settled,
    async stop() {
      if (underWay.size === 0) return
      const startTimer = clock.startTimer?.bind(clock) ?? systemClock.startTimer
      const cancel = startTimer(STOP_MS, () => stopping.abort(new Error('the process ends')))
      await settled()
      cancel()
      stopping = new AbortController()
    },
    onStored: (listener) => void listeners.push(listener),
  }
}
