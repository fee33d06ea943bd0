/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(replace, previous[j]! + 1, current[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[b.length]!
}

const fold = (word: string): string => word.toLowerCase().replace(/[-_\s]/g, '')

/** The known word that was probably meant; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const allowed = Math.max(1, Math.floor(fold(word).length / 3))
  let found: { name: string; edits: number } | undefined
  for (const name of known) {
    const edits = distance(fold(word), fold(name))
    if (edits <= allowed && (!found || edits < found.edits)) found = { name, edits }
  }
  return found?.name
}

/** ` Did you mean "x"?`, or the list where nothing is near. */
export function suggest(word: string, known: readonly string[]): string {
  const name = nearest(word, known)
  if (name !== undefined) return `did you mean "${name}"?`
  return known.length > 0 ? `known: ${[...known].sort().join(', ')}` : 'nothing is known here'
}
