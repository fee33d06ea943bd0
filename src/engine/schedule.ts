import { reportOf } from '#kit'
import { dailyPass } from './daily.ts'
import { type Engine, STAGES, type StageName } from './engine.ts'
import { enrichBeside } from './enriching/beside.ts'
import { refreshMappings } from './mappings/mapping-changes.ts'
import { refreshMatching } from './matching/match-changes.ts'
import { wakeLapsedEdits } from './projecting/lapsed.ts'
import { pullDue } from './reading/pull-due.ts'
import { rememberUsage } from './sending/usage.ts'
import { watchDue } from './watch-due.ts'

export interface DrainOptions {
  signal: AbortSignal
  /** Send part-filled batches without waiting for their deadline. */
  flush?: boolean
  run?: string
  stages?: readonly StageName[]
  /** Stops when this returns false: the budget of a Worker invocation. */
  mayContinue?: () => boolean
  onStep?: (stage: StageName, done: number) => void
  /** In place of the engine's. */
  step?: Engine['step']
}

/** Share of the time that the stages leave to receiving while senders are pressing: four fifths. */
const YIELD = 4
const YIELD_SLEEP_MS = 5

/**
 * Receiving comes first: a sender waits for its answer, the stages only fall behind. They go on as soon as the press is
 * over, and when it does not end they still get their share.
 */
async function giveWay(
  { deps: { clock }, receiver }: Engine,
  workedMs: number,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.now() + workedMs * YIELD
  while (receiver.isPressed() && clock.now() < until && !signal.aborted) await clock.sleep(YIELD_SLEEP_MS)
}

/** How often a pass goes back for the answers it got. */
const MOST_REWINDS = 3

/** How long one stage may go on before the next gets its turn, so that a backfill never starves a new lead. */
const SLICE_MS = 500

interface Worked {
  done: number
  /** Its signal or its budget has ended the work. */
  isCut: boolean
}

/** One stage, as long as it has more and may go on. */
async function runTurn(engine: Engine, stage: StageName, options: DrainOptions): Promise<Worked> {
  const { signal, flush = false, run, mayContinue = () => true, step = engine.step } = options
  const { clock } = engine.deps
  const turnEnds = flush ? Number.POSITIVE_INFINITY : clock.now() + SLICE_MS
  let done = 0
  for (let more = true; more && clock.now() <= turnEnds; ) {
    if (signal.aborted || !mayContinue()) return { done, isCut: true }
    const started = clock.now()
    const isPressed = engine.receiver.isPressed()
    const result = await step(stage, { signal, flush, isPressed, ...(run ? { run } : {}) })
    await giveWay(engine, clock.now() - started, signal)
    if (result.done > 0) options.onStep?.(stage, result.done)
    done += result.done
    more = result.more
  }
  return { done, isCut: false }
}

/** Each stage in its turn. Answers are absorbed before anybody is projected, so that nobody leaves without whom they belong to. */
async function runPass(engine: Engine, options: DrainOptions): Promise<Worked> {
  const { stages = STAGES } = options
  const absorbing = stages.indexOf('absorb')
  let done = 0
  let rewinds = 0
  for (let i = 0; i < stages.length; i++) {
    const turn = await runTurn(engine, stages[i]!, options)
    done += turn.done
    if (turn.isCut) return { done, isCut: true }
    if (stages[i] !== 'enrich' || turn.done === 0 || absorbing < 0 || rewinds === MOST_REWINDS) continue
    rewinds++
    i = absorbing - 1
  }
  return { done, isCut: false }
}

/**
 * Runs the stages until none has anything to do that is ready now. Each goes on while it has more, because what is
 * absorbed before it is projected, and projected before it is sent, coalesces.
 */
export async function drain(
  engine: Engine,
  options: DrainOptions,
): Promise<{ done: number; isIdle: boolean }> {
  let total = 0
  for (;;) {
    const { done, isCut } = await runPass(engine, options)
    total += done
    if (isCut) return { done: total, isIdle: false }
    if (done > 0) continue
    if (!options.flush || engine.late.count() === 0) return { done: total, isIdle: true }
    // Whoever sends everything also waits for what was paid for; nothing else waits behind it any more.
    await engine.late.settled()
  }
}

const LONGEST_SLEEP_MS = 60_000
/** Pages of the CRMs' change polls between two turns of the stages. */
const WATCHED_PAGES = 2
const SHORTEST_SLEEP_MS = 20
/** Between looks at work that is due but cannot be done: its CRM is paused, or another process has it. */
const BLOCKED_SLEEP_MS = 250

/**
 * The Node host's life: pull what is due, look what changed in the CRMs, and run the stages; when idle, sleep until the
 * next deadline or until `wake` is called (a receipt has come). Returns when the signal aborts; the step under way is finished first.
 */
export function startLoop(engine: Engine, signal: AbortSignal): { wake: () => void; stopped: Promise<void> } {
  const { deps } = engine
  const { clock, store, log } = deps
  let wakeUp: (() => void) | undefined
  let isWoken = false
  const wake = () => {
    isWoken = true
    wakeUp?.()
  }
  engine.receiver.onStored(wake)
  engine.late.onStored(wake)

  const guarded = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (signal.aborted) return
      log.error('stage failed', { error: reportOf(error) })
      await clock.sleep(1_000, signal).catch(() => {})
    }
  }

  const pulling = (async () => {
    while (!signal.aborted) {
      await guarded(async () => {
        if ((await pullDue(engine, { signal })).pages > 0) wake()
      })
      await clock.sleep(5_000, signal).catch(() => {})
    }
  })()

  const beside = enrichBeside(engine, signal, wake)
  const working = (async () => {
    while (!signal.aborted) {
      isWoken = false
      let done = 0
      await guarded(async () => {
        await refreshMappings(deps)
        await refreshMatching(deps)
        await dailyPass(deps)
        await wakeLapsedEdits(deps)
        done = (await drain(engine, { signal, step: beside.step })).done
        const watched = await watchDue(engine, { signal, maxPages: WATCHED_PAGES })
        isWoken ||= watched.hasMore
        await rememberUsage(deps)
      })
      if (signal.aborted || isWoken) continue
      const next = await store.control.nextWake(clock.now()).catch(() => undefined)
      const shortest = done > 0 ? SHORTEST_SLEEP_MS : BLOCKED_SLEEP_MS
      const due = (next ?? Number.POSITIVE_INFINITY) - clock.now()
      const wait = Math.min(due > 0 ? Math.max(due, SHORTEST_SLEEP_MS) : shortest, LONGEST_SLEEP_MS)
      const { promise, resolve } = Promise.withResolvers<void>()
      const nap = new AbortController()
      wakeUp = resolve
      if (isWoken) resolve()
      await Promise.race([promise, clock.sleep(wait, AbortSignal.any([signal, nap.signal])).catch(() => {})])
      nap.abort()
      wakeUp = undefined
    }
  })()

  return { wake, stopped: Promise.all([pulling, working.then(beside.ended)]).then(() => {}) }
}
