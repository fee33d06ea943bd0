import { edits } from '#kit'
import { isCommon, isUnit, tellingWords } from './company-words.ts'

/** How well two names agree, without their legal forms. */
export type NameLevel =
  | 'equal'
  | 'equal, short'
  | 'equal, common'
  | 'close'
  | 'part'
  | 'other unit'
  | 'shared word'
  | 'different'

/** A name of one word is rarely borne twice from here on; where every character is a syllable or a word, sooner. */
const isLong = (word: string): boolean => word.length >= (/^[a-z\d]+$/.test(word) ? 8 : 4)

export function compareNames(a: string, b: string): NameLevel {
  if (a === b) return levelOfEqual(a)
  const [left, right] = unmatched(a.split(' '), b.split(' '))
  const extra = [...left, ...right]
  if (extra.length === 0 || areWrittenApart(a, b)) return 'close'
  if (extra.some(isUnit) && hasOneName(a, b, left, right)) return 'other unit'
  if (left.length > 0 && right.length > 0) return sharesTellingWord(a, left) ? 'shared word' : 'different'
  const short = left.length > 0 ? b : a
  return tellingWords(short).length > 0 ? 'part' : 'shared word'
}

function levelOfEqual(name: string): NameLevel {
  const telling = tellingWords(name)
  if (telling.length === 0) return 'equal, common'
  return telling.length > 1 || isLong(telling[0]!) ? 'equal' : 'equal, short'
}

/** Two names in which nothing differs but what tells units apart: Acme Germany and Acme France, Acme and Acme Holding. */
const hasOneName = (a: string, b: string, left: readonly string[], right: readonly string[]): boolean =>
  [...left, ...right].every((word) => isUnit(word) || isCommon(word)) &&
  (tellingWords(a).length > 0 || tellingWords(b).length > 0)

/** `Face Book` and `Facebook`, `Novatec` and `Novatek`. */
function areWrittenApart(a: string, b: string): boolean {
  const [x, y] = [a.replaceAll(' ', ''), b.replaceAll(' ', '')]
  return x === y || (a.split(' ').length !== b.split(' ').length && isNear(x, y))
}

function sharesTellingWord(name: string, without: readonly string[]): boolean {
  const missing = new Set(without)
  return tellingWords(name).some((word) => !missing.has(word))
}

/** Words of each side that have no counterpart on the other, in whatever order they stand. */
function unmatched(a: readonly string[], b: readonly string[]): [string[], string[]] {
  const left = [...a]
  const right = [...b]
  const take = (isSame: (x: string, y: string) => boolean) => {
    for (let i = left.length - 1; i >= 0; i--) {
      const at = right.findIndex((word) => isSame(left[i]!, word))
      if (at < 0) continue
      left.splice(i, 1)
      right.splice(at, 1)
    }
  }
  take((x, y) => x === y)
  take(isNear)
  return [left, right]
}

/** Numbers and short words are there to tell names apart: Best and West are two words, Mills and Mils are one. */
function isNear(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (long.length < 5 || (short.length < 5 && short[0] !== long[0])) return false
  if (/\d/.test(a + b) || isUnit(a) || isUnit(b)) return false
  const limit = short.length < 9 ? 1 : 2
  return edits(a, b, limit) <= limit
}
