/** The items of pieces of any size, `size` at a time; what is left at the end comes by itself. */
export async function* inChunks<T>(pieces: AsyncIterable<T[]>, size: number): AsyncGenerator<T[]> {
  let held: T[] = []
  for await (const piece of pieces) {
    for (const item of piece) {
      held.push(item)
      if (held.length < size) continue
      yield held
      held = []
    }
  }
  if (held.length > 0) yield held
}
