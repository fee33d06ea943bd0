import type { Clock } from '../../src/kit/clock.ts'
import type { Random } from './random.ts'

/**
 * Virtual time and the order of everything that happens in it. Whatever waits (for the database, the network, a timer)
 * waits for its turn here; of those whose time has come one is drawn by the seed, and only when nothing else runs.
 */
export interface Scheduler {
  now(): number
  /** Calls `fire` after `ms` of virtual time; the returned function takes it back. */
  after(ms: number, fire: () => void): () => void
  /** Resolves when the caller may go on, `ms` from now at the earliest. */
  turn(ms?: number): Promise<void>
  /** Lets time pass until the work is done. Rejects where nothing is left that could bring it on. */
  run<T>(work: Promise<T>): Promise<T>
  /** From now on everybody goes on at once and time moves only by sleeping: for what runs undisturbed. */
  stopInterleaving(): void
  readonly isInterleaving: boolean
  /** Another history has begun on the same database and the same vendors. */
  readonly isOver: boolean
  /** Moves time on. Only where nothing interleaves. */
  advance(ms: number): void
}

interface Task {
  at: number
  fire: () => void
}

/** Turns of the event loop in which whoever was woken reaches the next thing that it waits for. */
const TURNS = 1
/** As long as that before time moves on: nobody who is still computing may find it later than it is. */
const TURNS_BEFORE_TIME_MOVES = 6
const TURNS_UNTIL_STUCK = 200
/** A history takes a few thousand steps. */
const STEPS_OF_A_RUNAWAY = 200_000

/** The one that plays now: one after the other in each process. */
let playing: Scheduler | undefined

const eventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function createScheduler(random: Random, start: number): Scheduler {
  let now = start
  let isInterleaving = true
  const tasks: Task[] = []

  const after = (ms: number, fire: () => void): (() => void) => {
    // Whole milliseconds, as a clock tells them.
    const task = { at: now + Math.ceil(Math.max(0, ms)), fire }
    tasks.push(task)
    return () => {
      const place = tasks.indexOf(task)
      if (place >= 0) tasks.splice(place, 1)
    }
  }

  /** One of those whose time has come; undefined where all of them lie ahead. */
  function draw(): Task | undefined {
    const ready = tasks.filter(({ at }) => at <= now)
    if (ready.length === 0) return undefined
    const task = ready.length === 1 ? ready[0]! : random.pick(ready)
    tasks.splice(tasks.indexOf(task), 1)
    return task
  }

  /** The one that comes next in time. */
  function wait(): boolean {
    if (tasks.length === 0) return false
    now = Math.max(
      now,
      tasks.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY),
    )
    return true
  }

  const scheduler: Scheduler = {
    now: () => now,
    after,
    turn: (ms = 0) =>
      isInterleaving ? new Promise((resolve) => void after(ms, resolve)) : Promise.resolve(),
    async run(work) {
      let isDone = false
      const done = () => {
        isDone = true
      }
      work.then(done, done)
      for (let idle = 0, steps = 0; ; ) {
        await eventLoopTurn()
        if (isDone || !isInterleaving) return work
        if (steps > STEPS_OF_A_RUNAWAY) throw new Error('The history does not come to its end')
        idle++
        if (idle < TURNS) continue
        const task = draw()
        if (task) {
          task.fire()
          idle = 0
          steps++
        } else if (idle >= TURNS_BEFORE_TIME_MOVES && wait()) {
          draw()!.fire()
          idle = 0
          steps++
        } else if (idle > TURNS_UNTIL_STUCK)
          throw new Error('The simulation is stuck: nobody waits for anything')
      }
    },
    stopInterleaving() {
      isInterleaving = false
    },
    get isInterleaving() {
      return isInterleaving
    },
    get isOver() {
      return playing !== scheduler
    },
    advance(ms) {
      now += Math.ceil(ms)
    },
  }
  playing = scheduler
  return scheduler
}

/** Never resolves: what a process that was killed waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {})

/** The clock of a process; it stands still for one that is dead. */
export function clockOf(scheduler: Scheduler, isDead: () => boolean): Clock {
  return {
    now: () => scheduler.now(),
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      if (isDead()) return never()
      if (!scheduler.isInterleaving) {
        scheduler.advance(ms)
        return
      }
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          cancel()
          reject(signal?.reason)
        }
        const cancel = scheduler.after(ms, () => {
          signal?.removeEventListener('abort', onAbort)
          if (!isDead()) resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    startTimer: (ms, fire) => scheduler.after(ms, fire),
  }
}
