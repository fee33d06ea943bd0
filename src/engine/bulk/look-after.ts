const FIRST_MS = 3_000
/** A fifth of what Salesforce takes for a row of an object without automation: at most a third look finds such a job done. */
const MS_PER_ROW = 0.02
const LONGEST_MS = 10 * 60_000

/** When to look at a job next: soon for small ones, ever later for those that take their time, so that looks stay few. */
export const lookAfter = (now: number, rows: number, polls: number): number =>
  now + Math.min((FIRST_MS + rows * MS_PER_ROW) * 2 ** Math.min(polls, 10), LONGEST_MS)
