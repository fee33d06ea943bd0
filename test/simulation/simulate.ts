import { type Beginning, beginningOf, runCalmly } from './calm.ts'
import { type Content, contentOf } from './content.ts'
import { resetUuids } from './deterministic-crypto.ts'
import { runDisturbed } from './disturbed.ts'
import type { Bug } from './hub-process.ts'
import { problemsAfter } from './invariants.ts'
import { type Plan, planOf } from './plan.ts'
import { randomOf } from './random.ts'

/** Neighbouring seeds share a cast, which is played once without faults, to know how it should end. */
export const SEEDS_PER_CAST = 8
/** The latest casts are kept: whoever plays the same seeds again, with another mistake in them, finds them prepared. */
const CASTS_KEPT = 32

export interface Verdict {
  seed: number
  plan: Plan
  problems: string[]
  /** What happened, in order, one line each. */
  trace: string[]
}

interface Prepared {
  beginning: Beginning
  expected: Content
}

const prepared = new Map<number, Prepared>()

async function prepare(cast: number): Promise<Prepared> {
  const held = prepared.get(cast)
  if (held) return held
  if (prepared.size >= CASTS_KEPT) prepared.delete(prepared.keys().next().value!)
  const beginning = await beginningOf(cast)
  const fresh = { beginning, expected: contentOf(await runCalmly(beginning)) }
  prepared.set(cast, fresh)
  return fresh
}

/** One history from beginning to end. Equal seeds give equal histories. */
export async function simulate(seed: number, bug?: Bug): Promise<Verdict> {
  const random = randomOf(seed)
  const drawn = planOf(random.fork('plan'), Math.floor(seed / SEEDS_PER_CAST))
  const plan = { ...drawn, ...bug?.plan, weather: { ...drawn.weather, ...bug?.plan?.weather } }
  const { beginning, expected } = await prepare(plan.cast)
  resetUuids()
  try {
    const after = await runDisturbed(beginning, plan, random, bug)
    return { seed, plan, trace: after.trace, problems: await problemsAfter(beginning.cast, expected, after) }
  } catch (error) {
    return { seed, plan, trace: [], problems: [error instanceof Error ? String(error.stack) : String(error)] }
  }
}

/** A verdict as a person reads it: what is wrong, what was planned, and the last lines of what happened. */
export function tell({ seed, plan, problems, trace }: Verdict, lines = Number.POSITIVE_INFINITY): string {
  const left = Math.max(0, trace.length - lines)
  const cut =
    left > 0 ? [`  … ${left} lines before (all of them: npm run simulate -- --seed ${seed} --trace)`] : []
  return [
    `seed ${seed}: ${problems.length === 0 ? 'nothing is wrong' : `${problems.length} problems`}`,
    ...problems.slice(0, 20).map((problem) => `  ✗ ${problem}`),
    `  plan ${JSON.stringify(plan)}`,
    ...cut,
    ...trace.slice(left),
  ].join('\n')
}
