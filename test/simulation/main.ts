import { enableCompileCache } from 'node:module'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

/** `npm run simulate`: many histories, or one that is told in full. Exit code 1 where a promise was broken. */
const USAGE = 'npm run simulate -- [--seeds 1000] [--from 0] [--jobs 2] [--trace] | --seed n [--trace]'

// Each process reads everything: from the second time on without compiling it.
enableCompileCache()

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const lines = (some: number): number => (values.trace ? Number.POSITIVE_INFINITY : some)

if (values.help) {
  console.log(USAGE)
} else if (values.worker) {
  const { work } = await import('./jobs.ts')
  await work(lines(0))
} else if (values.seed !== undefined) {
  const { simulate, tell } = await import('./simulate.ts')
  const verdict = await simulate(Number(values.seed))
  console.log(tell(verdict, lines(60)))
  process.exitCode = verdict.problems.length > 0 ? 1 : 0
} else {
  const { playAll } = await import('./jobs.ts')
  const [from, count] = [Number(values.from), Number(values.seeds)]
  const started = performance.now()
  const failed: number[] = []
  let played = 0
  await playAll({ from, count, jobs: Number(values.jobs), trace: values.trace }, ({ seed, failure }) => {
    if (failure !== undefined) {
      failed.push(seed)
      console.log(failure)
    }
    if (++played % 500 === 0) console.log(`${played} of ${count} histories, ${failed.length} failed`)
  })
  const seconds = (performance.now() - started) / 1000
  const list = failed.length > 0 ? `: ${failed.sort((a, b) => a - b).join(' ')}` : ''
  console.log(`${count} histories in ${seconds.toFixed(1)} s, ${failed.length} failed${list}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

// Calls that never get an answer leave timers of SDKs behind, which would keep the process for minutes.
process.exit()
