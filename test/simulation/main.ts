import { parseArgs } from 'node:util'
import { simulate, tell } from './simulate.ts'

/** `npm run simulate`: many histories, or one that is told in full. Exit code 1 where a promise was broken. */
const USAGE = 'npm run simulate -- [--seeds 1000] [--from 0] | --seed n [--trace]'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(USAGE)
} else if (values.seed !== undefined) {
  const verdict = await simulate(Number(values.seed))
  console.log(tell(verdict, values.trace ? Number.POSITIVE_INFINITY : 60))
  process.exitCode = verdict.problems.length > 0 ? 1 : 0
} else {
  const [from, count] = [Number(values.from), Number(values.seeds)]
  const started = performance.now()
  const failed: number[] = []
  for (let seed = from; seed < from + count; seed++) {
    const verdict = await simulate(seed)
    if (verdict.problems.length > 0) {
      failed.push(seed)
      console.log(tell(verdict, values.trace ? Number.POSITIVE_INFINITY : 0))
    }
    if ((seed - from + 1) % 500 === 0)
      console.log(`${seed - from + 1} of ${count} histories, ${failed.length} failed`)
  }
  const each = ((performance.now() - started) / count).toFixed(0)
  console.log(
    `${count} histories, ${failed.length} failed, ${each} ms each${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`,
  )
  process.exitCode = failed.length > 0 ? 1 : 0
}

// Calls that never get an answer leave timers of SDKs behind, which would keep the process for minutes.
process.exit()
