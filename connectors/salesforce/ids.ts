const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * The 18-character form of a Salesforce id: 15-character ids differ by case alone, so only the long form can be compared
 * and stored. Other texts are returned unchanged.
 */
export function toLongId(id: string): string {
  if (!/^[0-9A-Za-z]{15}$/.test(id)) return id
  let suffix = ''
  for (let start = 0; start < 15; start += 5) {
    const bits = [...id.slice(start, start + 5)].reduce(
      (sum, char, i) => (char >= 'A' && char <= 'Z' ? sum | (1 << i) : sum),
      0,
    )
    suffix += SUFFIX[bits]
  }
  return id + suffix
}
