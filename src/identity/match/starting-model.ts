import { COMPARISONS } from './comparisons.ts'
import type { MatchModel } from './model.ts'

/** What is believed before there is anything to learn from, for a base of so many records. */
export const startingModel = (records: number): MatchModel => ({
  version: 1,
  prior: 1 / Math.max(2, records),
  comparisons: COMPARISONS.map(({ attribute, levels, byFrequency }) => ({
    attribute,
    levels: levels.map((level) => ({ ...level })),
    ...(byFrequency ? { frequencies: { common: {}, rare: levels[0]!.u } } : {}),
  })),
})
