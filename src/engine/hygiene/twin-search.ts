import { byWorth, type Candidate, judgePair } from '../../hygiene/index.ts'
import { MAX_BLOCK } from '../../identity/match/blocks.ts'
import { createScorer } from '../../identity/match/index.ts'
import { readBlocks } from './blocks.ts'
import type { Candidates, Keyed } from './candidates.ts'
import { NumberedGroups } from './numbered-groups.ts'
import { PairList } from './pair-list.ts'
import { SharedValues } from './shared-values.ts'
import { certainOf, type LateFinding, possibleOf } from './twins.ts'
import { valueShares } from './value-shares.ts'

/** Candidates that are held at once when it is told who is one. */
const HELD = 1_000

export interface Skipped {
  rule: string
  keys: number
  records: number
}

/**
 * Finds out which candidates are the same: rule by rule, block by block, so that memory grows with those that are and not
 * with all. Values that too many share to compare all who have them are told in `skipped`.
 */
export async function* findTwins(
  candidates: Candidates,
  skipped: Skipped[],
  signal: AbortSignal,
): AsyncGenerator<LateFinding> {
  const shared = new SharedValues(candidates)
  await shared.find()
  const { certain, possible } = await comparePairs(candidates, shared, skipped, signal)
  const groups = new NumberedGroups(candidates.count)
  groups.join(certain, (a, b, probability) => possible.add(a, b, probability))
  for (const some of groups.all(HELD)) {
    const found = await candidates.read(some.flat())
    for (const group of some) yield* certainOf(group.map((n): Candidate => found.get(n)!).sort(byWorth))
  }
  yield* tellPossible(candidates, possible, groups)
}

async function comparePairs(
  candidates: Candidates,
  shared: SharedValues,
  skipped: Skipped[],
  signal: AbortSignal,
) {
  const { likeness } = candidates
  const shares = await valueShares(candidates, (attribute, value) => shared.has(attribute, value))
  const scorer = createScorer(likeness.modelOf(candidates.count, shares))
  const [certain, possible] = [new PairList(), new PairList()]
  const tooLarge = likeness.rules.map(() => new Set<number>())
  for (const [r, rule] of likeness.rules.entries()) {
    let records = 0
    const isWanted = (key: number, size: number): boolean => {
      if (shared.hasKey(r, key)) return false
      if (size <= MAX_BLOCK) return true
      tooLarge[r]!.add(key)
      records += size
      return false
    }
    for await (const { numbers, members } of readBlocks(candidates, r, isWanted)) {
      signal.throwIfAborted()
      const own = members.map((member) => shared.without(member))
      for (let i = 0; i < own.length; i++)
        for (let j = i + 1; j < own.length; j++) {
          const [a, b] = [own[i]!, own[j]!]
          if (!isFoundFirst(a, b, r, tooLarge)) continue
          const { outcome, probability } = judgePair(likeness, scorer, a, b)
          if (outcome === 'distinct') continue
          const list = outcome === 'merge' ? certain : possible
          list.add(numbers[i]!, numbers[j]!, probability)
        }
    }
    const keys = tooLarge[r]!.size
    if (keys > 0) skipped.push({ rule: rule.name, keys, records })
  }
  return { certain, possible }
}

/** A pair that an earlier rule finds too has been compared. */
function isFoundFirst(a: Keyed, b: Keyed, rule: number, tooLarge: readonly ReadonlySet<number>[]): boolean {
  if (a.keys[rule] === null || b.keys[rule] === null) return false
  for (let r = 0; r < rule; r++) {
    const key = a.keys[r]!
    if (key !== null && key === b.keys[r] && !tooLarge[r]!.has(key)) return false
  }
  return true
}

/** Of each candidate, all that it may be the same as. */
async function* tellPossible(
  candidates: Candidates,
  pairs: PairList,
  groups: NumberedGroups,
): AsyncGenerator<LateFinding> {
  let waiting = new Map<number, { other: number; probability: number }[]>()
  const tell = async () => {
    const numbers = [...waiting].flatMap(([own, all]) => [own, ...all.map(({ other }) => other)])
    const found = await candidates.read([...new Set(numbers)])
    const told = [...waiting].map(([own, all]) =>
      possibleOf(
        found.get(own)!,
        all.map(({ other }) => found.get(other)!),
        `${Math.floor(all[0]!.probability * 100)} % probable`,
      ),
    )
    waiting = new Map()
    return told
  }
  for (const side of pairs.bySide()) {
    const { a, b, probability } = pairs.at(side >> 1)
    if (groups.areTogether(a, b)) continue
    const [own, other] = side % 2 === 0 ? [a, b] : [b, a]
    const held = waiting.get(own)
    if (held) held.push({ other, probability })
    else {
      if (waiting.size >= HELD / 2) yield* await tell()
      waiting.set(own, [{ other, probability }])
    }
  }
  if (waiting.size > 0) yield* await tell()
}
