import { edits } from './edits.ts'

/** Names of `known` that someone who wrote `name` may have meant, nearest first, at most three. */
export function nearestNames(name: string, known: Iterable<string>): string[] {
  const wanted = fold(name)
  const limit = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)))
  const ranked: { candidate: string; distance: number }[] = []
  for (const candidate of known) {
    const other = fold(candidate)
    const isPart =
      other !== wanted && wanted.length >= 4 && (other.startsWith(wanted) || other.endsWith(wanted))
    const distance = isPart ? 0.5 : edits(wanted, other, limit)
    if (distance <= limit) ranked.push({ candidate, distance })
  }
  ranked.sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate, 'en'))
  return ranked.slice(0, 3).map(({ candidate }) => candidate)
}

/** The one nearest name. */
export const nearest = (name: string, known: Iterable<string>): string | undefined =>
  nearestNames(name, known)[0]

/** ` Did you mean a, b or c?` with its leading space, or nothing. */
export const didYouMean = (name: string, known: Iterable<string>): string =>
  didYouMeanOneOf(nearestNames(name, known))

/** The same for names that are known to be near. */
export const didYouMeanOneOf = (names: readonly string[]): string =>
  names.length === 0 ? '' : ` Did you mean ${listOr(names)}?`

/** `did you mean "x"?`, or all that is known where nothing is near: for short lists. */
export function nearestOrAll(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  if (near !== undefined) return `did you mean "${near}"?`
  return known.length > 0 ? `known: ${[...known].sort().join(', ')}` : 'nothing is known here'
}

/** `a, b or c` */
export function listOr(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

const fold = (name: string): string => name.toLowerCase().replace(/[_\-\s]/g, '')
