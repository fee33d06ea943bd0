import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SEEDS_PER_CAST, simulate, tell } from './simulate.ts'

/** What became of a seed. */
export interface Played {
  seed: number
  /** Told in full; absent where nothing is wrong. */
  failure?: string
}

export interface PlayRequest {
  from: number
  count: number
  /** Processes. */
  jobs: number
  /** Tells failures with everything that happened. */
  trace: boolean
}

type Range = { from: number; until: number }

async function play({ from, until }: Range, lines: number, onPlayed: (played: Played) => void) {
  for (let seed = from; seed < until; seed++) {
    const verdict = await simulate(seed)
    onPlayed({ seed, ...(verdict.problems.length > 0 ? { failure: tell(verdict, lines) } : {}) })
  }
}

/** Seeds of one cast stay together: it is played once for all of them. */
function rangesOf({ from, count }: PlayRequest): Range[] {
  const ranges: Range[] = []
  for (let next = from; next < from + count; ) {
    const until = Math.min(from + count, next - (next % SEEDS_PER_CAST) + SEEDS_PER_CAST)
    ranges.push({ from: next, until })
    next = until
  }
  return ranges
}

/** Plays all seeds, divided among processes; each gets the next few as soon as it is done with its own. */
export async function playAll(request: PlayRequest, onPlayed: (played: Played) => void): Promise<void> {
  const ranges = rangesOf(request)
  if (request.jobs <= 1 || ranges.length <= 1) {
    for (const range of ranges) await play(range, request.trace ? Number.POSITIVE_INFINITY : 0, onPlayed)
    return
  }
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const args = ['--worker', ...(request.trace ? ['--trace'] : [])]
  await Promise.all(
    Array.from({ length: Math.min(request.jobs, ranges.length) }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const worker = fork(main, args)
      worker.on('message', (played: Played | 'ready') => {
        if (played !== 'ready') return onPlayed(played)
        const range = ranges.shift()
        if (range) worker.send(range)
        else worker.disconnect()
      })
      worker.on('error', reject)
      worker.on('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`A process of the simulation ended with ${code}`)),
      )
      return promise
    }),
  )
}

/** The other end: plays what it is given until it is let go. */
export async function work(lines: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const tellParent = (message: Played | 'ready') => void process.send?.(message)
  process.on('message', (range: Range) => {
    play(range, lines, tellParent).then(() => tellParent('ready'), reject)
  })
  process.on('disconnect', resolve)
  tellParent('ready')
  await promise
}
