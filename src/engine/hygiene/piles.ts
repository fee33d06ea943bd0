import type { Scratch } from '../ports.ts'

/** Characters that wait in memory. */
const MOST_WAITING = 1_000_000
const PIECES = 200

/** Lists of JSON values that are put aside while records are read, and are read again in the order in which they came. */
export class Piles {
  #scratch: Scratch
  #waiting = new Map<string, string[]>()
  #size = 0

  constructor(scratch: Scratch) {
    this.#scratch = scratch
  }

  /** Puts one value or more on a pile, as JSON with commas between them. */
  add(pile: string, values: string): void {
    const own = this.#waiting.get(pile)
    if (own) own.push(values)
    else this.#waiting.set(pile, [values])
    this.#size += values.length
  }

  /** To be called between pages: stores what waits once it is much. */
  async settle(): Promise<void> {
    if (this.#size >= MOST_WAITING) await this.#store()
  }

  /** The values of a pile, some at a time. */
  async *read<V>(pile: string): AsyncGenerator<V[]> {
    if (this.#size > 0) await this.#store()
    for (let after = 0; ; ) {
      const pieces = await this.#scratch.pieces({ pile, after, limit: PIECES })
      for (const { text } of pieces) yield JSON.parse(`[${text}]`)
      if (pieces.length < PIECES) return
      after = pieces.at(-1)!.number
    }
  }

  async #store(): Promise<void> {
    const pieces = [...this.#waiting].map(([pile, texts]) => ({ pile, text: texts.join(',') }))
    this.#waiting.clear()
    this.#size = 0
    await this.#scratch.append(pieces)
  }
}
