import type { MatchRecord } from './attributes.ts'
import { type Comparison, UNKNOWN } from './comparisons.ts'

/** How often each combination of levels occurs: millions of pairs become some thousand patterns. */
export interface Pattern {
  /** Level of each comparison, UNKNOWN where a side has no value or where it is left out. */
  levels: Int8Array
  count: number
}

export class PatternCounter {
  #comparisons: readonly Comparison[]
  #patterns = new Map<number, Pattern>()
  #levels: Int8Array

  constructor(comparisons: readonly Comparison[]) {
    this.#comparisons = comparisons
    this.#levels = new Int8Array(comparisons.length)
  }

  add(a: MatchRecord, b: MatchRecord): void {
    let code = 0
    for (let i = 0; i < this.#comparisons.length; i++) {
      const level = this.#comparisons[i]!.compare(a.values, b.values)
      this.#levels[i] = level
      code = code * 8 + level + 1
    }
    const pattern = this.#patterns.get(code)
    if (pattern) pattern.count++
    else this.#patterns.set(code, { levels: this.#levels.slice(), count: 1 })
  }

  /** Without the named attributes: what is left is counted together. */
  patterns(without: readonly string[] = []): Pattern[] {
    if (without.length === 0) return [...this.#patterns.values()]
    const left = new Map<string, Pattern>()
    for (const { levels, count } of this.#patterns.values()) {
      const kept = levels.map((level, i) =>
        without.includes(this.#comparisons[i]!.attribute) ? UNKNOWN : level,
      )
      const key = kept.join()
      const pattern = left.get(key)
      if (pattern) pattern.count += count
      else left.set(key, { levels: kept, count })
    }
    return [...left.values()]
  }
}
