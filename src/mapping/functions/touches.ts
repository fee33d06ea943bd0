import type { Compiled, TouchTest } from '../language/compiled.ts'
import type { Call } from '../language/function-spec.ts'
import type { Env } from '../language/value.ts'
import type { TouchBucket } from '../view.ts'

/** Touchpoints as an aggregate reads them: the buckets of the view and the filters of the pipe before it. */
export interface Touches {
  run: Compiled['run']
  tests: readonly TouchTest[]
  isWindowed: boolean
}

export const broken: Compiled = { type: 'broken', run: () => undefined }

/** The input of the call as touchpoints; undefined, and reported, where it is something else. */
export function touchesOf(call: Call): Touches | undefined {
  const input = call.args[0] ? call.compile(call.args[0]) : undefined
  if (input?.type === 'touchpoints')
    return { run: input.run, tests: input.tests ?? [], isWindowed: input.isWindowed ?? false }
  if (input?.type !== 'broken') call.fail(`${call.name} works on touchpoints: touchpoints | ${call.name}…`)
  return undefined
}

/**
 * The input of a function that ends the pipe. Without a window it needs the days of all time, which is noted, so that
 * the engine loads them.
 */
export function aggregated(call: Call): Touches | undefined {
  const touches = touchesOf(call)
  if (touches && !touches.isWindowed) call.scope.found.windows.add(Number.POSITIVE_INFINITY)
  return touches
}

/** The same touchpoints with one more filter. */
export function filtered(call: Call, test: TouchTest | undefined, { isWindow = false } = {}): Compiled {
  const touches = touchesOf(call)
  if (!touches || !test) return broken
  return {
    type: 'touchpoints',
    run: touches.run,
    tests: [...touches.tests, test],
    ...(isWindow || touches.isWindowed ? { isWindowed: true } : {}),
  }
}

/** Shows every bucket that passes all filters of the pipe: one loop, nothing is copied. */
export function visit(touches: Touches, env: Env, use: (bucket: TouchBucket) => void): void {
  const buckets = touches.run(env)
  if (!Array.isArray(buckets)) return
  next: for (const bucket of buckets as (TouchBucket | null)[]) {
    if (bucket === null || typeof bucket !== 'object') continue
    for (const test of touches.tests) if (!test(bucket, env)) continue next
    use(bucket)
  }
}

/** A bucket of a day, kind and channel knows nothing else; what people ask for nevertheless, and where it is. */
export const NOT_COUNTED =
  'Touchpoints are counted per kind, channel and UTC day; campaign, title and url are known of the first and the last one: person.first_touch.campaign.name, person.last_touch.url.'
