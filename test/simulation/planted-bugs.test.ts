import { expect, test } from 'vitest'
import { BUGS } from './bugs.ts'
import { simulate, type Verdict } from './simulate.ts'

/** Histories after which a mistake must have been found. */
const ENOUGH = 40

test.each(BUGS.map((make) => [make().name, make] as const))(
  'the simulation finds that %s',
  { timeout: 600_000 },
  async (_name, make) => {
    let verdict: Verdict | undefined
    for (let seed = 0; seed < ENOUGH && !verdict?.problems.length; seed++)
      verdict = await simulate(seed, make())
    expect(verdict?.problems).not.toEqual([])
  },
)
