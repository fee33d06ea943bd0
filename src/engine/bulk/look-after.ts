const FIRST_MS = 5_000
/** Salesforce writes rows of objects without automation about this fast, several batches of a job at once. */
const MS_PER_ROW = 0.1
const LONGEST_MS = 10 * 60_000

/** When to look at a job next: soon for small ones, ever later for those that take their time, so that looks stay few. */
export const lookAfter = (now: number, rows: number, polls: number): number =>
  now + Math.min((FIRST_MS + rows * MS_PER_ROW) * 2 ** Math.min(polls, 10), LONGEST_MS)
