import { expect, test } from 'vitest'
import { BUGS } from './bugs.ts'
import { simulate } from './simulate.ts'

/** Histories after which a mistake must have been found. */
const ENOUGH = 40

test.each(BUGS.map((make) => [make().name, make] as const))(
  'the simulation finds that %s',
  { timeout: 600_000 },
  async (name, make) => {
    const { from = 0 } = make()
    let seed = from
    while (seed < from + ENOUGH && (await simulate(seed, make())).problems.length === 0) seed++
    expect(seed - from, 'histories in which nothing was wrong').toBeLessThan(ENOUGH)
    // What brings the mistake out must not be what is found.
    const { plan = {} } = make()
    expect((await simulate(seed, { name, plan })).problems, 'without the mistake').toEqual([])
  },
)
