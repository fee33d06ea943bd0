const PREFIX = 4
const PREFIX_WEIGHT = 0.1

let taken = new Uint8Array(64)
let letters = new Uint16Array(64)

/** Similarity of two short texts, 0 (nothing shared) to 1 (equal); letters near each other and a common start count. */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1
  // Which letters are paired depends on who comes first.
  const isInOrder = a.length < b.length || (a.length === b.length && a < b)
  const jaro = isInOrder ? jaroOf(a, b) : jaroOf(b, a)
  let prefix = 0
  while (prefix < PREFIX && prefix < a.length && a[prefix] === b[prefix]) prefix++
  return jaro + prefix * PREFIX_WEIGHT * (1 - jaro)
}

/** The shorter text comes first. The buffers are shared by all calls: millions of pairs must not allocate. */
function jaroOf(a: string, b: string): number {
  if (a.length === 0) return 0
  if (b.length > taken.length) {
    taken = new Uint8Array(b.length * 2)
    letters = new Uint16Array(b.length * 2)
  }
  taken.fill(0, 0, b.length)
  const reach = Math.max(0, (b.length >> 1) - 1)
  let shared = 0
  for (let i = 0; i < a.length; i++) {
    const letter = a.charCodeAt(i)
    const end = Math.min(b.length, i + reach + 1)
    for (let j = Math.max(0, i - reach); j < end; j++) {
      if (taken[j] === 1 || b.charCodeAt(j) !== letter) continue
      taken[j] = 1
      letters[shared++] = letter
      break
    }
  }
  if (shared === 0) return 0
  let swapped = 0
  for (let j = 0, k = 0; k < shared; j++) if (taken[j] === 1 && b.charCodeAt(j) !== letters[k++]) swapped++
  return (shared / a.length + shared / b.length + (shared - swapped / 2) / shared) / 3
}
