import type { PairList } from './pair-list.ts'

/** More records than that are hardly ever one; rather a value that is shared. */
const MAX_GROUP = 100

/** Who is one with whom, by number: pairs join groups, the most probable first, until a group would be too large. */
export class NumberedGroups {
  /** Number of somebody in the same group; of the first of a group itself. */
  #next: Int32Array
  #size: Uint8Array

  constructor(count: number) {
    this.#next = new Int32Array(count)
    for (let n = 0; n < count; n++) this.#next[n] = n
    this.#size = new Uint8Array(count).fill(1)
  }

  /** Pairs that would make a group too large are called back with. */
  join(pairs: PairList, refuse: (a: number, b: number, probability: number) => void): void {
    for (const n of pairs.byProbability()) {
      const { a, b, probability } = pairs.at(n)
      const [x, y] = [this.#first(a), this.#first(b)]
      if (x === y) continue
      if (this.#size[x]! + this.#size[y]! > MAX_GROUP) {
        refuse(a, b, probability)
        continue
      }
      const [first, other] = x < y ? [x, y] : [y, x]
      this.#next[other] = first
      this.#size[first]! += this.#size[other]!
    }
  }

  areTogether(a: number, b: number): boolean {
    return this.#first(a) === this.#first(b)
  }

  /** Groups of two and more, some at a time, so that about `most` members are together. */
  *all(most: number): Generator<number[][]> {
    const members: number[] = []
    for (let n = 0; n < this.#next.length; n++) if (this.#size[this.#first(n)]! > 1) members.push(n)
    const ordered = Int32Array.from(members).sort((x, y) => this.#first(x) - this.#first(y) || x - y)
    let groups: number[][] = []
    let held = 0
    for (let i = 0; i < ordered.length; ) {
      const size = this.#size[this.#first(ordered[i]!)]!
      groups.push([...ordered.subarray(i, i + size)])
      i += size
      held += size
      if (held < most) continue
      yield groups
      groups = []
      held = 0
    }
    if (groups.length > 0) yield groups
  }

  #first(n: number): number {
    let first = n
    while (this.#next[first] !== first) {
      // Halves the way for whoever asks next.
      this.#next[first] = this.#next[this.#next[first]!]!
      first = this.#next[first]!
    }
    return first
  }
}
