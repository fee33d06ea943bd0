/**
 * Field names in groups of which each fits into one request: at most `most` characters, with `separator` more after each
 * name. Never none: without names there is one empty group.
 */
export function nameGroups(
  names: readonly string[],
  { most, separator }: { most: number; separator: number },
): [string[], ...string[][]] {
  const groups: [string[], ...string[][]] = [[]]
  let used = 0
  for (const name of names) {
    if (used + name.length + separator > most) {
      groups.push([])
      used = 0
    }
    groups.at(-1)!.push(name)
    used += name.length + separator
  }
  return groups
}
