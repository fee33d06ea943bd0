import { COMPARISONS } from './comparisons.ts'
import type { MatchModel } from './model.ts'
import type { Shares } from './relations.ts'

/** Of all pairs of a base of so many records: everybody has about one duplicate, relative and colleague in it. */
export function startingShares(records: number): Shares {
  const one = 1 / Math.max(10, records)
  const shares = { same: one, moved: one / 10, changed_job: one / 10, relative: one, colleague: one }
  return { ...shares, stranger: 1 - 3.2 * one }
}

/** What is believed before there is anything to learn from. */
export const startingModel = (records: number): MatchModel => ({
  version: 1,
  shares: startingShares(records),
  comparisons: COMPARISONS.map(({ attribute, levels, byFrequency }) => ({
    attribute,
    levels: levels.map((level) => ({ ...level })),
    ...(byFrequency ? { frequencies: { common: {}, rare: levels[0]!.u } } : {}),
  })),
})
