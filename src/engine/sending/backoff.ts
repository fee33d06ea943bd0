const FIRST_MS = 2_000
const LONGEST_MS = 15 * 60_000

/** Exponential backoff with jitter: 2 s, 4 s, … 15 min, each ±50 %. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  return Math.round(Math.min(FIRST_MS * 2 ** Math.max(0, attempts - 1), LONGEST_MS) * (0.5 + random()))
}
