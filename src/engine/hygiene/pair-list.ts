/** Pairs of numbers with a probability, in 16 bytes each. */
export class PairList {
  #a = new Int32Array(1024)
  #b = new Int32Array(1024)
  #probability = new Float64Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(a: number, b: number, probability: number): void {
    const n = this.#length++
    if (n === this.#a.length) this.#grow(n * 2)
    this.#a[n] = a
    this.#b[n] = b
    this.#probability[n] = probability
  }

  at(n: number): { a: number; b: number; probability: number } {
    return { a: this.#a[n]!, b: this.#b[n]!, probability: this.#probability[n]! }
  }

  /** Numbers of the pairs, the most probable first. */
  byProbability(): Int32Array {
    const [a, b, p] = [this.#a, this.#b, this.#probability]
    return numbersTo(this.#length).sort((x, y) => p[y]! - p[x]! || a[x]! - a[y]! || b[x]! - b[y]!)
  }

  /** Each side of each pair, by side: 2n is the left side of pair n, 2n + 1 its right one. */
  bySide(): Int32Array {
    const sideOf = (side: number) => (side % 2 === 0 ? this.#a : this.#b)[side >> 1]!
    return numbersTo(this.#length * 2).sort((x, y) => sideOf(x) - sideOf(y) || x - y)
  }

  #grow(length: number): void {
    const [a, b, probability] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)]
    a.set(this.#a)
    b.set(this.#b)
    probability.set(this.#probability)
    this.#a = a
    this.#b = b
    this.#probability = probability
  }
}

const numbersTo = (length: number): Int32Array => {
  const numbers = new Int32Array(length)
  for (let n = 0; n < length; n++) numbers[n] = n
  return numbers
}
