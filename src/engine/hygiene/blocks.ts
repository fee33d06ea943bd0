import { MAX_BLOCK } from '../../identity/match/blocks.ts'
import type { Candidates, Keyed } from './candidates.ts'

/** Candidates that are held at once, but for a single block that is larger. */
const HELD = 2_000

/** Numbers of candidates that share a key of a rule, two and more, key by key. */
async function* keysOf(
  candidates: Candidates,
  rule: number,
): AsyncGenerator<[key: number, members: number[]]> {
  for (const pile of candidates.keyPiles[rule]!) {
    const members = new Map<number, number | number[]>()
    for await (const flat of candidates.piles.read<number>(pile))
      for (let i = 0; i < flat.length; i += 2) {
        const [key, n] = [flat[i]!, flat[i + 1]!]
        const held = members.get(key)
        // Most keys have one holder: a list for each of them would be most of what is held.
        if (held === undefined) members.set(key, n)
        else if (typeof held === 'number') members.set(key, [held, n])
        else held.push(n)
      }
    for (const [key, held] of members) if (typeof held !== 'number') yield [key, held]
  }
}

export interface Block {
  key: number
  numbers: number[]
  members: Keyed[]
}

/** The blocks of a rule that are wanted, each with the first few hundred of its members. */
export async function* readBlocks(
  candidates: Candidates,
  rule: number,
  isWanted: (key: number, size: number) => boolean,
): AsyncGenerator<Block> {
  let blocks: { key: number; numbers: number[] }[] = []
  let held = 0
  const read = async () => {
    const found = await candidates.read([...new Set(blocks.flatMap(({ numbers }) => numbers))])
    const full = blocks.map((block) => ({ ...block, members: block.numbers.map((n) => found.get(n)!) }))
    blocks = []
    held = 0
    return full
  }
  for await (const [key, members] of keysOf(candidates, rule)) {
    if (!isWanted(key, members.length)) continue
    const numbers = members.slice(0, MAX_BLOCK)
    blocks.push({ key, numbers })
    held += numbers.length
    if (held >= HELD) yield* await read()
  }
  if (blocks.length > 0) yield* await read()
}
