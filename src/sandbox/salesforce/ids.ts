const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
/** Instance and reserved part that sits between the key prefix and the counter in every id of this org. */
const POD = 'Hu0'

/** Appends the three characters that make a case-sensitive 15-character id safe to compare without case. */
function withSuffix(id15: string): string {
  let suffix = ''
  for (let block = 0; block < 3; block++) {
    let bits = 0
    for (let i = 0; i < 5; i++) {
      const code = id15.charCodeAt(block * 5 + i)
      if (code >= 65 && code <= 90) bits |= 1 << i
    }
    suffix += SUFFIX[bits]
  }
  return id15 + suffix
}

/** The `n`th id with a key prefix ("003"), 18 characters. */
export function makeId(prefix: string, n: number): string {
  let counter = ''
  for (let rest = n; counter.length < 9; rest = Math.floor(rest / 62)) counter = DIGITS[rest % 62] + counter
  return withSuffix(prefix + POD + counter)
}

/** The 18-character form of an id, undefined where the text is no id or its suffix does not fit. */
export function parseId(text: string): string | undefined {
  if (text.length === 15 && /^[0-9A-Za-z]{15}$/.test(text)) return withSuffix(text)
  if (
    text.length === 18 &&
    withSuffix(text.slice(0, 15)) === text.slice(0, 15) + text.slice(15).toUpperCase()
  ) {
    return text.slice(0, 15) + text.slice(15).toUpperCase()
  }
  return undefined
}
