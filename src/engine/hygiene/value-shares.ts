import { mostCommon, shareOfCommon } from '../../identity/match/frequencies.ts'
import { type Attribute, type Frequencies, startingModel } from '../../identity/match/index.ts'
import type { Candidates } from './candidates.ts'

/** Common values that are held before the less common ones are forgotten. */
const HELD = 50_000

/** How common the values of all candidates are; `isLeftOut` says which tell nothing about anybody. */
export async function valueShares(
  candidates: Candidates,
  isLeftOut: (attribute: Attribute, value: string) => boolean,
): Promise<Map<Attribute, Frequencies>> {
  const expected = new Map(startingModel(1).comparisons.map((c) => [c.attribute, c.levels[0]!.u]))
  const shares = new Map<Attribute, Frequencies>()
  for (const [attribute, piles] of candidates.valuePiles) {
    let filled = 0
    let common: [value: string, count: number][] = []
    for (const pile of piles) {
      const counts = new Map<string, number>()
      for await (const values of candidates.piles.read<string>(pile))
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
      for (const [value, count] of counts) {
        if (count > 2 && isLeftOut(attribute, value)) continue
        filled += count
        if (count > 2) common.push([value, count])
      }
      if (common.length > HELD) common = mostCommon(common)
    }
    if (filled > 0) shares.set(attribute, shareOfCommon(filled, common, expected.get(attribute)!))
  }
  return shares
}
