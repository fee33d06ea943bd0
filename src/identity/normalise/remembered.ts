/** Texts whose reading is kept. */
const KEPT = 1_000

/**
 * A pure reading of texts that are often read again soon: the same value of a record is checked and compared, and
 * colleagues share company, street and domain. Nobody may change what it gives.
 */
export function remembered<R>(read: (text: string) => R): (text: string) => R {
  const known = new Map<string, R>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    if (known.size >= KEPT) known.clear()
    const answer = read(text)
    known.set(text, answer)
    return answer
  }
}
