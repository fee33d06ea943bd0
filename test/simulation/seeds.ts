import { expect, test } from 'vitest'
import { simulate, tell } from './simulate.ts'

/** Lines of a history that a failing test shows. */
const SHOWN = 60

/**
 * Plays seeds `from`, `from + 1`, … and fails with the first that breaks a promise, showing what led to it. `SEED=n` plays
 * that one alone.
 */
export function playSeeds(title: string, from: number, count: number): void {
  const only = process.env.SEED === undefined ? undefined : Number(process.env.SEED)
  const seeds =
    only === undefined
      ? Array.from({ length: count }, (_, i) => from + i)
      : only >= from && only < from + count
        ? [only]
        : []
  test.skipIf(seeds.length === 0)(
    `${title} (seeds ${from} to ${from + count - 1})`,
    { timeout: 600_000 },
    async () => {
      for (const seed of seeds) {
        const verdict = await simulate(seed)
        if (verdict.problems.length > 0) expect.fail(tell(verdict, SHOWN))
      }
    },
  )
}
